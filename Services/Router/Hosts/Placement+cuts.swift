extension Placement {
    /// Of each layer and expert: into how many slices its work is cut. The plan's slices may be finer than there are holders; then some are asked for together.
    var cuts: [[Int]] {
        layers.map { experts in
            experts.map { expert in
                let holders = Set(expert.holders.joined()).count
                return [1, 2, 4, 8].first { $0 >= min(holders, expert.holders.count) } ?? 8
            }
        }
    }
}
