extension PlacementDraft {
    /// Places what is not placed yet, group by group, and lets hosts that are behind take from those that are ahead.
    mutating func placeAll() {
        for next in units.groups {
            open(next)
            for unit in units.order[next] {
                while holderCount[unit] < units.copies[unit] {
                    guard place(unit) || makeRoom(for: unit) else {
                        unplacedBytes += units.bytes[unit] * (units.copies[unit] - holderCount[unit])
                        break
                    }
                }
            }
            level()
        }
        levelAgain()
    }

    /// Gives the unit, or another open slice of its expert that suits the host better, to the host that is furthest
    /// behind.
    private mutating func place(_ unit: Int) -> Bool {
        var best: (host: Int, isOver: Bool, key: Double)?
        for host in hosts.indices {
            let canTakeSlice = units.areSlices && group.contains { isOpen($0, host) }
            guard canTake(unit, host) || canTakeSlice else { continue }
            let unitLoad = units.load[unit], isOver = groupLoad[host] + unitLoad > groupCap[host]
            // As if half the unit were there, so that rounding favours neither fast nor slow hosts. A host that has the
            // unit's bytes already counts as one unit further behind.
            let keyLoad = isOver ? groupLoad[host] + unitLoad : load[host] + unitLoad * (0.5 - had(unit, host))
            var key = keyLoad / fair[host]
            if needsAll(host) { key = 0 }
            if best.map({ isOver == $0.isOver ? key < $0.key : !isOver }) ?? true { best = (host, isOver, key) }
        }
        guard let host = best?.host else { return false }
        take(units.areSlices ? nearest(to: host) { isOpen($0, host) } ?? unit : unit, host)
        surplus[host] += units.load[unit]
        return true
    }

    private func isOpen(_ unit: Int, _ host: Int) -> Bool {
        holderCount[unit] < units.copies[unit] && canTake(unit, host)
    }

    /// The slice of the group that makes the largest aligned run with those the host holds; for a host that holds none,
    /// the one furthest from the others' runs. Aligned neighbours are one call.
    func nearest(to host: Int, where isOpen: (Int) -> Bool) -> Int? {
        var best: (unit: Int, rank: Int)?
        for unit in group where isOpen(unit) {
            var (own, others) = (Int.max, Int.max)
            for other in group where holderCount[other] > 0 {
                // Size of the smallest aligned run that has both, as a power of two.
                let span = Int.bitWidth - ((unit - group.lowerBound) ^ (other - group.lowerBound)).leadingZeroBitCount
                if hold(other, host) == .no { others = min(others, span) } else { own = min(own, span) }
            }
            let rank = own < .max ? own : -others
            if best.map({ rank < $0.rank }) ?? true { best = (unit, rank) }
        }
        return best?.unit
    }

    /// Where no host can take the unit: one that holds it, or has too little room, takes another unit from a host that
    /// then can.
    ///
    /// With units of one size that is all it takes: a host with room that lacks some unit t exists unless memory is
    /// short, and t has more holders than this unit, so that one of them does not hold this one.
    private mutating func makeRoom(for unit: Int) -> Bool {
        let smallest = units.bytes.min() ?? 0
        for taker in hosts.indices where freeBytes[taker] >= smallest {
            for giver in hosts.indices where giver != taker && hold(unit, giver) == .no {
                func isWay(_ other: Int) -> Bool {
                    hold(other, giver) == .yes && canTake(other, taker)
                        && freeBytes[giver] + units.bytes[other] >= units.bytes[unit]
                }
                guard let other = group.first(where: isWay) ?? units.bytes.indices.first(where: isWay) else { continue }
                move(other, from: giver, to: taker)
                take(unit, giver)
                return true
            }
        }
        return false
    }
}
