import Checkpoint
import Messages
import Tensors
import TestSupport
import Testing

@testable import Attention

/// The same calls to a service that has all of attention, and to one for each part: what the parts answer adds up to
/// what the whole answers, whatever became of the sequences before.
@Suite("States of parts of attention") struct PartedStatesTests {
    struct Subject: Sendable, CustomTestStringConvertible {
        let shape: RandomCheckpoint
        let parts: Int
        var testDescription: String { "\(parts) parts of \(shape.testDescription)" }
    }

    static let subjects: [Subject] = [
        Subject(shape: RandomCheckpoint(heads: 12, keyValueHeads: 3, d: 4, layers: [0, 1, 0]), parts: 4),
        Subject(shape: RandomCheckpoint(heads: 8, keyValueHeads: 2, d: 6, window: 50, layers: [1, 0]), parts: 8),
        Subject(shape: RandomCheckpoint(heads: 4, keyValueHeads: 4, d: 32, layers: [0, 1], type: .int4), parts: 4),
        Subject(shape: RandomCheckpoint(heads: 6, keyValueHeads: 1, d: 8, layers: [0, 0]), parts: 2),
    ]

    @Test(
        "random spans, kept, forked, cut back, stored and taken over, add up bit for bit", arguments: subjects,
        [1, 2, 3] as [UInt64])
    func world(subject: Subject, seed: UInt64) async throws {
        var world = try await PartedWorld(subject.shape.files(), parts: subject.parts, seed: seed)
        for _ in 0 ..< 120 { try await world.step() }
        try await world.check()
        #expect(world.rows > 500)
    }
}

/// Random calls to a whole service and to its parts, side by side.
struct PartedWorld {
    private let whole: AttentionEngine
    private let parts: [AttentionEngine]
    private var all: [AttentionEngine] { [whole] + parts }
    private var random: SplitMix64
    /// Lengths of open sequences and of kept states.
    private var sequences: [SequenceID: Int] = [:]
    private var kept: [StateID: Int] = [:]
    private var lastID: UInt64 = 0
    /// How many rows were compared.
    private(set) var rows = 0

    private static let tokensMax = 600

    init(_ files: WeightFiles, parts count: Int, seed: UInt64) async throws {
        whole = try AttentionEngine(files)
        var parts: [AttentionEngine] = []
        for part in AttentionPart.all(of: count) {
            let engine = try AttentionEngine(files)
            let description = try await engine.hold(part.index, of: part.count)
            #expect(description.partIndex == part.index && description.partCount == part.count)
            parts.append(engine)
        }
        self.parts = parts
        random = SplitMix64(seed: seed)
    }

    private mutating func id() -> UInt64 {
        lastID += 1
        return lastID
    }

    mutating func step() async throws {
        switch Int.random(in: 0 ..< 10, using: &random) {
        case 0: try await open()
        case 1, 2: try await fork()
        case 3: try await keep()
        case 4: try await store()
        default: try await carry()
        }
    }

    private mutating func open() async throws {
        guard sequences.count < 6 else { return }
        let sequence = SequenceID(rawValue: id())
        for engine in all { try await engine.open(sequence, tokensMax: Self.tokensMax) }
        sequences[sequence] = 0
    }

    private mutating func fork() async throws {
        let entry = kept.sorted { $0.key < $1.key }.randomElement(using: &random)
        guard sequences.count < 6, let (state, length) = entry else { return }
        let sequence = SequenceID(rawValue: id()), consumes = Int.random(in: 0 ..< 4, using: &random) == 0
        let first = consumes ? length : Int.random(in: max(1, length / 64 * 64) ... length, using: &random)
        for engine in all {
            try await engine.open(sequence, from: state, length: first, tokensMax: Self.tokensMax, consumes: consumes)
        }
        if consumes { kept[state] = nil }
        sequences[sequence] = first
    }

    private mutating func keep() async throws {
        let entry = sequences.filter { $0.value > 0 }.sorted { $0.key < $1.key }.randomElement(using: &random)
        guard let (sequence, length) = entry else { return }
        let state = StateID(rawValue: id()), closes = Bool.random(using: &random)
        for engine in all {
            #expect(try await engine.keep(sequence, as: state, closes: closes).length == length)
        }
        if closes { sequences[sequence] = nil }
        kept[state] = length
    }

    private mutating func store() async throws {
        guard let state = kept.keys.sorted().randomElement(using: &random) else { return }
        for engine in all { try await engine.store(state) }
    }

    private mutating func carry() async throws {
        let chosen = sequences.keys.sorted().filter { _ in Bool.random(using: &random) }
        let steps = chosen.compactMap { sequence -> Step? in
            let start = sequences[sequence] ?? 0
            let count = min([1, 1, 1, 2, 30, 64, 65].randomElement(using: &random)!, Self.tokensMax - start)
            return count > 0 ? Step(sequence: sequence, start: start, count: count) : nil
        }
        guard !steps.isEmpty else { return }
        let expected = try await whole.carry(steps)
        var found: [[Answers]] = []
        for part in parts { found.append(try await part.carry(steps)) }
        for (index, step) in steps.enumerated() {
            let isSame = addedPairwise(found.map { $0[index] }) == expected[index]
            #expect(isSame, "\(step.sequence) at \(step.start)")
            sequences[step.sequence] = step.start + step.count
            rows += step.count
        }
    }

    /// The states themselves: the parts' matrices one after the other are the whole's.
    func check() async throws {
        for sequence in sequences.keys.sorted() {
            let expected = try await whole.matrices(sequence)
            var found = expected.map { _ in [UInt32]() }
            for part in parts {
                for (layer, matrix) in try await part.matrices(sequence).enumerated() { found[layer] += matrix }
            }
            #expect(found == expected, "\(sequence)")
        }
    }
}
