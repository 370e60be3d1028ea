import Testing

@testable import Benchmarks
@testable import TerminalOutput

@Suite("Failover figures") struct FailoverFiguresTests {
    /// Exact in binary.
    private let tokens = [1, 1.25, 1.75, 2, 4, 4.125]

    @Test("the gap in which the host dies counts to those after it")
    func gaps() throws {
        let round = try #require(FailoverRound(tokens: tokens, loss: 2.5, isSameText: true))
        #expect(round.before == 0.5 && round.after == 2 && round.growth == 1.5)
        #expect(FailoverRound(tokens: tokens, loss: 1.25, isSameText: true)?.before == 0.25)
        #expect(FailoverRound(tokens: tokens, loss: 4, isSameText: true)?.after == 0.125)
    }

    @Test("a loss before the second token or after the last one tells nothing", arguments: [0.5, 1.125, 4.125, 9])
    func outside(loss: Double) { #expect(FailoverRound(tokens: tokens, loss: loss, isSameText: true) == nil) }

    @Test("medians and maxima of all rounds, and how many texts were the same")
    func figures() throws {
        var figures = FailoverFigures(copies: 2)
        for (gap, isSame) in [(0.25, true), (0.5, true), (2.25, false)] {
            let round = try #require(FailoverRound(tokens: [0, 0.125, 0.125 + gap], loss: 0.125, isSameText: isSame))
            figures.rounds.append(round)
        }
        let found = Dictionary(uniqueKeysWithValues: figures.measurements("f").map { ($0.name, $0.value) })
        #expect(
            found == [
                "f.copies2.gap_before.median": 125, "f.copies2.gap_before.max": 125, "f.copies2.gap_after.median": 500,
                "f.copies2.gap_after.max": 2250,
                "f.copies2.growth.median": 375, "f.copies2.growth.max": 2125, "f.copies2.rounds": 3,
                "f.copies2.same_text": 2,
            ])
        #expect([figures].table.rows == [["2", "125.0", "125.0", "500.0", "2250.0", "375.0", "2125.0", "2 of 3"]])
        #expect([figures].table.header.count == 8)
    }
}
