extension PlacementDraft {
    /// Fills memory that is left with further copies of hot experts, where that takes load from the slowest host of a
    /// layer. Layers take turns.
    mutating func copyHotExperts() {
        var layers = units.groups
        while !layers.isEmpty { layers = layers.filter { copyHotExpert(of: $0) } }
    }

    /// One more copy in this layer, if one helps.
    private mutating func copyHotExpert(of layer: Range<Int>) -> Bool {
        let seconds = layerSeconds(layer)
        guard let slowest = seconds.indices.max(by: { seconds[$0] < seconds[$1] }) else { return false }
        let mean = layer.reduce(0) { $0 + whole($1) } / Double(layer.count)
        let hottest = layer.filter { hold($0, slowest) != .no }.max { loadOfEach($0) < loadOfEach($1) }
        guard let hottest else { return false }
        let part = whole(hottest) / Double(holderCount[hottest] + 1)
        var best: (host: Int, seconds: Double)?
        for host in hosts.indices where canTake(hottest, host) {
            let wasThere = had(hottest, host) == 1
            // A copy that is there already may stay at a lower load than a new one needs.
            guard whole(hottest) >= mean * (wasThere ? Self.staysHot : Self.isHot) else { continue }
            let then = seconds[host] + part / hosts[host].speed
            guard then < seconds[slowest] * Self.gain else { continue }
            let isBest = best.map { best in
                (wasThere ? 0 : 1, then) < (had(hottest, best.host) == 1 ? 0 : 1, best.seconds)
            }
            if isBest ?? true { best = (host, then) }
        }
        guard let best else { return false }
        take(hottest, best.host)
        return true
    }

    /// How long each host works for the layer, in the planner's measure of load; an expert's load divides over its
    /// holders.
    private func layerSeconds(_ layer: Range<Int>) -> [Double] {
        hosts.indices.map { host in
            layer.reduce(0) { hold($1, host) == .no ? $0 : $0 + loadOfEach($1) } / hosts[host].speed
        }
    }

    /// An expert's load at each of its holders.
    private func loadOfEach(_ unit: Int) -> Double { whole(unit) / Double(holderCount[unit]) }

    private func whole(_ unit: Int) -> Double { units.load[unit] * Double(units.copies[unit]) }

    /// From how many times the mean load of its layer an expert gets a further copy, and keeps one.
    private static let isHot = 1.5, staysHot = 1.2
    /// The host that takes the copy must stay this far below what the slowest had.
    private static let gain = 0.95
}
