import Checkpoint
import Foundation
import Messages
import TestSupport
import Testing

@testable import Attention

@Suite("Changing to another part of attention") struct HoldPartTests {
    private static let shape = RandomCheckpoint(heads: 12, keyValueHeads: 3, d: 4, layers: [0, 1, 0])
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// An engine on the folder that knows what lies there.
    private func start(diskBytes: Int = 1 << 30) async throws -> AttentionEngine {
        let engine = try await soon {
            try AttentionEngine(Self.shape.files(), folder: folder.path, diskBytes: diskBytes)
        }
        try engine.states.adopt(engine.states.disk.found())
        return engine
    }

    /// Keeps a state of 100 tokens, on disk only.
    @discardableResult private func keep(
        _ engine: AttentionEngine, _ id: StateID, hasTokens: Bool = true, isStored: Bool = true, worth: Int = 1000
    ) async throws -> Int {
        try await engine.open(50, tokensMax: 100)
        _ = try await engine.carry(50, 0, to: 100)
        try await engine.keep(
            50, as: id, closes: true, worth: worth, tokens: hasTokens ? (0 ..< 100).map { $0 % 8 } : [])
        return isStored ? try await engine.store(id) : 0
    }

    private func refuses<Answer>(
        _ error: AttentionError, _ location: SourceLocation = #_sourceLocation, _ call: () async throws -> Answer
    ) async {
        await #expect(throws: error, sourceLocation: location) { _ = try await call() }
    }

    @Test("closes all sequences and drops what is in memory; the same part again changes nothing")
    func change() async throws {
        let engine = try await start()
        try await engine.open(1)
        _ = try await engine.carry(1, 0, to: 70)
        try await engine.keep(1, as: 7)
        for _ in 0 ..< 2 {
            let whole = try await engine.hold(0, of: 1)
            #expect(whole.partIndex == 0 && whole.partCount == 1 && engine.states.usage.sequences == 1)
        }
        for _ in 0 ..< 2 {
            let half = try await engine.hold(1, of: 2)
            #expect(half.partIndex == 1 && half.partCount == 2 && half == engine.describe(DescribeRequest()))
        }
        #expect(engine.states.usage == StateUsage() && engine.list.states.isEmpty)
        await refuses(.unknownSequence(1)) { try await engine.carry(1, 70, to: 71) }
        await refuses(.unknownState(7)) { try await engine.open(2, from: 7, length: 70) }
        try await engine.open(1)
        #expect(try await engine.carry(1, 0, to: 70).count == 70)
        try await engine.hold(1, of: 2)
        #expect(try await engine.carry(1, 70, to: 71).count == 1, "nothing has changed")
    }

    @Test("what is granted follows the part", arguments: [1, 2, 4])
    func grants(count: Int) async throws {
        let engine = try await start(), config = engine.config
        for part in AttentionPart.all(of: count) {
            try await engine.hold(part.index, of: count)
            let bytes = config.stateSize(of: part).bytes(tokens: 100)
            #expect(try await engine.open(1, tokensMax: 100) == bytes)
            #expect(engine.states.usage.boundBytes == bytes)
        }
    }

    @Test(
        "parts that do not exist, or that the model cannot be cut into, are refused and change nothing",
        arguments: [
            (0, 0), (1, 1), (0, 3), (2, 2), (4, 4), (0, 8), (7, 8), (0, 16), (-1, 2), (0, -1),
            (Int(UInt32.max), Int(UInt32.max)), (Int.max, 2), (0, Int.max), (Int.min, Int.min),
        ])
    func hostile(index: Int, count: Int) async throws {
        let engine = try AttentionEngine(Self.shape.files())
        try await engine.open(1)
        await refuses(.noSuchPart(index: index, count: count, countMax: 4)) { try await engine.hold(index, of: count) }
        #expect(try await engine.carry(1, 0, to: 3).count == 3)
        #expect(engine.describe(DescribeRequest()).partCount == 1)
    }

    @Test("is refused while another router's lease lasts, but for the part that is held already")
    func otherRouter() async throws {
        let engine = try AttentionEngine(Self.shape.files())
        try await engine.open(5, router: 1)
        // However long the calls of this test take.
        let far = engine.routers.now + .seconds(3600)
        engine.routers.heard(1, at: far)
        await refuses(.partInUse(.whole)) { try await engine.hold(0, of: 2, router: 2) }
        try await engine.hold(0, of: 1, router: 2)
        engine.routers.heard(2, at: far)
        _ = try await engine.layer(0, router: 1, [Rows(sequence: 5, start: 0, count: 1)])
        // Router 2 has a lease now as well.
        await refuses(.partInUse(.whole)) { try await engine.hold(0, of: 2, router: 1) }
        let later = far + RouterLeases.length + .seconds(1)
        engine.routers.heard(1, at: later)
        #expect(engine.routers.expired(at: later) == [2])
        try await engine.hold(0, of: 2, router: 1)
        #expect(engine.held.part == AttentionPart(index: 0, count: 2))
    }

    @Test("a router that was not told of the part begins no sequence; once told, it does")
    func untold() async throws {
        let engine = try AttentionEngine(Self.shape.files())
        try await engine.open(5, router: 1)
        #expect(engine.routers.expired(at: engine.routers.now + RouterLeases.length * 2) == [1])
        try await engine.hold(2, of: 4, router: 2)
        let part = try #require(AttentionPart(index: 2, count: 4))
        await refuses(.otherPart(part)) { try await engine.open(6, router: 1) }
        #expect(engine.describe(DescribeRequest(router: 1)).partCount == 4)
        try await engine.open(6, router: 1)
        try await engine.open(6, router: 2)
    }

    // MARK: on disk

    @Test("files of a part are not found for another one, stay, and are found again with their part")
    func files() async throws {
        let engine = try await start()
        try await keep(engine, 1)
        try await keep(engine, 2, hasTokens: false)
        try await keep(engine, 3, isStored: false)
        let wholeBytes = engine.states.usage.diskBytes
        try await engine.hold(0, of: 2)
        #expect(engine.list.states.isEmpty)
        #expect(try folder.files.count == 1, "nobody could ask for what has no tokens")
        #expect(engine.states.usage.diskBytes < wholeBytes && engine.states.usage.diskBytes > 0)
        await refuses(.unknownState(1)) { try await engine.open(9, from: 1, length: 100) }
        #expect(await engine.drop([1]) == 0)
        try await keep(engine, 4)
        try await engine.hold(0, of: 1)
        #expect(engine.list.states.map(\.state) == [1])
        let expected = try await AttentionEngine(Self.shape.files()).undisturbed(to: 140)
        try await engine.open(9, from: 1, length: 99)
        #expect(try await engine.carry(9, 99, to: 140)[...] == expected.answers[99...])
        try await engine.hold(0, of: 2)
        #expect(engine.list.states.map(\.state) == [4])
        let other = try await start(other: AttentionPart(index: 0, count: 2)).undisturbed(to: 140)
        try await engine.open(9, from: 4, length: 70)
        #expect(try await engine.carry(9, 70, to: 140)[...] == other.answers[70...])
        #expect(try folder.files.count == 2)
    }

    /// An engine of its own that holds a part.
    private func start(other part: AttentionPart?) async throws -> AttentionEngine {
        let engine = try AttentionEngine(Self.shape.files()), part = try #require(part)
        try await engine.hold(part.index, of: part.count)
        return engine
    }

    @Test("the next process finds each file with its part")
    func restart() async throws {
        do {
            let engine = try await start()
            try await keep(engine, 1)
            try await engine.hold(3, of: 4)
            try await keep(engine, 2)
        }
        let engine = try await start()
        #expect(engine.list.states.map(\.state) == [1])
        try await engine.hold(2, of: 4)
        #expect(engine.list.states.isEmpty)
        try await engine.hold(3, of: 4)
        #expect(engine.list.states.map(\.state) == [2])
        try await engine.open(9, from: 2, length: 100)
        let expected = try await start(other: AttentionPart(index: 3, count: 4)).undisturbed(to: 130)
        #expect(try await engine.carry(9, 100, to: 130)[...] == expected.answers[100...])
    }

    @Test("files of other parts are the first to go when the disk is full")
    func room() async throws {
        let bytes: Int
        do { bytes = try await keep(start(), 1) }
        try FileManager.default.removeItem(atPath: "\(folder.path)/\(StateID(rawValue: 1)).safetensors")
        // Room for three states of all of attention: two of them, and some of a quarter.
        let engine = try await start(diskBytes: 3 * bytes + (64 << 10))
        try await keep(engine, 1, worth: 1_000_000)
        try await keep(engine, 2, worth: 2_000_000)
        try await engine.hold(0, of: 4)
        var count: UInt64 = 2
        while try folder.files.contains("\(StateID(rawValue: 1)).safetensors") {
            try #require(count < 30)
            count += 1
            try await keep(engine, StateID(rawValue: count))
        }
        #expect(try folder.files.contains("\(StateID(rawValue: 2)).safetensors"), "the more valuable one of them stays")
        #expect(engine.list.states.count == Int(count) - 2, "none of its own went")
        try await engine.hold(0, of: 1)
        #expect(engine.list.states.map(\.state) == [2])
    }

    @Test("a file of another part is refused by name, one of the same part is taken")
    func travel() async throws {
        let engine = try await start(), part = try #require(AttentionPart(index: 1, count: 2))
        try await engine.hold(1, of: 2)
        try await keep(engine, 1)
        let whole = try await engine.states.export(
            ExportStateRequest(owner: AttentionEngine.owner, state: 1, offset: 0, bytesMax: 1 << 20))
        #expect(whole.part.count == whole.fileBytes)
        func send(to other: AttentionEngine) async throws -> Int {
            try await other.states.import(
                ImportStateRequest(
                    owner: AttentionEngine.owner, state: 8, scope: "", offset: 0, isLast: true, part: whole.part)
            ).length
        }
        let other = try AttentionEngine(Self.shape.files())
        let words = "the state is of another part of attention: expected"
        await refuses(.refused(8, "\(words) all of attention, found part 1 of 2 of attention")) {
            try await send(to: other)
        }
        try await other.hold(0, of: 2)
        await refuses(.refused(8, "\(words) part 0 of 2 of attention, found part 1 of 2 of attention")) {
            try await send(to: other)
        }
        try await other.hold(part.index, of: part.count)
        #expect(try await send(to: other) == 100)
        try await other.open(9, from: 8, length: 100)
        let expected = try await start(other: part).undisturbed(to: 130)
        #expect(try await other.carry(9, 100, to: 130)[...] == expected.answers[100...])
    }

    @Test("the head answers for the part that is asked, and not where it is another one's by now")
    func head() async throws {
        let engine = try await start(), row = [Float](repeating: 1, count: engine.config.hiddenSize)
        func ask(_ index: Int, _ count: Int) async throws -> Int {
            let request = HeadRequest(
                hidden: row, questions: [HeadQuestion(candidates: 1)], partIndex: index, partCount: count)
            return try await engine.head(request).candidates.count
        }
        #expect(try await ask(0, 0) == 1)
        #expect(try await ask(0, 1) == 1)
        await refuses(.partChanged) { try await ask(0, 2) }
        try await engine.hold(1, of: 2)
        #expect(try await ask(1, 2) == 1)
        #expect(try await ask(0, 0) == 1)
        for (index, count) in [(0, 2), (0, 1), (7, 3), (.max, .max)] {
            await refuses(.partChanged) { try await ask(index, count) }
        }
    }

    @Test("a file with a token id that the model does not have is refused")
    func foreignToken() async throws {
        let engine = try await start(), size = engine.config.vocabularySize
        for (state, foreign) in [(1, Int32(size)), (2, -1)] as [(StateID, Int32)] {
            let sequence = SequenceID(rawValue: 20 + UInt64(state.rawValue))
            try await engine.open(sequence)
            _ = try await engine.carry(sequence, 0, to: 2)
            _ = try await engine.states.keep(
                KeepStateRequest(sequence: sequence, state: state, owner: AttentionEngine.owner, tokens: [0, foreign]))
            let file = try await engine.bytes(of: state)
            let why = "it has the token id \(foreign), expected 0 to \(size - 1)"
            await refuses(.refused(8, why)) { try await engine.take(file, as: 8) }
        }
    }

    // MARK: under way

    @Test("calls that are under way end with right bytes or a clear error", arguments: [1, 2] as [UInt64])
    func underWay(seed: UInt64) async throws {
        let engine = try await start(), end = 150
        let held: [AttentionPart] = [.whole] + AttentionPart.all(of: 2) + AttentionPart.all(of: 4)
        var expected: [Answers] = []
        for part in held { expected.append(try await start(other: part).undisturbed(to: end).answers) }
        let rows = try await withThrowingTaskGroup(of: Int.self) { [expected] tasks in
            for user in 0 ..< 4 as Range<UInt64> {
                tasks.addTask {
                    var user = PartUser(engine, id: user, seed: seed, expected)
                    for _ in 0 ..< 30 { try await user.life() }
                    return user.rows
                }
            }
            tasks.addTask {
                var random = SplitMix64(seed: seed)
                for _ in 0 ..< 60 {
                    try await Task.sleep(for: .milliseconds(Int.random(in: 0 ... 20, using: &random)))
                    let part = held.randomElement(using: &random)!
                    try await engine.hold(part.index, of: part.count)
                    if random.next() % 4 == 0 { _ = try await engine.states.storeOneResting(for: .zero) }
                }
                return 0
            }
            return try await tasks.reduce(0, +)
        }
        #expect(rows > 1000)
        try await engine.hold(0, of: 1)
        try await engine.hold(1, of: 2)
        try await engine.hold(0, of: 1)
        #expect(engine.states.usage.sequences == 0 && engine.states.usage.usedBytes == 0)
    }
}

/// Calls of one sequence after the other to a service that may change to another part at any time.
private struct PartUser {
    private let engine: AttentionEngine
    private let id: UInt64
    private var random: SplitMix64
    /// What each part comes to.
    private let expected: [Answers]
    private var count: UInt64 = 0
    private(set) var rows = 0

    init(_ engine: AttentionEngine, id: UInt64, seed: UInt64, _ expected: [Answers]) {
        (self.engine, self.id, self.expected) = (engine, id, expected)
        random = SplitMix64(seed: seed &* 100 &+ id)
    }

    /// One sequence, until it ends or the service changes: all of its rows must be those of one part.
    mutating func life() async throws {
        count += 1
        let sequence = SequenceID(rawValue: 1000 * (id + 1) + count), state = StateID(rawValue: sequence.rawValue)
        var possible = Array(expected.indices), position = 0
        do {
            try await engine.open(sequence, tokensMax: 150)
            while position < 150 {
                let rows = min([1, 1, 3, 64].randomElement(using: &random)!, 150 - position)
                let found = try await engine.carry(sequence, position, to: position + rows)
                possible = possible.filter { expected[$0][position ..< position + rows] == found[...] }
                #expect(!possible.isEmpty, "rows from \(position) on are those of no part, or of two")
                (position, self.rows) = (position + rows, self.rows + rows)
                guard random.next() % 6 == 0 else { continue }
                try await engine.keep(sequence, as: state, closes: true, tokens: (0 ..< Int32(position)).map { $0 % 8 })
                if random.next() % 2 == 0 { try await engine.store(state) }
                try await engine.open(sequence, from: state, length: position, tokensMax: 150, consumes: true)
            }
            try await engine.close([sequence])
        } catch let error as AttentionError {
            let isClear: Bool =
                switch error {
                case .unknownSequence(sequence), .unknownState(state), .partChanged: true
                default: false
                }
            #expect(isClear, "\(error)")
        }
    }
}
