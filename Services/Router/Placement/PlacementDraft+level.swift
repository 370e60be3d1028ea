extension PlacementDraft {
    /// Moves units of the group from hosts that have more than their fair part to hosts that kept less, as long as
    /// these are behind.
    mutating func level() {
        while let (unit, giver, taker) = nextMove() {
            move(unit, from: giver, to: taker)
            surplus[giver] -= units.load[unit]
            surplus[taker] += units.load[unit]
        }
    }

    /// A second pass over all groups, where some host still has clearly more than its fair part: in the first pass it
    /// did not have too much yet, or the takers held the same units. Now every host that has less may take.
    mutating func levelAgain() {
        let due = load.reduce(0, +)
        let isUneven = hosts.indices.contains { load[$0] > fair[$0] * due * (1 + Self.tolerance) }
        guard !takers.isEmpty, isUneven else { return }
        surplus = zip(load, fair).map { $0 - $1 * due }
        takers = hosts.indices.filter { surplus[$0] < 0 }
        for group in units.groups {
            reopen(group)
            level()
        }
    }

    private func nextMove() -> (unit: Int, giver: Int, taker: Int)? {
        guard let lightest = units.order[group].last.map({ units.load[$0] }) else { return nil }
        let givers = hosts.indices.filter { surplus[$0] > 0 && groupLoad[$0] > 0 }.sorted { ahead($0) > ahead($1) }
        guard !givers.isEmpty else { return nil }
        let takers = takers.filter { groupLoad[$0] + lightest <= groupCap[$0] }.sorted { ahead($0) < ahead($1) }
        for taker in takers {
            for giver in givers where isBehind(taker, giver, by: lightest) {
                func isDue(_ unit: Int) -> Bool { self.isDue(unit, from: giver, to: taker) }
                let unit = units.areSlices ? nearest(to: taker, where: isDue) : units.order[group].first(where: isDue)
                if let unit { return (unit, giver, taker) }
            }
        }
        return nil
    }

    private func isDue(_ unit: Int, from giver: Int, to taker: Int) -> Bool {
        hold(unit, giver) == .yes && canTake(unit, taker) && groupLoad[taker] + units.load[unit] <= groupCap[taker]
            && isBehind(taker, giver, by: units.load[unit])
    }

    /// Whether the two are nearer to each other once that much has moved.
    private func isBehind(_ taker: Int, _ giver: Int, by more: Double) -> Bool {
        guard !needsAll(giver), !needsAll(taker) else { return !needsAll(giver) }
        return (load[taker] + more / 2) / fair[taker] < (load[giver] - more / 2) / fair[giver] * (1 - Self.rounding)
    }

    /// How far a host is; equal for all where all have their fair part.
    private func ahead(_ host: Int) -> Double { load[host] / fair[host] }
}
