internal import Metrics

/// What Prometheus hears of hosts and plan.
struct PlacementMetrics: Sendable {
    private let lost = Counter(label: "minimax_expert_hosts_lost_total")
    private let connected = Gauge(label: "minimax_expert_hosts_connected")
    private let version = Gauge(label: "minimax_plan_version")
    private let heldShare = Gauge(label: "minimax_plan_held_ratio")
    private let moving = Gauge(label: "minimax_plan_units_in_motion")

    /// A host is gone.
    func countLoss() { lost.increment() }

    /// - Parameter heldShare: how much of all experts is held by hosts that answer, from 0 to 1.
    func record(members: some Collection<Member>, version: Int, heldShare: Double) {
        connected.record(members.count(where: \.isConnected))
        self.version.record(version)
        self.heldShare.record(heldShare)
        moving.record(Double(members.reduce(0) { $0 + $1.units.missingEighths }) / 8)
    }
}
