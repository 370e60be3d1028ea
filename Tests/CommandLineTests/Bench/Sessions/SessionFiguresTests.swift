import TerminalOutput
import Testing

@testable import Benchmarks

@Suite("Session figures") struct SessionFiguresTests {
    private func values(_ figures: [SessionFigure]) -> [String: Double] {
        Dictionary(uniqueKeysWithValues: figures.map { ($0.name, $0.value) })
    }

    private func reply(_ seconds: Double, prompt: Int = 1000, cached: Int = 0) -> ChatReply {
        ChatReply(seconds: seconds, text: "", usage: TokenUsage(prompt: prompt, cached: cached, completion: 8))
    }

    @Test("a bar holds on its own side, and never for what is no number")
    func bars() {
        #expect(SessionFigure.Bar.atMost(3).holds(3) && !SessionFigure.Bar.atMost(3).holds(3.5))
        #expect(SessionFigure.Bar.atLeast(70).holds(70) && !SessionFigure.Bar.atLeast(70).holds(69))
        #expect(!SessionFigure.Bar.atMost(3).holds(.nan) && !SessionFigure.Bar.atLeast(3).holds(.nan))
        #expect(SessionFigure(name: "x", value: 1, unit: "s").holds == nil)
    }

    @Test("programs get a bar as a measurement of its own, people get a verdict")
    func output() {
        let figures = [
            SessionFigure(name: "a", value: 2.5, unit: "%", bar: .atMost(2)),
            SessionFigure(name: "b", value: 8, unit: "s"),
            SessionFigure(name: "c", value: 71, unit: "%", bar: .atLeast(70)),
        ]
        #expect(figures.measurements("s").map(\.name) == ["s.a", "s.a.bar", "s.b", "s.c", "s.c.bar"])
        #expect(figures.measurements("s").map(\.value) == [2.5, 2, 8, 71, 70])
        #expect(
            figures.table.rows == [
                ["a", "2.50", "%", "at most 2.00", "no"], ["b", "8.00", "s", "", ""],
                ["c", "71.0", "%", "at least 70.0", "yes"],
            ])
    }

    @Test("of turns the median of each chat's own ratio counts, and the share of the prompt that was reused")
    func turns() {
        var figures = TurnFigures()
        for (first, second, restarted) in [(2.0, 0.0625, 0.125), (4, 0.0625, 0.25), (1, 0.25, 0.5)] {
            figures.chats.append(
                .init(
                    first: reply(first), second: reply(second, prompt: 2000, cached: 1500),
                    restarted: reply(restarted, prompt: 2000, cached: 1000)))
        }
        let found = values(figures.figures)
        // 3.125, 1.5625 and 25 %; 6.25, 6.25 and 50 %.
        #expect(found["turns.second_to_first"] == 3.125)
        #expect(found["turns.restarted_to_first"] == 6.25)
        #expect(found["turns.first_token"] == 2)
        #expect(found["turns.second_cached"] == 75 && found["turns.restarted_cached"] == 50)
        #expect(figures.figures.compactMap(\.holds) == [false, false])
    }

    @Test("an agent's new tokens are those of neither the prompt before nor its answer")
    func agent() {
        var figures = AgentFigures()
        figures.turns = [
            TokenUsage(prompt: 1000, cached: 0, completion: 50), TokenUsage(prompt: 1550, cached: 1040, completion: 50),
            TokenUsage(prompt: 2000, cached: 1600, completion: 50),
        ]
        #expect(figures.new == 1000 + 500 + 400)
        #expect(figures.computed == 1000 + 510 + 400)
        #expect(values(figures.figures)["agent.sent"] == 4550)
        #expect(figures.figures[0].value == 1910.0 / 1900 && figures.figures[0].holds == true)
        figures.turns[2].cached = 1000
        #expect(figures.figures[0].holds == false)
    }

    @Test("a fork takes its opening and what its first block takes longer")
    func fork() {
        var figures = ForkFigures(matrixBytes: 1_000_000, keyValueBytes: 4_000_000, sharedBytes: 4_000_000)
        figures.samples = [0.375, 0.875, 8].map { .init(open: 0.25, begin: 0.125, close: $0, copy: 1) }
        let found = values(figures.figures)
        #expect(found["fork.time_to_copy"] == 1.25 && found["fork.time"] == 1.25e6 && found["fork.open"] == 250_000)
        #expect(found["fork.begin_block"] == 125_000 && found["fork.close_block"] == 875_000)
        #expect(found["fork.matrices"] == 1 && found["fork.shared_to_keys_and_values"] == 100)
        #expect(figures.figures.compactMap(\.holds) == [true, true])
        figures.sharedBytes = 3_000_000
        #expect(figures.figures.compactMap(\.holds) == [true, false])
    }

    @Test("snapshots are measured against the plain file of the same round")
    func snapshot() {
        var figures = SnapshotFigures()
        figures.samples = [
            .init(bytes: 8_000_000, store: 1, plainWrite: 0.5, load: 0.5, plainRead: 0.5, plainReadWhole: 0.5),
            .init(bytes: 8_000_000, store: 4, plainWrite: 4, load: 1, plainRead: 0.25, plainReadWhole: 0.75),
            .init(bytes: 8_000_000, store: 2, plainWrite: 1.5, load: 0.25, plainRead: 0.125, plainReadWhole: 0.25),
        ]
        let found = values(figures.figures)
        #expect(found["snapshot.store_to_plain_write"] == 75 && found["snapshot.load_to_plain_read"] == 50)
        #expect(found["snapshot.load_to_plain_read_whole"] == 100)
        #expect(found["snapshot.store"] == 4 && found["snapshot.load"] == 16 && found["snapshot.size"] == 8)
        #expect(figures.figures.compactMap(\.holds) == [true, false])
    }

    @Test("memory that the service does not report counts as much as memory that it has not", arguments: [80, 120])
    func memory(resident: Int) {
        var figures = MemoryFigures(base: .init(reported: 1_000_000, resident: 50_000_000))
        figures.readings = [
            (1, .init(reported: 101_000_000, resident: 50_000_000 + resident * 1_000_000)),
            (10, .init(reported: 1_001_000_000, resident: 1_060_000_000)),
        ]
        let found = values(figures.figures)
        #expect(found["memory.states1.difference"] == 20 && found["memory.states10.difference"] == 1)
        #expect(found["memory.states1.reported"] == 100 && found["memory.states1.growth"] == Double(resident))
        #expect(figures.figures.compactMap(\.holds) == [false, true])
    }

    @Test("the overhead is of medians, and below nothing where reuse happens to be faster")
    func overhead() {
        var figures = OverheadFigures()
        figures.on = [100, 80, 90].map { .init(decode: $0, prefill: 10 * $0) }
        figures.off = [99, 90, 81].map { .init(decode: $0, prefill: 9 * $0) }
        let found = values(figures.figures)
        #expect(found["overhead.decode"] == 0 && found["overhead.decode_on"] == 90)
        #expect(found["overhead.prefill"].map { abs($0 + 10) < 1e-9 } == true)
        #expect(figures.figures.compactMap(\.holds) == [true, true])
        figures.off = [.init(decode: 93, prefill: 93)]
        #expect(figures.figures[0].holds == false)
    }
}
