/// The experts of a model as the planner sees them: `layers[layer][expert]`, the shared expert last where a layer has
/// one.
struct ExpertInventory: Sendable, Equatable {
    struct Expert: Sendable, Equatable {
        let byteCount: Int
        /// Into how many slices it may be cut: 1, 2, 4 or 8.
        let slicesMax: Int
        /// Every row uses it, whatever the gate says.
        var isShared = false

        /// Bytes of part `index` of `count` equal parts.
        func byteCount(part index: Int, of count: Int) -> Int {
            byteCount * (index + 1) / count - byteCount * index / count
        }
    }

    let layers: [[Expert]]
}

/// What share of a layer's (row, expert) uses goes to each expert; every layer sums to 1. The share of a shared expert
/// is ignored.
struct ExpertShares: Sendable, Equatable {
    let layers: [[Double]]

    /// Nothing is known: every expert is used as much as any other of its layer.
    static func uniform(_ inventory: ExpertInventory) -> ExpertShares {
        ExpertShares(
            layers: inventory.layers.map { experts in
                let routedCount = experts.count { !$0.isShared }
                return experts.map { $0.isShared ? 0 : 1 / Double(routedCount) }
            })
    }

    /// The shares of one layer's experts, 0 for a shared one, scaled to sum to 1; uniform where they do not fit the
    /// layer.
    func routed(_ layer: Int, _ inventory: ExpertInventory) -> [Double] {
        let experts = inventory.layers[layer]
        if layers.indices.contains(layer), layers[layer].count == experts.count {
            let known = zip(layers[layer], experts).map { $1.isShared ? 0 : max(0, $0) }
            let sum = known.reduce(0, +)
            if sum > 0, sum.isFinite { return known.map { $0 / sum } }
        }
        let routedCount = experts.count { !$0.isShared }
        return experts.map { $0.isShared ? 0 : 1 / Double(routedCount) }
    }
}
