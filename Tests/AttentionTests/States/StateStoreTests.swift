import Checkpoint
import Messages
import Testing

@testable import Attention

@Suite("Grants of memory to sequences") struct StateStoreTests {
    static let config = try! Fixture.files("mixed-original").config
    private static let shape = StateShape(config)

    private func bytes(_ tokens: Int) -> Int { Self.config.stateBytes(tokensMax: tokens) }
    private func store(_ bytes: Int = 1 << 30) -> StateStore { StateStore(Self.shape, budgetBytes: bytes) }

    @Test("what is open is promised its memory; a sequence beyond the budget is refused and changes nothing")
    func budget() throws {
        var store = store(2 * bytes(1000))
        for key in [1, 2] as [SequenceKey] { #expect(try store.open(key, tokensMax: 1000) == bytes(1000)) }
        #expect(throws: AttentionError.memory(needed: bytes(1000), free: 0, budget: 2 * bytes(1000))) {
            try store.open(3, tokensMax: 1000)
        }
        let wasOpen = store.close(1), isStillOpen = store.close(1)
        #expect(wasOpen && !isStillOpen)
        #expect(store.book.boundBytes == bytes(1000))
        _ = try store.open(3, tokensMax: 1000)
        let closed = store.closeAll(of: 0)
        #expect(closed == 2 && store.book.boundBytes == 0 && store.book.usedBytes == 0)
    }

    @Test("a call must continue its sequence where it stands, within its length")
    func positions() throws {
        var store = store()
        _ = try store.open(7, tokensMax: 10)
        #expect(throws: AttentionError.sequenceExists(7)) { try store.open(7, tokensMax: 10) }
        #expect(throws: AttentionError.unknownSequence(8)) { try store.state(8, layer: 0, start: 0, count: 1) }
        #expect(throws: AttentionError.position(sequence: 7, layer: 0, expected: 0, found: 3)) {
            try store.state(7, layer: 0, start: 3, count: 1)
        }
        #expect(throws: AttentionError.length(11, limit: 10)) { try store.state(7, layer: 0, start: 0, count: 11) }
        #expect(throws: AttentionError.length(0, limit: 10)) { try store.state(7, layer: 0, start: 0, count: 0) }
        _ = try store.state(7, layer: 0, start: 0, count: 10)
    }

    @Test(
        "lengths that no memory holds are refused, not multiplied",
        arguments: [0, Int.max, SequenceLimits.tokensMax + 1])
    func lengths(tokens: Int) throws {
        var store = store()
        #expect(throws: AttentionError.length(tokens, limit: SequenceLimits.tokensMax)) {
            try store.open(1, tokensMax: tokens)
        }
        _ = try store.open(2, tokensMax: 1)
        #expect(throws: AttentionError.length(tokens, limit: SequenceLimits.tokensMax)) {
            try store.grow(2, tokensMax: tokens)
        }
    }

    @Test("an open sequence grows within the budget, keeps what it had where there is no room, and gives all back")
    func growing() throws {
        let page = ModelConfig.keyValuePageLength
        var store = store(bytes(2 * page))
        _ = try store.open(1, tokensMax: page)
        #expect(throws: AttentionError.length(page + 1, limit: page)) {
            try store.state(1, layer: 0, start: 0, count: page + 1)
        }
        #expect(try store.grow(1, tokensMax: page + 1) == bytes(2 * page))
        _ = try store.state(1, layer: 0, start: 0, count: page + 1)
        #expect(try store.grow(1, tokensMax: 3) == bytes(2 * page), "fewer than before change nothing")
        let more = bytes(3 * page) - bytes(2 * page)
        #expect(throws: AttentionError.memory(needed: more, free: 0, budget: bytes(2 * page))) {
            try store.grow(1, tokensMax: 3 * page)
        }
        _ = try store.state(1, layer: 0, start: 0, count: page + 1)
        #expect(throws: AttentionError.unknownSequence(2)) { try store.grow(2, tokensMax: 1) }
        let wasOpen = store.close(1)
        #expect(wasOpen && store.book.boundBytes == 0)
    }

    @Test("routers do not see each other's sequences, whatever their numbers")
    func routers() throws {
        var store = store()
        for router in [1, 2] as [UInt64] { _ = try store.open(SequenceKey(router: router, id: 7), tokensMax: 10) }
        #expect(throws: AttentionError.unknownSequence(7)) { try store.state(SequenceKey(router: 3, id: 7)) }
        #expect(store.bytesBound(beyond: 1) == bytes(10) && store.bytesBound(beyond: 3) == 2 * bytes(10))
        let closed = (store.closeAll(of: 3), store.closeAll(of: 1))
        #expect(closed == (0, 1))
        _ = try store.state(SequenceKey(router: 2, id: 7))
    }

    @Test("full pages are granted once, however many sequences go on from them", arguments: [64, 100, 130])
    func shared(length: Int) throws {
        let state = KeptState.empty(Self.shape, length: length, MemoryBook())
        var store = store()
        let kept = KeptState.empty(Self.shape, length: length, store.book)
        #expect(state.byteCount == kept.byteCount && store.book.usedBytes == kept.byteCount)
        try store.adopt(
            KeptEntry(id: 5, about: .init(owner: "me", router: 0), length: length, memory: kept, lastUse: .zero))
        let origin = StateOrigin(state: 5, owner: "me", length: length)
        // The first binds what it shares with the state, too.
        let first = try store.open(1, tokensMax: 200, from: origin, at: .zero)
        let second = try store.open(2, tokensMax: 200, from: origin, at: .zero)
        let pages = length / 64 * Self.shape.softmax.pageBytes, matrices = 2 * Self.shape.lightning.stateBytes
        #expect(second == bytes(200) - pages)
        #expect(first == second + pages + matrices)
        #expect(store.book.boundBytes == first + second)
    }
}

@Suite("Refusals of calls for states") struct StateRefusalTests {
    private func refuses<Answer>(
        _ error: AttentionError, _ location: SourceLocation = #_sourceLocation, _ call: () async throws -> Answer
    ) async {
        await #expect(throws: error, sourceLocation: location) { _ = try await call() }
    }

    @Test("each is by name, and leaves sequence and state as they were")
    func refusals() async throws {
        let engine = try AttentionEngine("mixed-original")
        await refuses(.unknownSequence(1)) { try await engine.keep(1, as: 7) }
        try await engine.open(1)
        await refuses(.unfinished(1)) { try await engine.keep(1, as: 7) }
        _ = try await engine.carry(1, 0, to: 70)
        _ = try await engine.layer(0, [Rows(sequence: 1, start: 70, count: 1)])
        await refuses(.unfinished(1)) { try await engine.keep(1, as: 7) }
        for layer in [1, 2] { _ = try await engine.layer(layer, [Rows(sequence: 1, start: 70, count: 1)]) }
        await refuses(.tokens(7, expected: 71, found: 2)) { try await engine.keep(1, as: 7, tokens: [1, 2]) }
        await refuses(.stateExists(0)) { try await engine.keep(1, as: 0) }
        try await engine.keep(1, as: 7)
        await refuses(.stateExists(7)) { try await engine.keep(1, as: 7) }
        await refuses(.unknownState(8)) { try await engine.open(2, from: 8, length: 71) }
        await refuses(.unknownState(7)) {
            try await engine.states.open(
                OpenSequenceRequest(sequence: 2, tokensMax: 100, state: 7, length: 71, owner: "others"))
        }
        await refuses(.sequenceExists(1)) { try await engine.open(1, from: 7, length: 71) }
        for (length, tokensMax) in [(63, 100), (72, 100), (71, 70)] {
            await refuses(.stateLength(7, lengths: 64 ... 71, found: length, tokensMax: tokensMax)) {
                try await engine.open(2, from: 7, length: length, tokensMax: tokensMax)
            }
        }
        await refuses(.stateLength(7, lengths: 71 ... 71, found: 70, tokensMax: 100)) {
            try await engine.open(2, from: 7, length: 70, tokensMax: 100, consumes: true)
        }
        await refuses(.length(Int.max, limit: SequenceLimits.tokensMax)) {
            try await engine.open(2, from: 7, length: 71, tokensMax: .max)
        }
        await refuses(.unknownState(8)) { try await engine.store(8) }
        await refuses(.unknownState(7)) {
            try await engine.states.store(StoreStateRequest(owner: "others", state: 7))
        }
        await refuses(.unknownState(7)) {
            try engine.states.describe(DescribeStateRequest(owner: "others", state: 7))
        }
        let dropped = await engine.states.drop(DropStatesRequest(owner: "others", states: [7])).dropped
        #expect(dropped == 0)
        #expect(engine.states.list(ListStatesRequest(owner: "others")).states.isEmpty)
        #expect(engine.states.usage.sequences == 1 && engine.list.states.map(\.length) == [71])
        let expected = try await AttentionEngine("mixed-original").undisturbed(to: 70)
        try await engine.open(2, from: 7, length: 64)
        #expect(try await engine.carry(2, 64, to: 70)[...] == expected.answers[64...])
    }

    @Test("a sequence that was to end with what is kept of it ends also where nothing is kept")
    func closes() async throws {
        let engine = try AttentionEngine("mixed-original")
        try await engine.open(1)
        await refuses(.unfinished(1)) { try await engine.keep(1, as: 7, closes: true) }
        #expect(engine.states.usage == StateUsage())
    }

    @Test("there must be memory for what a kept sequence changes next")
    func memory() async throws {
        let config = try Fixture.files("mixed-original").config
        let bytes = config.stateBytes(tokensMax: 100), copies = config.stateSize.fixedBytes
        let engine = try AttentionEngine("mixed-original", budgetBytes: bytes + copies - 1)
        try await engine.open(1, tokensMax: 100)
        _ = try await engine.carry(1, 0, to: 70)
        await refuses(.memory(needed: copies, free: copies - 1, budget: bytes + copies - 1)) {
            try await engine.keep(1, as: 7)
        }
        #expect(engine.list.states.isEmpty && engine.states.usage.boundBytes == bytes)
        _ = try await engine.carry(1, 70, to: 100)
        #expect(try await engine.keep(1, as: 7, closes: true).bytes > 0)
        #expect(engine.states.usage.boundBytes == 0)
    }
}

extension SequenceKey: ExpressibleByIntegerLiteral {
    public init(integerLiteral value: UInt64) { self.init(router: 0, id: SequenceID(rawValue: value)) }
}
