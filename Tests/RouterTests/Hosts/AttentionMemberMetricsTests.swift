import Checkpoint
import Telemetry
import Testing

@testable import Router

@Suite("Metrics of each attention service") struct AttentionMemberMetricsTests {
    private let registry = PrometheusRegistry()

    /// All that is told about members, without the metrics' common beginning.
    private var lines: [String] {
        registry.text().split(separator: "\n").filter { $0.hasPrefix("minimax_attention_member_") }
            .map { String($0.dropFirst("minimax_attention_member_".count)) }
    }

    private func view(
        _ name: String, _ standing: String = "ready", part: Int? = 1, sequences: Int = 3
    ) -> AttentionMemberMetrics.View {
        let use = part.map {
            AttentionUse(
                part: AttentionPart(index: $0, count: 2), replica: 4, sequences: sequences, keptBytes: 5,
                isIdle: false)
        }
        return AttentionMemberMetrics.View(name: name, standing: standing, memoryBytes: 6, use: use)
    }

    @Test("a service has its standing, its part and replica, its sequences and its bytes")
    func one() {
        var metrics = AttentionMemberMetrics(factory: registry)
        metrics.record([view("a")])
        #expect(
            lines == [
                #"kept_bytes{member="a"} 5"#, #"memory_bytes{member="a"} 6"#, #"part_count{member="a"} 2"#,
                #"part_index{member="a"} 1"#, #"replica{member="a"} 4"#, #"sequences{member="a"} 3"#,
                #"standing{member="a",standing="ready"} 1"#,
            ])
    }

    @Test("what was told before is not told any more: an earlier standing, and a part that was lost")
    func changes() {
        var metrics = AttentionMemberMetrics(factory: registry)
        metrics.record([view("a"), view("b")])
        metrics.record([view("a", "late", part: nil), view("b", sequences: 8)])
        #expect(
            lines.filter { $0.contains("\"a\"") } == [
                #"kept_bytes{member="a"} 0"#, #"memory_bytes{member="a"} 6"#, #"sequences{member="a"} 0"#,
                #"standing{member="a",standing="late"} 1"#,
            ])
        #expect(lines.contains(#"sequences{member="b"} 8"#))
    }

    @Test("nothing is left of services that have gone, however many came and went")
    func gone() {
        var metrics = AttentionMemberMetrics(factory: registry)
        for round in 0 ..< 1000 { metrics.record([view("stays"), view("goes-\(round)")]) }
        metrics.record([view("stays")])
        #expect(lines.count == 7 && lines.allSatisfy { $0.contains("stays") })
        metrics.record([])
        #expect(lines == [])
    }

    @Test("times of calls go with the service")
    func callTimes() {
        let times = AttentionCallTimes(of: "a", factory: registry)
        times.answered(after: .milliseconds(3))
        #expect(registry.text().contains(#"minimax_attention_call_seconds_count{member="a"} 1"#))
        times.forget()
        times.answered(after: .milliseconds(3))
        #expect(!registry.text().contains("minimax_attention_call_seconds"))
    }
}
