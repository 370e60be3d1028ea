import JSON
import TestSupport

@testable import Router

/// Prompts that no two tests share by chance.
enum PrefixPrompts {
    /// Token ids of the demo model's vocabulary that are no special tokens.
    static func ids(_ count: Int, seed: UInt64 = 1) -> [Int] {
        var random = SplitMix64(seed: seed)
        return (0 ..< count).map { _ in Int.random(in: 300 ..< 3900, using: &random) }
    }

    static func text(lines: Int) -> String {
        (1 ... lines).map { "Line \($0): the \($0 * 37 % 101)th house has \($0 * 13 % 17) windows." }.joined(
            separator: "\n")
    }
}

extension RESTCluster.Reply {
    /// How many tokens of the prompt were not computed for this answer.
    var cachedTokens: Int { json["usage"]?["prompt_tokens_details"]?["cached_tokens"]?.int ?? -1 }
}

extension JSONValue {
    /// The same request, whose prefixes only requests of the same salt share.
    func salted(_ salt: String) -> JSONValue {
        guard case .object(let members) = self else { return self }
        return .object(members + [.init("cache_salt", .string(salt))])
    }
}

extension RESTCluster {
    /// What a client sees of 64 tokens after a prompt, and how much of the prompt was reused.
    func transcript(
        of prompt: [Int], salt: String, maxTokens: Int = 64
    ) async throws -> (transcript: Transcript, cached: Int) {
        let stream = try await stream(
            Self.completionsPath,
            Self.transcriptBody(
                maxTokens: maxTokens, [.init("prompt", .ids(prompt)), .init("cache_salt", .string(salt))]))
        let usage = stream.events.last?["usage"]
        return (Transcript(stream), usage?["prompt_tokens_details"]?["cached_tokens"]?.int ?? -1)
    }

    /// The body of a completion that tells all of its tokens.
    ///
    /// - Parameter what: it completes.
    static func transcriptBody(maxTokens: Int, _ what: [JSONValue.Member]) -> JSONValue {
        .object(
            what + [
                .init("model", "demo"), .init("max_tokens", .int(maxTokens)), .init("logprobs", 2),
                .init("ignore_eos", true), .init("seed", 5), .init("temperature", .number("0.8")),
                .init("stream_options", ["include_usage": true]),
            ])
    }
}

/// Does something for each element, so many at once.
@discardableResult func inParallel<Element: Sendable, Result: Sendable>(
    _ elements: some Sequence<Element>, atOnce: Int, _ work: @escaping @Sendable (Element) async throws -> Result
) async throws -> [Result] {
    try await withThrowingTaskGroup(of: Result.self) { tasks in
        var results: [Result] = []
        for (index, element) in elements.enumerated() {
            if index >= atOnce, let result = try await tasks.next() { results.append(result) }
            tasks.addTask { try await work(element) }
        }
        for try await result in tasks { results.append(result) }
        return results
    }
}
