internal import Metrics

/// How long an attention service takes for one layer's rows, as Prometheus hears it.
struct AttentionCallTimes: Sendable {
    private let timer: Timer

    init(of member: String, factory: any MetricsFactory = MetricsSystem.factory) {
        timer = Timer(label: "minimax_attention_call_seconds", dimensions: [("member", member)], factory: factory)
    }

    /// - Parameter duration: from the call to its answer.
    func answered(after duration: Duration) { timer.recordSeconds(duration / .seconds(1)) }

    /// The service is gone, and what Prometheus heard of it.
    func forget() { timer.destroy() }
}
