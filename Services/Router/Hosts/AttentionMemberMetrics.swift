internal import Metrics

/// What Prometheus hears of attention services.
struct AttentionMemberMetrics: Sendable {
    private let lost = Counter(label: "minimax_attention_services_lost_total")
    private let connected = Gauge(label: "minimax_attention_services_connected")

    /// A service is gone.
    func countLoss() { lost.increment() }

    func record(_ members: some Collection<Member>) { connected.record(members.count(where: \.isConnected)) }
}
