import Checkpoint
import Messages
import Synchronization
import Tensors
import TestSupport
import Testing

@testable import Attention

/// Thousands of random calls to an engine whose memory and disk are short, with its books checked after each.
@Suite("Random calls to the states") struct StateWorldTests {
    @Test("the books are right after every call, and no kept state ever changes", arguments: 0 ..< 20 as Range<UInt64>)
    func world(seed: UInt64) async throws {
        var world = try StateWorld(seed: seed)
        for step in 0 ..< 2000 {
            try await world.step()
            if let trouble = world.trouble {
                Issue.record("seed \(seed), step \(step), \(world.call): \(trouble)")
                return
            }
        }
        let done = world.done
        #expect(done.values.allSatisfy { $0 > 0 } && done.count == StateWorld.Call.allCases.count, "\(done)")
        try await world.end()
        #expect(world.engine.states.usage == StateUsage())
        #expect(world.engine.states.book.reservedBytes == 0 && world.engine.states.book.pinnedBytes == 0)
    }
}

/// An engine, and what the calls so far must have come to.
struct StateWorld {
    enum Call: String, CaseIterable {
        case open, from, consume, extend, grow, keep, keepAtEnd, close, closeAll, drop, store
    }

    struct Sequence {
        /// Of each layer.
        var length: Int
        var tokensMax: Int
    }

    private var random: SplitMix64
    let engine: AttentionEngine
    private var sequences: [SequenceKey: Sequence] = [:]
    /// What belonged to each kept state when it was kept.
    private var kept: [StateID: (length: Int, values: Int, isPromised: Bool)] = [:]
    private var nextState: UInt64 = 1
    /// What was called last, and how often each call has succeeded.
    private(set) var call = Call.open, done: [Call: Int] = [:]
    var trouble: String?

    init(seed: UInt64) throws {
        random = SplitMix64(seed: seed)
        let model = ["mixed-original", "all-lightning", "all-softmax-fused"][Int(seed % 3)]
        let keyValues: FloatFormat = seed / 3 % 2 == 0 ? .float32 : .bfloat16
        let bytes = try Fixture.files(model).config.stateBytes(tokensMax: 300, keyValues: keyValues)
        engine = try AttentionEngine(
            model, keyValues: keyValues, budgetBytes: bytes * Int.random(in: 3 ... 8, using: &random),
            diskBytes: Int.random(in: 300_000 ... 2_000_000, using: &random))
    }

    private var shape: StateShape { engine.states.shape }

    mutating func step() async throws {
        let key = SequenceKey(
            router: .random(in: 1 ... 2, using: &random), id: SequenceID(rawValue: .random(in: 1 ... 4, using: &random))
        )
        call = pick()
        let error: AttentionError?
        do {
            try await make(key)
            done[call, default: 0] += 1
            error = nil
        } catch let refused as AttentionError { error = refused }
        if let error { check(error, key) }
        forgetEvicted()
        checkBooks()
        if Int.random(in: 0 ..< 40, using: &random) == 0 { checkKept() }
    }

    private mutating func pick() -> Call {
        switch Int.random(in: 0 ..< 200, using: &random) {
        case 0 ..< 15: .open
        case 15 ..< 45: .from
        case 45 ..< 55: .consume
        case 55 ..< 130: .extend
        case 130 ..< 145: .grow
        case 145 ..< 165: .keep
        case 165 ..< 173: .keepAtEnd
        case 173 ..< 183: .close
        case 183: .closeAll
        case 184 ..< 192: .drop
        default: .store
        }
    }

    private mutating func make(_ key: SequenceKey) async throws {
        let states = engine.states, router = key.router, tokens = Int.random(in: 1 ... 300, using: &random)
        switch call {
        case .open:
            _ = try await states.open(OpenSequenceRequest(router: router, sequence: key.id, tokensMax: tokens))
            sequences[key] = Sequence(length: 0, tokensMax: tokens)
        case .from, .consume:
            guard let (id, state) = kept.sorted(by: { $0.key < $1.key }).randomElement(using: &random) else { return }
            let consumes = call == .consume
            let shortest = consumes ? state.length : state.length / 64 * 64
            let length = Int.random(in: shortest ... state.length, using: &random)
            let tokensMax = length + Int.random(in: 0 ... 150, using: &random)
            guard tokensMax > 0 else { return }
            _ = try await states.open(
                OpenSequenceRequest(
                    router: router, sequence: key.id, tokensMax: tokensMax, state: id, length: length,
                    owner: AttentionEngine.owner, consumes: consumes))
            if consumes { kept[id] = nil }
            sequences[key] = Sequence(length: length, tokensMax: tokensMax)
        case .extend: try await extend(key)
        case .grow:
            _ = try await states.grow(GrowSequenceRequest(router: router, sequence: key.id, tokensMax: tokens))
            let before = sequences[key]?.tokensMax ?? 0
            sequences[key]?.tokensMax = max(tokens, before)
        case .keep, .keepAtEnd: try await keep(key)
        case .close, .closeAll:
            let all = call == .closeAll
            let gone = sequences.keys.filter { all ? $0.router == router : $0 == key }
            let answer = try await states.close(
                CloseSequencesRequest(router: router, sequences: all ? [] : [key.id], all: all))
            if answer.closed != gone.count { trouble = "\(answer.closed) closed, expected \(gone.count)" }
            for key in gone { sequences[key] = nil }
        case .drop, .store: try await move()
        }
    }

    private mutating func extend(_ key: SequenceKey) async throws {
        guard let sequence = sequences[key], sequence.length < sequence.tokensMax else { return }
        let left = sequence.tokensMax - sequence.length
        let count = min(left, [1, 1, 2, 3, 40, 64, 65, left].randomElement(using: &random)!)
        let seed = Int.random(in: 0 ... 250, using: &random)
        for layer in engine.config.layers.indices {
            _ = try await engine.layer(
                layer, router: key.router, [Rows(sequence: key.id, start: sequence.length, count: count)],
                hidden: pattern(count * engine.config.hiddenSize, seed: seed))
        }
        sequences[key]?.length += count
    }

    private mutating func keep(_ key: SequenceKey) async throws {
        let id = StateID(rawValue: nextState), closes = call == .keepAtEnd, length = sequences[key]?.length ?? 0
        nextState += 1
        let hasTokens = Bool.random(using: &random), isPromised = Int.random(in: 0 ..< 20, using: &random) == 0
        defer { if closes { sequences[key] = nil } }
        let answer = try await engine.states.keep(
            KeepStateRequest(
                router: key.router, sequence: key.id, state: id, owner: AttentionEngine.owner, closes: closes,
                promised: isPromised,
                worthMilliseconds: [0, 0, 10_000].randomElement(using: &random)!,
                tokens: hasTokens ? [Int32](repeating: 1, count: length) : []))
        if answer.length != length { trouble = "\(answer.length) tokens are kept, expected \(length)" }
        let state = engine.states.store.withLock { $0.kept[id]?.memory }
        guard let state else { return trouble = "what was kept is not there" }
        kept[id] = (length, state.values(shape).hashValue, isPromised)
    }

    private mutating func move() async throws {
        guard let id = kept.keys.sorted().randomElement(using: &random) else { return }
        if call == .store {
            try await engine.store(id, leavesMemory: Bool.random(using: &random))
        } else {
            if await engine.drop([id]) != 1 { trouble = "there was nothing to drop" }
            kept[id] = nil
        }
    }

    /// Whether a call may have been refused with this.
    private mutating func check(_ error: AttentionError, _ key: SequenceKey) {
        let isRight =
            switch error {
            case .sequenceExists: sequences[key] != nil
            case .unknownSequence: sequences[key] == nil
            case .unfinished: sequences[key]?.length ?? 0 == 0
            case .memory: call != .extend && call != .keepAtEnd && call != .close
            case .diskFull: call == .store
            default: false
            }
        if !isRight { trouble = "refused: \(error)" }
    }

    /// States that are gone must have made room for others.
    private mutating func forgetEvicted() {
        let there = engine.states.store.withLock { store in
            Set(store.kept.keys)
        }
        for (id, state) in kept where !there.contains(id) {
            if state.isPromised { trouble = "state \(id) was promised and is gone" }
            kept[id] = nil
        }
        if kept.count != there.count { trouble = "\(there.count) states are kept, expected \(kept.count)" }
    }

    private mutating func checkBooks() {
        let found = engine.states.store.withLock { Books($0) }
        if let wrong = found.trouble { trouble = wrong }
        if found.live != sequences.count { trouble = "\(found.live) sequences, expected \(sequences.count)" }
    }

    private mutating func checkKept() {
        engine.states.store.withLock { store in
            for (id, entry) in store.kept {
                guard let state = entry.memory, let before = kept[id] else { continue }
                if state.values(shape).hashValue != before.values { trouble = "state \(id) has changed" }
            }
        }
    }

    /// Checks all kept states once more, from disk too, then lets go of everything.
    mutating func end() async throws {
        for router in [1, 2] as [UInt64] {
            _ = try await engine.states.close(CloseSequencesRequest(router: router, sequences: [], all: true))
        }
        for id in kept.keys.sorted() where engine.states.store.withLock({ $0.kept[id] != nil }) {
            try await engine.states.withRoom { [engine] in
                try await engine.states.load(id, of: AttentionEngine.owner)
            }
            checkKept()
        }
        forgetEvicted()
        #expect(trouble == nil)
        #expect(await engine.drop(Array(kept.keys)) == kept.count)
    }
}

/// What a store's memory is when it is counted piece by piece, beside what its books say.
private struct Books {
    let live: Int
    let trouble: String?

    init(_ store: StateStore) {
        var states: [ObjectIdentifier: Int] = [:], bytes: [ObjectIdentifier: Int] = [:]
        var pinned: Set<ObjectIdentifier> = [], own = 0, reserved = 0, wrong: String?
        func see(_ memory: FloatMemory) {
            states[ObjectIdentifier(memory), default: 0] += 1
            bytes[ObjectIdentifier(memory)] = memory.byteCount
        }
        for state in store.live.values {
            for memory in state.memory {
                see(memory)
                pinned.insert(ObjectIdentifier(memory))
            }
            own += state.memory.reduce(0) { $0 + ($1.isShared ? 0 : $1.byteCount) }
            reserved += state.reservedBytes
            if state.reservedBytes < state.bytesNeeded { wrong = "a sequence needs more than it was granted" }
        }
        for state in store.kept.values.compactMap(\.memory) {
            for memory in state.memory { see(memory) }
            own += state.ownByteCount
        }
        let book = store.book, used = bytes.values.reduce(0, +)
        let shared = states.reduce(0) { $0 + ($1.value > 1 ? bytes[$1.key]! : 0) }
        func compare(_ name: String, _ found: Int, _ expected: Int) {
            if found != expected { wrong = wrong ?? "\(name) \(found) bytes, expected \(expected)" }
        }
        compare("used", book.usedBytes, used)
        compare("pinned", book.pinnedBytes, pinned.reduce(0) { $0 + bytes[$1]! })
        compare("reserved", book.reservedBytes, reserved)
        compare("shared", book.sharedBytes, shared)
        compare("own and shared", own + shared, book.usedBytes)
        if book.usedBytes + book.reservedBytes > store.budgetBytes { wrong = "more is bound than there is" }
        live = store.live.count
        trouble = wrong
    }
}
