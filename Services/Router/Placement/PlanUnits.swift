/// What is to be placed, in flat arrays: whole experts in `throughput` mode, slices in `latency` mode, in order of
/// layer, expert and slice.
struct PlanUnits {
    /// Units of which each host gets its fair number: the slices of one expert, or the whole experts of one layer.
    let groups: [Range<Int>]
    /// The units of each expert of each layer.
    let experts: [[Range<Int>]]
    let areSlices: Bool
    let bytes: [Int]
    /// On how many hosts each must be.
    let copies: [Int]
    /// What each holder of a unit is expected to read of it: its bytes, times the expert's share of the layer's uses,
    /// divided by the number of copies.
    let load: [Double]
    /// All units; those of a group in the order in which they are placed, the heaviest first.
    let order: [Int]

    /// This part of the load is spread evenly over the experts: one that was not used lately may be used next.
    private static let evenPart = 0.1
    /// The share of a shared expert, where the shares of the routed ones sum to 1: a row uses it and two routed ones.
    private static let sharedUse = 0.5

    /// - Parameter pinned: for an expert of a layer, to how many hosts it is pinned.
    init(
        _ inventory: ExpertInventory, _ shares: ExpertShares, _ mode: PlacementMode, copies wanted: Int,
        pinned: (Int, Int) -> Int
    ) {
        var (bytes, copies, load) = ([Int](), [Int](), [Double]())
        var (experts, groups) = ([[Range<Int>]](), [Range<Int>]())
        for (layer, members) in inventory.layers.enumerated() {
            let routed = shares.routed(layer, inventory), routedCount = Double(members.count { !$0.isShared })
            let first = bytes.count
            experts.append([])
            for (index, expert) in members.enumerated() {
                let routedUse = routed[index] * (1 - Self.evenPart) + Self.evenPart / routedCount
                let use = expert.isShared ? Self.sharedUse : routedUse
                let slices = mode == .latency ? expert.slicesMax : 1, count = max(wanted, pinned(layer, index))
                experts[layer].append(bytes.count ..< bytes.count + slices)
                for slice in 0 ..< slices {
                    bytes.append(expert.byteCount(part: slice, of: slices))
                    copies.append(count)
                    load.append(Double(expert.byteCount) / Double(slices) * use / Double(count))
                }
            }
            groups += mode == .latency ? experts[layer] : [first ..< bytes.count]
        }
        (self.groups, self.experts, self.bytes, self.copies, self.load) = (groups, experts, bytes, copies, load)
        areSlices = mode == .latency
        order = groups.flatMap { group in group.sorted { (load[$1], $0) < (load[$0], $1) } }
    }

    /// Bytes of all copies.
    var neededBytes: Int { zip(bytes, copies).reduce(0) { $0 + $1.0 * $1.1 } }
}
