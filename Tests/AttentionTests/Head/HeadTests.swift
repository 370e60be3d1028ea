import Checkpoint
import Foundation
import Messages
import Tensors
import TestSupport
import Testing

@testable import Attention

@Suite("The head") struct HeadTests {
    private static let vocabulary = 97, columns = 40

    private func head(_ part: AttentionPart = .whole) throws -> Head {
        Head(try Fixture.files("mixed-original").head(), part: part)
    }

    private func answer(
        _ questions: [HeadQuestion], excluded: [UInt32] = [], part: AttentionPart = .whole
    ) throws -> HeadResponse {
        let hidden = Tensor(columns: Self.columns, values: pattern(questions.count * Self.columns, seed: 4))
        let head = try head(part)
        let request = HeadRequest(hidden: hidden.values, questions: questions, excluded: excluded)
        return head.answer(
            try head.reading(request, rows: questions.count), hidden, Compute(threads: 1))
    }

    private static let questions = [
        HeadQuestion(candidates: 1),
        HeadQuestion(candidates: 20, named: [0, 3, 50, 96], top: 3, logSum: true, temperature: 0.7),
        HeadQuestion(whole: true, temperature: 2),
        HeadQuestion(candidates: 1, named: [7], temperature: 1.5, draws: true, seed: 99),
        HeadQuestion(candidates: 200, top: 200),
    ]

    @Test("the parts' logits are those of the whole, bit for bit", arguments: AttentionPart.counts)
    func partsOfWhole(parts: Int) throws {
        let question = [HeadQuestion(whole: true)]
        let whole = try answer(question).wholeLogits
        let found = try AttentionPart.all(of: parts).flatMap { try answer(question, part: $0).wholeLogits }
        #expect(bits(found) == bits(whole) && whole.count == Self.vocabulary)
    }

    @Test("any number of threads gives the same answer")
    func threads() throws {
        let vocabulary = 100_003, logits = pattern(Self.questions.count * vocabulary, seed: 1)
        let request = HeadRequest(hidden: [], questions: Self.questions, excluded: [10, 5, 20, 1])
        let reading = try HeadReading(
            request, rows: Self.questions.count, vocabulary: vocabulary, part: .whole)
        let alone = reading.answer(logits, Compute(threads: 1))
        // So much work that all threads are gathered.
        let together = Compute(threads: 3).together(operations: 1e9) { reading.answer(logits, $0) }
        #expect(together == alone)
    }

    @Test("an answer has the candidates, named ids, highest ids and sums that the logits have")
    func content() throws {
        let question = HeadQuestion(candidates: 9, named: [0, 3, 50, 96], top: 3, logSum: true, temperature: 0.5)
        let logits = try answer([HeadQuestion(whole: true)]).wholeLogits
        let found = try answer([question], excluded: [10, 5, 20, 1])
        let excluded = Set(10 ..< 15).union([35])
        func sorted(_ ids: some Sequence<Int>) -> [Int32] {
            ids.sorted { (logits[$0], $1) > (logits[$1], $0) }.map(Int32.init)
        }
        let free = (0 ..< Self.vocabulary).filter { !excluded.contains($0) && ![0, 3, 50, 96].contains($0) }
        #expect(found.candidates == Array(sorted(free).prefix(9)))
        #expect(found.candidateLogits == found.candidates.map { logits[Int($0)] })
        #expect(found.namedLogits == [0, 3, 50, 96].map { logits[$0] })
        #expect(found.top == Array(sorted(0 ..< Self.vocabulary).prefix(3)))
        #expect(found.topLogits == found.top.map { logits[Int($0)] } && found.wholeLogits == [])
        #expect(found.logSums.count == 16 && found.freeSums.count == 16)
        for eighth in 0 ..< 8 {
            let ids = Self.vocabulary * eighth / 8 ..< Self.vocabulary * (eighth + 1) / 8
            let all = ids.map { Double(logits[$0]) }, those = free.filter(ids.contains).map { Double(logits[$0]) }
            for (sums, values, temperature) in [(found.logSums, all, 1), (found.freeSums, those, 0.5)] {
                let highest = values.max()!
                let sum = values.reduce(0) { $0 + exp(($1 - highest) / temperature) }
                #expect(sums[2 * eighth] == highest && abs(sums[2 * eighth + 1] - sum) < 1e-12 * sum)
            }
        }
    }

    @Test("a NaN counts as minus infinity, and equal logits come by ascending id")
    func oddLogits() throws {
        let logits: [Float] = [.nan, 1, 2, .nan, 2, -.infinity, 2, .infinity, 1, .nan]
        func answer(_ question: HeadQuestion) throws -> HeadResponse {
            let request = HeadRequest(hidden: [], questions: [question])
            return try HeadReading(request, rows: 1, vocabulary: 10, part: .whole).answer(logits, Compute(threads: 1))
        }
        let all = try answer(HeadQuestion(candidates: 10, named: [], top: 3, logSum: true))
        #expect(all.candidates == [7, 2, 4, 6, 1, 8, 0, 3, 5, 9])
        #expect(all.candidateLogits.suffix(4).allSatisfy { $0 == -.infinity })
        #expect(all.top == [7, 2, 4])
        // Eighths of 1, 1, 1, 2, 1, 1, 1 and 2 ids.
        let nothing = -Double.infinity
        let sums: [Double] = [nothing, 0, 1, 1, 2, 1, 2, 1, nothing, 0, 2, 1, .infinity, 1, 1, 1]
        #expect(all.logSums == sums)
        #expect(try answer(HeadQuestion(named: [0, 1, 5])).namedLogits == [-.infinity, 1, -.infinity])
        #expect(try answer(HeadQuestion(candidates: 1, temperature: 1, draws: true)).candidates == [7])
    }

    @Test("many candidates, of ascending, descending and equal logits, are those of a full sort")
    func manyCandidates() throws {
        let count = 5000
        let rows: [[Float]] = [
            (0 ..< count).map { Float($0) }, (0 ..< count).map { -Float($0) }, [Float](repeating: 1, count: count),
            (0 ..< count).map { Float($0 * 7919 % 613) },
        ]
        for logits in rows {
            let sorted = logits.indices.sorted { (logits[$0], $1) > (logits[$1], $0) }.map(Int32.init)
            for wanted in [1, 2, 63, 64, 700, 4999, 5000, Int(UInt32.max)] {
                let request = HeadRequest(hidden: [], questions: [HeadQuestion(candidates: wanted)])
                let reading = try HeadReading(request, rows: 1, vocabulary: count, part: .whole)
                let found = reading.answer(logits, Compute(threads: 1)).candidates
                #expect(found == Array(sorted.prefix(wanted)), "\(wanted) candidates")
            }
        }
    }

    @Test("what is no question about these rows and this vocabulary is refused by name")
    func refusals() throws {
        let head = try head()
        func refusal(_ question: HeadQuestion, rows: Int = 1, excluded: [UInt32] = []) -> AttentionError? {
            #expect(throws: AttentionError.self) {
                try head.reading(
                    HeadRequest(hidden: [], questions: [HeadQuestion(), question], excluded: excluded), rows: rows)
            }
        }
        #expect(
            refusal(HeadQuestion()) == .shape(name: "questions", expected: "one for each of 1 rows", found: 2))
        let questions: [(HeadQuestion, String)] = [
            (HeadQuestion(named: [3, 97]), "names id 97 of a vocabulary of 97"),
            (HeadQuestion(named: [3, 3]), "names ids that do not ascend"),
            (HeadQuestion(named: [4, 3]), "names ids that do not ascend"),
            (HeadQuestion(temperature: -1), "has temperature -1.0"),
            (HeadQuestion(temperature: .infinity), "has temperature inf"),
            (
                HeadQuestion(candidates: 2, temperature: 1, draws: true),
                "draws, and so needs a temperature above 0 and one candidate"
            ),
            (
                HeadQuestion(candidates: 1, draws: true),
                "draws, and so needs a temperature above 0 and one candidate"
            ),
        ]
        for (question, fault) in questions { #expect(refusal(question, rows: 2) == .question(row: 1, fault)) }
        for lengths in [[1], [0, 98], [90, 1, 7, 1], [.max, .max]] as [[UInt32]] {
            #expect(
                refusal(HeadQuestion(), rows: 2, excluded: lengths)
                    == .shape(
                        name: "excluded", expected: "lengths in pairs, together at most 97", found: lengths.count))
        }
    }

    @Test("runs of ids without others are what is left of them")
    func runs() {
        var random = SplitMix64(seed: 8)
        for _ in 0 ..< 300 {
            let start = Int.random(in: 0 ... 20, using: &random)
            let range = start ..< start + Int.random(in: 0 ... 30, using: &random)
            let excluded = (0 ..< 60).filter { _ in Bool.random(using: &random) }
            let named = (0 ..< 60).filter { _ in Int.random(in: 0 ..< 4, using: &random) == 0 }
            var ranges: [Range<Int>] = []
            for id in excluded {
                if let last = ranges.last, last.upperBound == id {
                    ranges.removeLast(); ranges.append(last.lowerBound ..< id + 1)
                } else {
                    ranges.append(id ..< id + 1)
                }
            }
            let runs = range.without(ranges).without(named.map { UInt32($0) })
            #expect(runs.flatMap { Array($0) } == range.filter { !excluded.contains($0) && !named.contains($0) })
            #expect(runs.allSatisfy { !$0.isEmpty })
        }
    }
}
