/// Where each slice of each expert lives: `layers[layer][expert]`.
struct Placement: Sendable, Equatable {
    /// The names of the hosts in ascending order, those that hold nothing included.
    let hosts: [String]
    let layers: [[ExpertPlacement]]

    /// How many copies there are of everything: the least number of holders of any slice; 0 where there is no expert.
    var copies: Int {
        layers.lazy.joined().flatMap { $0.holders.lazy.map(\.count) }.min() ?? 0
    }

    /// Into how many slices the work of each expert of each layer is cut. The placement's slices may be finer than
    /// there are holders; then several of them are computed in one call.
    var cuts: [[Int]] {
        layers.map { experts in
            experts.map { expert in
                let holders = Set(expert.holders.joined()).count
                return [1, 2, 4, 8].first { $0 >= min(holders, expert.holders.count) } ?? 8
            }
        }
    }

    /// Where that expert is; nil where the placement is of another model that has no such expert.
    func expert(_ layer: Int, _ expert: Int) -> ExpertPlacement? {
        layers.indices.contains(layer) && layers[layer].indices.contains(expert) ? layers[layer][expert] : nil
    }
}

/// Who holds one expert.
struct ExpertPlacement: Sendable, Equatable {
    /// For each slice in order its holders: indices into the placement's `hosts`, ascending, at least one. There are
    /// 1, 2, 4 or 8 slices.
    let holders: [[Int]]
}
