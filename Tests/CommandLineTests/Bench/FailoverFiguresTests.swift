import AdminMessages
import Testing

@testable import Benchmarks
@testable import TerminalOutput

@Suite("Failover figures") struct FailoverFiguresTests {
    /// Exact in binary.
    private let tokens = [1, 1.25, 1.75, 2, 4, 4.125]

    @Test("the gap in which the process dies counts to those after it")
    func gaps() throws {
        let round = try #require(FailoverRound(tokens: tokens, loss: 2.5, isSameText: true))
        #expect(round.gaps.before == 0.5 && round.gaps.after == 2 && round.gaps.growth == 1.5)
        #expect(FailoverRound(tokens: tokens, loss: 1.25, isSameText: true)?.gaps.before == 0.25)
        #expect(FailoverRound(tokens: tokens, loss: 4, isSameText: true)?.gaps.after == 0.125)
    }

    @Test("a loss before the second token or after the last one tells nothing", arguments: [0.5, 1.125, 4.125, 9])
    func outside(loss: Double) { #expect(FailoverRound(tokens: tokens, loss: loss, isSameText: true) == nil) }

    @Test("of several streams the longest gap counts, and those that began before all streamed do not")
    func streams() throws {
        let other = [0, 3, 3.25, 3.375, 4.375]
        let gaps = try #require(LongestGaps([tokens, other], event: 3.25))
        #expect(gaps.before == 3 && gaps.after == 2)
        let later = try #require(LongestGaps([tokens, other], since: 3, event: 3.25))
        #expect(later.before == 0.25 && later.after == 1)
        #expect(LongestGaps([tokens, other], since: 4, event: 3) == nil)
        #expect(LongestGaps([[], [1]], event: 0) == nil)
    }

    @Test("what the gap grew more than reading the tokens again takes is known where something was read")
    func excess() throws {
        let round = try #require(FailoverRound(tokens: tokens, loss: 2.5, isSameText: true, reading: 1.25))
        #expect(round.excess == 0.25)
        #expect(FailoverRound(tokens: tokens, loss: 2.5, isSameText: true)?.excess == nil)
    }

    private func rounds(reading: [Double?]) throws -> [FailoverRound] {
        try zip([(0.25, true), (0.5, true), (2.25, false)], reading).map { round, reading in
            let (gap, isSame) = round
            return try #require(
                FailoverRound(tokens: [0, 0.125, 0.125 + gap], loss: 0.125, isSameText: isSame, reading: reading))
        }
    }

    private func values(_ figures: FailoverFigures) -> [String: Double] {
        Dictionary(uniqueKeysWithValues: figures.measurements("f").map { ($0.name, $0.value) })
    }

    @Test("medians and maxima of all rounds, and how many texts were the same")
    func figures() throws {
        let figures = FailoverFigures(loss: .expertHost, copies: 2, rounds: try rounds(reading: [nil, nil, nil]))
        #expect(
            values(figures) == [
                "f.copies2.gap_before.median": 125, "f.copies2.gap_before.max": 125, "f.copies2.gap_after.median": 500,
                "f.copies2.gap_after.max": 2250,
                "f.copies2.growth.median": 375, "f.copies2.growth.max": 2125, "f.copies2.rounds": 3,
                "f.copies2.same_text": 2,
            ])
        let row = ["expert-host", "2", "125.0", "125.0", "500.0", "2250.0", "375.0", "2125.0", "2 of 3"]
        #expect([figures].tables.map(\.rows) == [[row]])
        #expect([figures].tables.map(\.header.count) == [9])
    }

    @Test("where attention is lost, reading the tokens again is shown, and the growth without it")
    func attention() throws {
        let figures = FailoverFigures(loss: .attention, copies: 1, rounds: try rounds(reading: [0.25, 0.125, 2.25]))
        #expect(
            values(figures) == [
                "f.attention.gap_before.median": 125, "f.attention.gap_before.max": 125,
                "f.attention.gap_after.median": 500, "f.attention.gap_after.max": 2250,
                "f.attention.growth.median": 375, "f.attention.growth.max": 2125,
                "f.attention.reading.median": 250, "f.attention.reading.max": 2250,
                "f.attention.growth_less_reading.median": -125, "f.attention.growth_less_reading.max": 250,
                "f.attention.rounds": 3, "f.attention.same_text": 2,
            ])
    }

    @Test("each kind of loss has a table of its own, with a row for each number of copies")
    func tables() throws {
        let hosts = try [1, 2].map {
            FailoverFigures(loss: .expertHost, copies: $0, rounds: try rounds(reading: [nil, nil, nil]))
        }
        let attention = FailoverFigures(loss: .attention, copies: 1, rounds: try rounds(reading: [1, 1, 1]))
        let tables = ([attention] + hosts).tables
        #expect(tables.map(\.rows.count) == [2, 1] && tables.map(\.header.count) == [9, 13])
        #expect(tables.allSatisfy { table in table.rows.allSatisfy { $0.count == table.header.count } })
        #expect([FailoverFigures]().tables == [])
    }

    @Test("losses are named with commas between, and measured in one order")
    func losses() {
        #expect(Losses(argument: "attention,expert-host") == Losses(.expertHost, .attention))
        #expect(Losses(argument: "attention")?.losses == [.attention])
        #expect(Losses(argument: "attention,router") == nil && Losses(argument: "") == nil)
    }
}

@Suite("Busiest attention services") struct BusiestAttentionTests {
    private func report(_ members: [(name: String, replica: Int?, sequences: Int)]) -> AttentionReport {
        AttentionReport(
            partsWanted: .auto, parts: 1, replicas: 2,
            members: members.map {
                .init(
                    name: $0.name, role: "attention", address: "unix:/a", kernels: "avx2", standing: "ready",
                    memoryBytes: 1, part: $0.replica == nil ? nil : 0, replica: $0.replica, sequences: $0.sequences)
            })
    }

    @Test("all parts of the replica with most sequences, of equals of the first one")
    func busiest() {
        let report = report([("a", 1, 2), ("b", 0, 2), ("c", 1, 2), ("d", 2, 1), ("e", 0, 2), ("f", nil, 0)])
        #expect(report.busiest.map(\.name) == ["b", "e"])
        #expect(report.sequences(on: "d") == 1 && report.sequences(on: "z") == 0)
    }

    @Test("without sequences there is none")
    func none() {
        #expect(report([("a", 0, 0), ("b", nil, 0)]).busiest.isEmpty)
        #expect(report([]).busiest.isEmpty)
    }
}
