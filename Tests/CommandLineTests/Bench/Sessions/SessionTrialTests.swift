import ArgumentParser
import Console
import Foundation
import Testing
import Tokenizer

@testable import Benchmarks

@Suite("Session trials") struct SessionTrialTests {
    @Test("parts are names with commas between, and all where none are named")
    func parts() throws {
        #expect(SessionParts(argument: "fork,turns")?.parts == [.fork, .turns])
        #expect(SessionParts(argument: "fork,spoon") == nil && SessionParts(argument: "") == nil)
        #expect(SessionParts.all.defaultValueDescription == "turns,agent,fork,snapshot,memory,overhead")
        let command = try #require(try BenchCommand.parseAsRoot(["sessions", "--parts", "memory"]) as? SessionBench)
        #expect(command.parts.contains(.memory) && !command.parts.contains(.fork))
        #expect(command.model == "compose/models/demo" && command.context == 16_384)
    }

    @Test("a context has whole blocks, and shrinks to the model's positions and the memory")
    func contexts() {
        let roomy = ContextLimit(positions: 1 << 20, memoryBytes: 1 << 40) { $0 * 1024 }
        #expect(roomy.tokens(16_384) == 16_384 && roomy.tokens(1000) == 960 && roomy.tokens(10) == 64)
        #expect(ContextLimit(positions: 8192, memoryBytes: 1 << 40) { $0 }.tokens(16_384) == 6144)
        // A sixteenth of 64 MiB holds 4,096 tokens of 1 KiB.
        #expect(ContextLimit(positions: 1 << 20, memoryBytes: 64 << 20) { $0 * 1024 }.tokens(16_384) == 4096)
    }

    @Test("an agent's contexts grow in equal steps from a sixteenth to the last")
    func agent() {
        let contexts = AgentTrial.contexts(upTo: 32_768)
        #expect(contexts.count == 10 && contexts.first == 2048 && contexts.last == 32_768)
        let steps = zip(contexts.dropFirst(), contexts).map { $0 - $1 }
        #expect(Set(steps).isSubset(of: [3413, 3414]))
    }

    @Test("as many states are kept as fit in the service's memory")
    func memory() {
        #expect(MemoryTrial.counts(stateBytes: 10, budgetBytes: 2000) == [1, 10, 100])
        #expect(MemoryTrial.counts(stateBytes: 10, budgetBytes: 1000) == [1, 10])
        #expect(MemoryTrial.counts(stateBytes: 10, budgetBytes: 10) == [])
    }

    @Test("states are on disk when there are more than before and no more have come for a while")
    func disk() {
        var watch = DiskWatch(before: 2)
        let found = [(2, 0), (2, 10), (3, 11), (3, 13), (4, 13.5), (4, 16), (4, 16.5)].map { watch.note($0, at: $1) }
        #expect(found == [false, false, false, false, false, false, true])
    }

    @Test("a plain file is written in blocks of 1 MiB, the last as long as it has to be")
    func plainFile() async throws {
        #expect(PlainFile.sizes(2_500_000) == [1 << 20, 1 << 20, 402_848] && PlainFile.sizes(1 << 20) == [1 << 20])
        try await TemporaryFolder.with { folder in
            try folder.write("other", "")
            let file = try PlainFile("\(folder.path)/plain")
            #expect(try file.write(byteCount: 2_500_000) > 0 && file.read() > 0)
            #expect(try folder.bytes("plain").count == 2_500_000 && file.readWhole(2_500_000) > 0)
            #expect(throws: StartError.self) { try file.readWhole(2_500_001) }
            file.remove()
            #expect(folder.names == ["other"])
            #expect(throws: StartError.self) { try PlainFile("\(folder.path)/none/plain").write(byteCount: 1) }
        }
    }
}

@Suite("Texts of chats") struct BenchWordsTests {
    private let tokenizer: BytePairTokenizer
    private let words: BenchWords

    init() throws {
        tokenizer = try BytePairTokenizer(contentsOf: Repository.demo.path)
        words = try BenchWords(tokenizer, vocabularySize: 4096)
    }

    private func count(_ text: String) throws -> Int { try tokenizer.encode(PromptText(content: text)).count }

    @Test("texts have about as many tokens as they shall", arguments: [40, 1000, 5000])
    func lengths(tokens: Int) throws {
        var random = SplitMix64(seed: 1)
        let prose = try count(words.prose(tokens: tokens, random: &random))
        let output = try count(words.toolOutput(tokens: tokens, random: &random))
        #expect((tokens * 9 / 10 ... tokens * 11 / 10).contains(prose), "\(prose)")
        #expect((tokens * 8 / 10 ... tokens * 13 / 10).contains(output), "\(output)")
    }

    @Test("words behind one another are their own tokens, so an answer comes back as what it was")
    func answers() throws {
        var random = SplitMix64(seed: 2)
        let answer = (0 ..< 200).map { _ in words.words[Int.random(in: words.words.indices, using: &random)] }
        let ids = try tokenizer.encode(PromptText(content: answer.map(\.text).joined()))
        #expect(ids == answer.map(\.id))
        let choice = words.choice(random: &random)
        #expect(choice.count == 64 && Set(choice).count == 64)
        #expect(Set(choice).isSubset(of: Set(words.words.map(\.id))))
    }
}
