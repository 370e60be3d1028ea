import Testing

@testable import Benchmarks
@testable import LocalCluster
@testable import TerminalOutput

@Suite("Figures of calls") struct CallFiguresTests {
    private static let attention = """
        # HELP minimax_attention_calls_total calls
        # TYPE minimax_attention_calls_total counter
        minimax_attention_calls_total{call="attend"} 90
        minimax_attention_calls_total{call="logits"} 10
        minimax_attention_call_seconds_total{call="attend"} 0.03
        minimax_attention_compute_seconds_total{call="attend"} 0.02
        minimax_process_context_switches_total{kind="involuntary"} 50
        minimax_process_context_switches_total{kind="voluntary"} 750
        """
    private static let host = """
        minimax_expert_calls_total 100
        minimax_expert_call_seconds_total 0.02
        minimax_expert_compute_seconds_total 0.01
        minimax_process_context_switches_total{kind="voluntary"} 600
        """
    private static let router = """
        minimax_steps_total 10
        minimax_step_seconds_bucket{le="0.01"} 10
        minimax_step_seconds_sum 0.1
        minimax_step_seconds_count 10
        minimax_step_part_seconds_total{part="attention"} 0.04
        minimax_step_part_seconds_total{part="experts"} 0.03
        minimax_step_part_seconds_total{part="gate"} 0.005
        minimax_expert_round_trip_seconds_total 0.05
        minimax_process_context_switches_total{kind="involuntary"} 100
        minimax_process_context_switches_total{kind="voluntary"} 500
        """

    private static let counters = CallCounters([
        (.attention, MetricsPage(attention)), (.expertHost, MetricsPage(host)), (.expertHost, MetricsPage(host)),
        (.router, MetricsPage(router)),
    ])

    @Test("a page's series are added up by name and label; what is no sample is left out")
    func page() {
        let page = MetricsPage(Self.attention + "\nno number\n\nminimax_attention_calls_totals 7\n")
        #expect(page.sum("minimax_attention_calls_total") == 100)
        #expect(page.sum("minimax_attention_calls_total", "call", "logits") == 10)
        #expect(page.sum("minimax_attention_calls_total", "call", "embed") == 0)
        #expect(page.sum("no") == 0)
    }

    @Test("the processes of one role are added up, and an earlier moment is taken off")
    func counters() {
        #expect(Self.counters.experts.calls == 200 && Self.counters.experts.switches == 1200)
        var earlier = CallCounters()
        earlier.experts.calls = 50
        earlier.steps = 4
        earlier.partSeconds = ["gate": 0.001]
        let found = Self.counters - earlier
        #expect(found.experts.calls == 150 && found.steps == 6)
        #expect(found.partSeconds["gate"] == 0.005 - 0.001)
        #expect(found.partSeconds["experts"] == 0.03)
    }

    @Test("a call's time is computation, waiting in the service, and the wire; its wake-ups are those of all threads")
    func calls() {
        let figures = CallFigures(title: "c", name: "d.c", counters: Self.counters)
        func near(_ a: Double, _ b: Double) -> Bool { abs(a - b) < 1e-9 * abs(b) + 1e-9 }
        let (attention, experts) = (figures.attention, figures.experts)
        #expect(attention.perStep == 10 && attention.wakeUps == 8 && attention.involuntary == 0.5)
        #expect(near(attention.time, 400) && near(attention.compute, 200))
        #expect(near(attention.waiting, 100) && near(attention.wire, 100))
        #expect(experts.perStep == 20 && experts.wakeUps == 6 && experts.involuntary == 0)
        #expect(near(experts.time, 250) && near(experts.compute, 100))
        #expect(near(experts.waiting, 100) && near(experts.wire, 50))
        #expect(figures.routerWakeUps == 2)
        #expect(near(figures.wakeUps, (800.0 + 1200 + 600) / 300) && near(figures.involuntary, 0.5))
    }

    @Test("every figure has a name of its own; the tables have a row for each service and each case")
    func shown() {
        let figures = ["c", "e"].map { CallFigures(title: $0, name: "d.\($0)", counters: Self.counters) }
        let names = figures.flatMap(\.measurements).map(\.name)
        #expect(Set(names).count == names.count)
        #expect(Set(["d.c.wakeups_per_call", "d.e.attention.wire_per_call", "d.c.step.experts"]).isSubset(of: names))
        #expect(figures.tables.map(\.rows.count) == [8, 2])
        #expect(figures.tables[1].rows[0].prefix(4) == ["c", "10000", "4000", "500"])
        #expect([CallFigures]().tables == [])
    }
}
