internal import Metrics
internal import Synchronization
internal import Telemetry

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
        /// Whether any expert was used since `wasUsed` was last asked.
        var wasUsed = false
        var expertSeconds = 0.0

        mutating func noteStep(rows: Int) {
            rowsPerStep += (Double(rows) - rowsPerStep) / 32
            rowsInWindow += rows
            wasUsed = true
            guard rowsInWindow >= ExpertLoad.windowRows else { return }
            previous = current
            current = current.map { $0.map { _ in 0 } }
            rowsInWindow = 0
        }
    }

    /// Rows that one layer sees in a window.
    private static let windowRows = 4096
    /// Uses that every expert is credited with, so that one which was never used has a share as well.
    private static let creditedUses = 1.0
    private let state: Mutex<State>
    private let tokens: [[Counter]]
    private let imbalances: [Gauge]
    private let drops = Counter(label: "minimax_moe_tokens_dropped_total")

    init(_ inventory: ExpertInventory) {
        let zeros = inventory.layers.map { [Double](repeating: 0, count: $0.count) }
        let noUses = inventory.layers.map { [Int](repeating: 0, count: $0.count) }
        state = Mutex(State(current: zeros, previous: zeros, total: noUses))
        let label = "minimax_moe_tokens_per_expert_total"
        PrometheusRegistry.shared.widen(label, to: inventory.layers.reduce(0) { $0 + $1.count })
        tokens = inventory.layers.enumerated().map { layer, experts in
            experts.indices.map { Counter(label: label, dimensions: [("layer", "\(layer)"), ("expert", "\($0)")]) }
        }
        imbalances = inventory.layers.indices.map {
            Gauge(label: "minimax_moe_load_imbalance_ratio", dimensions: [("layer", "\($0)")])
        }
    }

    /// One layer of one step was computed.
    ///
    /// - Parameters:
    ///   - uses: for each expert in use, once, how many rows it computes.
    ///   - rows: of the step.
    ///   - dropped: uses that the experts' capacity did not allow.
    func note(_ layer: Int, _ uses: some Collection<(expert: Int, rows: Int)>, rows: Int, dropped: Int) {
        for use in uses { tokens[layer][use.expert].increment(by: use.rows) }
        if dropped > 0 { drops.increment(by: dropped) }
        state.withLock { state in
            for use in uses {
                state.current[layer][use.expert] += Double(use.rows)
                state.total[layer][use.expert] += use.rows
            }
            state.dropped += dropped
            // All layers of a step have the same rows.
            if layer == 0 { state.noteStep(rows: rows) }
        }
    }

    /// How long the experts' part of a step took, all layers together.
    func note(stepSeconds: Double) {
        state.withLock { $0.expertSeconds += (stepSeconds - $0.expertSeconds) / ($0.expertSeconds == 0 ? 1 : 32) }
    }

    /// The experts' part of recent steps, in seconds; 0 before the first.
    var expertSeconds: Double { state.withLock { $0.expertSeconds } }

    /// Rows of recent steps, on average.
    var rowsPerStep: Int { state.withLock { max(1, Int($0.rowsPerStep.rounded())) } }

    /// Uses since the router started, by layer and expert.
    var totals: [[Int]] { state.withLock { $0.total } }

    /// Uses that an expert's capacity did not allow.
    var dropped: Int { state.withLock { $0.dropped } }

    /// Whether any expert was used since this was last asked.
    func wasUsed() -> Bool {
        state.withLock { state in
            defer { state.wasUsed = false }
            return state.wasUsed
        }
    }

    /// Recent uses, by layer and expert.
    var recent: [[Double]] {
        state.withLock { state in zip(state.previous, state.current).map { zip($0, $1).map { $0 + $1 } } }
    }

    /// The share of each expert in the recent uses of its layer, above 0.
    var shares: ExpertShares {
        ExpertShares(
            layers: recent.map { uses in
                let sum = uses.reduce(0, +) + Self.creditedUses * Double(uses.count)
                return uses.map { ($0 + Self.creditedUses) / sum }
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
