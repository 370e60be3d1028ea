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
    /// What each of these many hosts is expected to read of it: bytes times the expert's part of the layer's uses.
    let load: [Double]
    /// All units; those of a group in the order in which they are placed, the heaviest first.
    let order: [Int]

    /// Part of the load that does not go by the shares: what was not used lately may be used next.
    private static let evenPart = 0.1
    /// Uses of a shared expert, where a row's other uses are 1 together: a row goes to it and to two others.
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
