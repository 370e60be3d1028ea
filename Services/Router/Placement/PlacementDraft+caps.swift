extension PlacementDraft {
    /// How much of a group's load each host may have for the group to count as balanced.
    func caps(of group: Range<Int>) -> [Double] {
        if units.areSlices {
            // Slices are alike: the fair number, rounded up.
            let slots = Double(group.reduce(0) { $0 + units.copies[$1] })
            let load = (units.load[group].max() ?? 0) * (1 + Self.rounding)
            return fair.map { ($0 * slots - Self.rounding).rounded(.up) * load }
        }
        // What the slowest host needs where units are placed greedily, the heaviest first, each on the host that would
        // be done with it first; and a little more, so that hosts of nearly equal bandwidth take turns.
        var loads = fair.map { _ in 0.0 }
        for unit in units.order[group] {
            for _ in 0 ..< units.copies[unit] {
                func seconds(_ host: Int) -> Double { (loads[host] + units.load[unit]) / fair[host] }
                let next = loads.indices.min { seconds($0) < seconds($1) }
                if let next { loads[next] += units.load[unit] }
            }
        }
        let slowest = zip(loads, fair).map { $0 / $1 }.max() ?? 0
        return fair.map { $0 * slowest * Self.turns }
    }

    /// How far sums of floating-point numbers may be off, as a share of them.
    static let rounding = 1e-6
    private static let turns = 1.05
}
