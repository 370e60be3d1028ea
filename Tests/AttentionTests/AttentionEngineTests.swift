import Checkpoint
import Messages
import Tensors
import Testing

@testable import Attention

@Suite("Attention engine") struct AttentionEngineTests {
    private static let columns = 40, vocabulary = 97

    private func refuses<Answer>(
        _ error: AttentionError, _ location: SourceLocation = #_sourceLocation, _ call: () async throws -> Answer
    ) async {
        await #expect(throws: error, sourceLocation: location) { _ = try await call() }
    }

    @Test("each call that does not fit the model or the sequence is refused by name")
    func refusals() async throws {
        let engine = try AttentionEngine("mixed-original"), row = [Float](repeating: 1, count: Self.columns)
        try await engine.open(1, tokensMax: 10)
        let once = [Rows(sequence: 1, start: 0, count: 1)]
        await refuses(.layer(3, count: 3)) { try await engine.layer(3, once) }
        await refuses(.shape(name: "hidden", expected: "one or more rows of 40", found: 39)) {
            try await engine.layer(0, once, hidden: Array(row.dropLast()))
        }
        await refuses(.shape(name: "hidden", expected: "one or more rows of 40", found: 0)) {
            try await engine.layer(0, [], hidden: [])
        }
        let spansError = AttentionError.shape(
            name: "hidden", expected: "the rows of its spans, one span a sequence", found: 80)
        await refuses(spansError) { try await engine.layer(0, once, hidden: row + row) }
        await refuses(spansError) { try await engine.layer(0, [], hidden: row + row) }
        await refuses(spansError) {
            try await engine.layer(0, once + [Rows(sequence: 1, start: 1, count: 1)], hidden: row + row)
        }
        await refuses(.unknownSequence(2)) { try await engine.layer(0, [Rows(sequence: 2, start: 0, count: 1)]) }
        await refuses(.unknownSequence(1)) { try await engine.layer(0, router: 7, once) }
        await refuses(.position(sequence: 1, layer: 1, expected: 0, found: 4)) {
            try await engine.layer(1, [Rows(sequence: 1, start: 4, count: 1)])
        }
        await refuses(.length(11, limit: 10)) { try await engine.layer(0, [Rows(sequence: 1, start: 0, count: 11)]) }
        await refuses(.token(97, vocabulary: Self.vocabulary)) {
            try await engine.embed(EmbedRequest(tokens: [0, 97, 1000]))
        }
        await refuses(.shape(name: "hidden", expected: "one or more rows of 40", found: 41)) {
            try await engine.head(HeadRequest(hidden: row + [0], questions: []))
        }
    }

    @Test("an answer longer than a message may be is refused before it is computed")
    func longAnswers() async throws {
        let engine = try AttentionEngine("mixed-original")
        let limit = (256 << 20) / (4 * Self.columns)
        await refuses(.rows(limit + 1, limit: limit)) {
            try await engine.embed(EmbedRequest(tokens: [UInt32](repeating: 0, count: limit + 1)))
        }
    }

    @Test("a call of several sequences of which one is wrong changes none of them", arguments: [0, 1])
    func allOrNothing(layer: Int) async throws {
        let engine = try AttentionEngine("mixed-original")
        for sequence in [1, 2, 3] as [SequenceID] { try await engine.open(sequence) }
        let right = [Rows(sequence: 1, start: 0, count: 3), Rows(sequence: 2, start: 0, count: 65)]
        await refuses(.position(sequence: 3, layer: layer, expected: 0, found: 1)) {
            try await engine.layer(layer, right + [Rows(sequence: 3, start: 1, count: 1)])
        }
        let found = try await engine.layer(layer, right)
        let other = try AttentionEngine("mixed-original")
        for sequence in [1, 2] as [SequenceID] { try await other.open(sequence) }
        #expect(try await other.layer(layer, right) == found)
    }

    @Test("two routers' sequences of one number are two sequences")
    func routers() async throws {
        let engine = try AttentionEngine("mixed-original")
        let first = [Rows(sequence: 5, start: 0, count: 2)], next = [Rows(sequence: 5, start: 2, count: 1)]
        for router in [1, 2] as [UInt64] { try await engine.open(5, router: router) }
        let answer = try await engine.layer(0, router: 1, first)
        #expect(try await engine.layer(0, router: 2, first) == answer)
        _ = try await engine.layer(0, router: 1, next)
        #expect(try await engine.states.close(CloseSequencesRequest(router: 1, sequences: [], all: true)).closed == 1)
        await refuses(.unknownSequence(5)) { try await engine.layer(0, router: 1, next) }
        _ = try await engine.layer(0, router: 2, next)
    }

    @Test("a router is told its budget and what other routers have reserved of it")
    func description() async throws {
        let engine = try AttentionEngine("mixed-original", budgetBytes: 1 << 24)
        let bytes = engine.config.stateBytes(tokensMax: 100)
        try await engine.open(1, router: 1)
        try await engine.open(1, router: 2)
        try await engine.open(2, router: 2)
        let one = engine.describe(DescribeRequest(router: 1))
        let two = engine.describe(DescribeRequest(router: 2))
        #expect(one.othersBytes == 2 * bytes && two.othersBytes == bytes)
        #expect(one.memoryBudgetBytes == 1 << 24 && one.arithmetic == "exact")
        #expect(one.partIndex == 0 && one.partCount == 1)
        #expect(try one.modelFingerprint == Fixture.files("mixed-original").fingerprint())
        #expect(engine.states.usage.sequences == 3 && engine.states.usage.boundBytes == 3 * bytes)
    }

    @Test("embedding gives the tokens' rows, in the order in which they are asked for, twice where twice")
    func embedding() async throws {
        let engine = try AttentionEngine("mixed-original"), tokens: [UInt32] = [5, 0, 96, 5]
        let table = try Fixture.files("mixed-original").embedding().floats()
        let expected = tokens.flatMap { table[Int($0) * Self.columns ..< (Int($0) + 1) * Self.columns] }
        #expect(try await engine.embed(EmbedRequest(tokens: tokens)).hidden == expected)
        #expect(try await engine.embed(EmbedRequest(tokens: [])).hidden == [])
    }

    @Test("logits are the head's products, in Double", arguments: [1, 3])
    func logits(rows: Int) async throws {
        let engine = try AttentionEngine("mixed-original")
        let hidden = Tensor(columns: Self.columns, values: pattern(rows * Self.columns, seed: 4))
        let questions = [HeadQuestion](repeating: HeadQuestion(whole: true), count: rows)
        let found = try await engine.head(HeadRequest(hidden: hidden.values, questions: questions)).wholeLogits
        let expected = Formulas.product(hidden.inDouble, try Fixture.files("mixed-original").head())
        #expect(found.count == rows * Self.vocabulary)
        #expect(relativeDifference(found, expected.flatMap { $0 }) < 1e-6)
    }

    @Test("the weights' digests are those of what lies on disk, in the order of the forward pass")
    func digests() async throws {
        for name in ["mixed-original", "all-softmax-fused"] {
            let files = try Fixture.files(name), compute = Compute(threads: 2)
            let reader = WeightReader(files, compute)
            let expected = compute.digests(of: try files.piecesOutsideExperts().map(\.matrix))
            #expect(expected.count > 4 * files.config.layerCount)
            for _ in 0 ..< 2 { #expect(try await reader.digests() == expected) }
            #expect(try WeightReader(Fixture.files(name), compute).copy == reader.copy)
        }
        let copies = try ["mixed-original", "all-lightning"].map { name in
            WeightReader(try Fixture.files(name), Compute(threads: 1)).copy
        }
        #expect(copies[0] != copies[1])
    }
}
