extension PlacementDraft {
    /// Leaves everything where it is, as far as it may stay: on hosts that are still there, within budgets, and no more
    /// copies than asked for.
    mutating func keep(_ previous: Placement) {
        let hostIndices = previous.hosts.map { name in hosts.firstIndex { $0.name == name } }
        var slack = units.bytes.map { _ in Self.slack }
        for (layer, experts) in units.experts.enumerated() {
            for (expert, slices) in experts.enumerated() {
                let before = previous.expert(layer, expert)?.holders ?? []
                note(before, slices, hostIndices)
                // Where the number of slices has changed, hosts keep no more of the expert than their fair part.
                if before.count != slices.count { for unit in slices { slack[unit] = 1 } }
            }
        }
        for group in units.groups {
            open(group)
            for unit in units.order[group] { keep(unit, slack[unit]) }
        }
        let total = zip(units.load, units.copies).reduce(0) { $0 + $1.0 * Double($1.1) }
        let balance = zip(load, fair).map { $0 / ($1 * total) }
        if slack.contains(1) {
            (takers, surplus) = (Array(hosts.indices), hosts.map { _ in .infinity })
        } else if balance.contains(where: { abs($0 - 1) > Self.tolerance }) {
            let needy = hosts.indices.filter { balance[$0] < 1 - Self.tolerance }
            takers = needy.isEmpty ? hosts.indices.filter { balance[$0] < 1 } : needy
            // What brings a taker a little beyond its fair part is no reason to move again.
            surplus = hosts.indices.map { load[$0] - fair[$0] * total * (balance[$0] < 1 ? 1 + Self.tolerance : 1) }
        }
        rewind()
    }

    /// Notes what each host has of an expert's units, whatever the number of slices was.
    private mutating func note(_ before: [[Int]], _ slices: Range<Int>, _ hostIndices: [Int?]) {
        for (part, holders) in before.enumerated() {
            let covered =
                before.count >= slices.count
                ? part * slices.count / before.count ..< part * slices.count / before.count + 1
                : part * slices.count / before.count ..< (part + 1) * slices.count / before.count
            let eighths = UInt8(before.count >= slices.count ? 8 * slices.count / before.count : 8)
            for host in holders.compactMap({ hostIndices[$0] }) {
                for offset in covered { had[(slices.lowerBound + offset) * hosts.count + host] += eighths }
            }
        }
    }

    private mutating func keep(_ unit: Int, _ slack: Double) {
        while holderCount[unit] < units.copies[unit] {
            var keeper: Int?
            for host in hosts.indices where had(unit, host) == 1 && canTake(unit, host) {
                guard groupLoad[host] + units.load[unit] <= groupCap[host] * slack else { continue }
                if keeper.map({ load[host] / fair[host] < load[$0] / fair[$0] }) ?? true { keeper = host }
            }
            guard let keeper else { return }
            take(unit, keeper)
        }
    }

    /// A group may be this far out of balance before something is moved for its sake alone.
    private static let slack = 2.0
    /// As long as all are this near to their fair part, nothing is moved: measured bandwidths differ a little each
    /// time.
    static let tolerance = 0.05
}
