internal import Cluster
internal import Metrics
internal import Synchronization

/// How often each expert is used, over all requests: what the planner balances by.
///
/// Two windows follow each other: what counts is the last whole one and the one that is being filled.
final class ExpertLoad: Sendable {
    private struct State {
        var current: [[Double]]
        var previous: [[Double]]
        var rowsInWindow = 0
        var rowsPerStep = 1.0
        var total: [[Int]]
        var dropped = 0
        var hasNews = false
        var expertSeconds = 0.0
    }

    /// Rows that one layer sees in a window.
    private static let windowRows = 4096
    /// What an expert counts for that was never used.
    private static let doubt = 1.0
    private let state: Mutex<State>
    private let tokens: [[Counter]]
    private let imbalances: [Gauge]
    private let drops = Counter(label: "minimax_moe_tokens_dropped_total")

    init(_ inventory: ExpertInventory) {
        let zeros = inventory.layers.map { [Double](repeating: 0, count: $0.count) }
        state = Mutex(State(current: zeros, previous: zeros, total: inventory.layers.map { [Int](repeating: 0, count: $0.count) }))
        PrometheusRegistry.shared.widen("minimax_moe_tokens_per_expert_total", to: inventory.layers.reduce(0) { $0 + $1.count })
        tokens = inventory.layers.enumerated().map { layer, experts in
            experts.indices.map { Counter(label: "minimax_moe_tokens_per_expert_total", dimensions: [("layer", "\(layer)"), ("expert", "\($0)")]) }
        }
        imbalances = inventory.layers.indices.map { Gauge(label: "minimax_moe_load_imbalance_ratio", dimensions: [("layer", "\($0)")]) }
    }

    /// One layer's token groups.
    func note(_ layer: Int, _ groups: TokenGroups) {
        for group in groups.groups { tokens[layer][group.expert].increment(by: group.members.count) }
        if groups.droppedCount > 0 { drops.increment(by: groups.droppedCount) }
        state.withLock { state in
            for group in groups.groups {
                state.current[layer][group.expert] += Double(group.members.count)
                state.total[layer][group.expert] += group.members.count
            }
            state.dropped += groups.droppedCount
            guard layer == 0 else { return }
            state.rowsPerStep += (Double(groups.rowCount) - state.rowsPerStep) / 32
            state.rowsInWindow += groups.rowCount
            state.hasNews = true
            guard state.rowsInWindow >= Self.windowRows else { return }
            state.previous = state.current
            state.current = state.current.map { $0.map { _ in 0 } }
            state.rowsInWindow = 0
        }
    }

    /// How long the experts' part of a step took, all layers together.
    func note(stepSeconds: Double) { state.withLock { $0.expertSeconds += (stepSeconds - $0.expertSeconds) / ($0.expertSeconds == 0 ? 1 : 32) } }

    /// The experts' part of recent steps, in seconds; 0 before the first.
    var expertSeconds: Double { state.withLock { $0.expertSeconds } }

    /// Rows of recent steps, on average.
    var rowsPerStep: Int { state.withLock { max(1, Int($0.rowsPerStep.rounded())) } }

    /// Uses since the router started, by layer and expert.
    var totals: [[Int]] { state.withLock { $0.total } }

    /// Uses that an expert's capacity did not allow.
    var dropped: Int { state.withLock { $0.dropped } }

    /// Whether any expert was used since this was last asked.
    func hasNews() -> Bool {
        state.withLock { state in
            defer { state.hasNews = false }
            return state.hasNews
        }
    }

    /// Recent uses, by layer and expert.
    var recent: [[Double]] { state.withLock { state in zip(state.previous, state.current).map { zip($0, $1).map { $0 + $1 } } } }

    var shares: ExpertShares {
        ExpertShares(layers: recent.map { uses in
            let sum = uses.reduce(0, +) + Self.doubt * Double(uses.count)
            return uses.map { ($0 + Self.doubt) / sum }
        })
    }

    /// Tells Prometheus how even the load is.
    func report() {
        for (gauge, ratio) in zip(imbalances, imbalance) { gauge.record(ratio) }
    }

    /// The most used expert of each layer to the layer's mean: 1 is balance.
    var imbalance: [Double] {
        recent.map { uses in
            let sum = uses.reduce(0, +)
            return sum > 0 ? (uses.max() ?? 0) * Double(uses.count) / sum : 1
        }
    }
}
