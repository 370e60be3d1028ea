import Foundation
import TestSupport
import Testing

/// Random stories of clients and of processes that die, compared with what is computed from the first token.
///
/// `STATE_STORIES` in the environment says how many, `STATE_STORY_SEED` with which seed the first one is played.
@Suite("Stories of sessions and states", .serialized, .inTurn) struct StateStoryTests {
    private static func number(_ name: String) -> Int? { ProcessInfo.processInfo.environment[name].flatMap(Int.init) }

    @Test(
        "whatever clients do and whichever process dies, answers and sessions are those of an undisturbed cluster",
        arguments: ["f32", "bf16"])
    func stories(keyValues: String) async throws {
        let first = Self.number("STATE_STORY_SEED") ?? .random(in: 0 ..< 1 << 40), format = ["--kv", keyValues]
        try await RESTCluster.with(.init(router: StoryReference.router + format, attention: format)) { undisturbed in
            let reference = try await StoryReference(undisturbed)
            for seed in first ..< first + (Self.number("STATE_STORIES") ?? 1) {
                do {
                    let counts = try await StateStory.play(seed: UInt64(seed), acts: 100, reference, format: format)
                    print("the story of seed \(seed): \(counts)")
                    #expect(counts.answers > 30 && counts.tokensReused > 1000, "seed \(seed): \(counts)")
                    #expect(counts.evicted + counts.moved > 0 && counts.loaded > 0, "seed \(seed): \(counts)")
                } catch { throw SupportError("STATE_STORY_SEED=\(seed), \(keyValues): \(error)") }
            }
        }
    }
}
