import Checkpoint
import Messages
import Tensors
import TestSupport
import Testing

@testable import Attention

/// A state that was kept goes on with the bytes of one that never was, wherever it was kept and however it comes back.
@Suite("Kept states go on byte for byte") struct StateEqualityTests {
    static let models = [
        StateModel(name: "mixed-original"), StateModel(name: "all-lightning"), StateModel(name: "all-softmax-fused"),
        StateModel(name: "mixed-original", keyValues: .bfloat16),
        StateModel(name: "all-softmax-fused", keyValues: .bfloat16),
    ]
    /// Around the borders of key groups, blocks and pages.
    static let cuts = [1, 15, 16, 17, 63, 64, 65, 100, 127, 128, 129, 191, 192, 300]
    /// How far sequences go on: over several closed blocks.
    private static let more = 150
    private static let end = 300 + more

    /// Decode rows and prefill pieces in turns.
    private func pieces(_ seed: Int) -> [Int] {
        var random = SplitMix64(seed: UInt64(seed))
        return random.cuts(of: 500)
    }

    @Test("at each of 300 positions of one sequence, which goes on undisturbed", arguments: models)
    func everyCut(model: StateModel) async throws {
        let expected = try await AttentionEngine(model).undisturbed(to: Self.end)
        let engine = try AttentionEngine(model)
        try await engine.open(1, tokensMax: Self.end)
        var answers: Answers = []
        for cut in 1 ... 300 {
            answers += try await engine.carry(1, cut - 1, to: cut)
            #expect(try await engine.keep(1, as: StateID(rawValue: UInt64(cut))).length == cut)
        }
        answers += try await engine.carry(1, 300, to: Self.end, pieces: pieces(0))
        #expect(answers == expected.answers)
        #expect(try await engine.matrices(1) == expected.matrices)
        try await engine.close([1])
        for cut in 1 ... 300 {
            try await engine.open(2, from: StateID(rawValue: UInt64(cut)), length: cut)
            let found = try await engine.carry(2, cut, to: Self.end, pieces: pieces(cut))
            let isSame = found[...] == expected.answers[cut...]
            #expect(isSame, "kept after \(cut)")
            #expect(try await engine.matrices(2) == expected.matrices, "kept after \(cut)")
            try await engine.close([2])
        }
        #expect(await engine.drop((1 ... 300).map { StateID(rawValue: $0) }) == 300)
        #expect(engine.states.usage == StateUsage())
    }

    @Test("cut back to every length inside the open block, and go on with other rows", arguments: models)
    func cutBack(model: StateModel) async throws {
        let engine = try AttentionEngine(model), other = try AttentionEngine(model)
        for cut in [1, 17, 63, 64, 65, 100, 127, 128, 190] {
            try await engine.open(1, tokensMax: Self.end)
            _ = try await engine.carry(1, 0, to: cut)
            try await engine.keep(1, as: 7)
            let after = try await engine.carry(1, cut, to: cut + 3)        // rows behind those that are kept
            for length in cut / 64 * 64 ... cut {
                let story = Story(story: 1, parting: length), end = length + Self.more
                let expected = try await other.undisturbed(to: end, story)
                try await engine.open(2, from: 7, length: length)
                let found = try await engine.carry(2, length, to: end, pieces: pieces(length), story)
                let isSame = found[...] == expected.answers[length...]
                #expect(isSame, "\(cut) cut back to \(length)")
                #expect(try await engine.matrices(2) == expected.matrices, "\(cut) cut back to \(length)")
                try await engine.close([2])
            }
            try await engine.open(2, from: 7, length: cut)
            #expect(try await engine.carry(2, cut, to: cut + 3) == after, "\(cut) is as it was")
            try await engine.close([1, 2])
            await engine.drop([7])
        }
    }

    @Test("what stands behind the rows that are kept is never read, whatever it is", arguments: models)
    func foreignRows(model: StateModel) async throws {
        let cut = 70, end = 64 + Self.more
        let engine = try AttentionEngine(model), columns = engine.config.hiddenSize
        try await engine.open(1, tokensMax: Self.end)
        _ = try await engine.carry(1, 0, to: cut - 3)
        for (start, count, value) in [(cut - 3, 5, 1e30), (cut + 2, 4, .nan)] as [(Int, Int, Float)] {
            let wild = [Float](repeating: value, count: count * columns)
            for layer in engine.config.layers.indices {
                _ = try await engine.layer(layer, [Rows(sequence: 1, start: start, count: count)], hidden: wild)
            }
        }
        try await engine.keep(1, as: 7, closes: true)        // 76 tokens, of which the last 9 are wild
        for length in 64 ... cut - 3 {
            let story = Story(story: 1, parting: length)
            let expected = try await AttentionEngine(model).undisturbed(to: end, story)
            try await engine.open(2, from: 7, length: length)
            let found = try await engine.carry(2, length, to: end, pieces: [1, 1, 1, 20], story)
            let isSame = found[...] == expected.answers[length...]
            #expect(isSame, "cut back to \(length)")
            #expect(try await engine.matrices(2) == expected.matrices, "cut back to \(length)")
            try await engine.close([2])
        }
    }

    /// How a state comes back.
    enum Way: String, CaseIterable {
        /// Kept as the sequence ends, and a new one begins from it.
        case closed
        /// Kept as the sequence ends, and taken over.
        case takenOver
        /// Taken over while the sequence that it was kept of goes on, with other rows.
        case takenOverBesideOthers
        /// Taken over while another state is kept that has three tokens more.
        case takenOverBelowOthers
        /// From disk.
        case stored
        /// From disk, taken over.
        case storedAndTakenOver
        /// Written while the sequence goes on.
        case storedBesideOthers
    }

    @Test("whichever way they come back", arguments: models, Way.allCases)
    func ways(model: StateModel, way: Way) async throws {
        let expected = try await AttentionEngine(model).undisturbed(to: Self.end)
        for cut in Self.cuts {
            let engine = try AttentionEngine(model)
            try await engine.open(1, tokensMax: Self.end)
            _ = try await engine.carry(1, 0, to: cut, pieces: pieces(cut))
            let isBeside = way == .takenOverBesideOthers || way == .storedBesideOthers
            try await engine.keep(1, as: 7, closes: !isBeside && way != .takenOverBelowOthers)
            let beside = Story(story: 2, parting: cut)
            var besideAnswers: Answers = []
            if isBeside { besideAnswers = try await engine.carry(1, cut, to: cut + 2, beside) }
            if way == .takenOverBelowOthers {
                _ = try await engine.carry(1, cut, to: cut + 3, beside)
                try await engine.keep(1, as: 8, closes: true)
            }
            if way.rawValue.hasPrefix("stored") {
                #expect(try await engine.store(7) > 0)
                #expect(engine.list.states.first?.bytes == 0)
            }
            let takesOver = way.rawValue.lowercased().contains("takenover")
            try await engine.open(2, from: 7, length: cut, consumes: takesOver)
            #expect(engine.list.states.contains { $0.state == 7 } == !takesOver)
            var found = try await engine.carry(2, cut, to: cut + 5)
            if isBeside { besideAnswers += try await engine.carry(1, cut + 2, to: cut + Self.more, beside) }
            found += try await engine.carry(2, cut + 5, to: Self.end, pieces: pieces(cut))
            let isSame = found[...] == expected.answers[cut...]
            #expect(isSame, "\(way) after \(cut)")
            #expect(try await engine.matrices(2) == expected.matrices, "\(way) after \(cut)")
            let other = Story(story: 2, parting: cut)
            if isBeside {
                let undisturbed = try await AttentionEngine(model).undisturbed(to: cut + Self.more, other)
                #expect(besideAnswers[...] == undisturbed.answers[cut...], "the other one after \(cut)")
            }
            if way == .takenOverBelowOthers {
                try await engine.open(3, from: 8, length: cut + 3)
                let undisturbed = try await AttentionEngine(model).undisturbed(to: cut + 80, other)
                let longer = try await engine.carry(3, cut + 3, to: cut + 80, other)
                #expect(longer[...] == undisturbed.answers[(cut + 3)...], "the longer one after \(cut)")
            }
        }
    }

    @Test("forked twice, all three side by side in the same calls", arguments: models, [1, 17, 64, 100, 129])
    func forks(model: StateModel, cut: Int) async throws {
        let engine = try AttentionEngine(model), end = cut + Self.more
        try await engine.open(1, tokensMax: end)
        _ = try await engine.carry(1, 0, to: cut)
        try await engine.keep(1, as: 7)
        for sequence in [2, 3] as [SequenceID] { try await engine.open(sequence, from: 7, length: cut) }
        let stories = [0, 1, 2].map { Story(story: $0, parting: cut) }
        var random = SplitMix64(seed: UInt64(cut)), found: [Answers] = [[], [], []]
        while found.contains(where: { $0.count < Self.more }) {
            let steps = stories.indices.compactMap { index -> Step? in
                let start = cut + found[index].count
                let count = [0, 1, 1, 2, 30, 64, 65].randomElement(using: &random)!
                guard count > 0, start < end else { return nil }
                return Step(
                    sequence: SequenceID(rawValue: UInt64(index + 1)), start: start, count: min(count, end - start),
                    story: stories[index])
            }
            guard !steps.isEmpty else { continue }
            for (step, answers) in zip(steps, try await engine.carry(steps)) {
                found[Int(step.sequence.rawValue) - 1] += answers
            }
        }
        for (index, story) in stories.enumerated() {
            let expected = try await AttentionEngine(model).undisturbed(to: end, story)
            let isSame = found[index][...] == expected.answers[cut...]
            #expect(isSame, "fork \(index)")
            #expect(try await engine.matrices(SequenceID(rawValue: UInt64(index + 1))) == expected.matrices)
        }
        try await engine.open(4, from: 7, length: cut)
        #expect(try await engine.carry(4, cut, to: end, pieces: [7])[...] == found[0][...])
    }
}
