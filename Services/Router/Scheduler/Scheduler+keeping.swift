internal import Messages

/// Which states are kept.
extension Scheduler {
    /// Sequences that are over leave their states behind where that is worth it; the others' are closed.
    mutating func close(into plan: inout StepPlan, _ prefixes: some PrefixSource) {
        for entry in ended {
            let keep = entry.length.flatMap {
                prefixes.keep(entry.id, on: entry.replica, length: $0, since: entry.keptLength, closes: true)
            }
            if let keep { plan.keeps.append(keep) } else { plan.closes[entry.replica, default: []].append(entry.id) }
        }
        plan.discards.merge(discards) { $0 + $1 }
        (ended, discards) = ([], [:])
    }

    /// Running sequences that have come to a position where their state is to be kept.
    mutating func keep(into plan: inout StepPlan, _ prefixes: some PrefixSource) {
        // One that begins or comes back in this plan has no live state yet when states are kept.
        for index in running.indices where running[index].begunStep < step {
            let entry = running[index]
            guard let point = entry.keepPoints.first, point <= entry.carried else { continue }
            running[index].keepPoints.removeAll { $0 <= entry.carried }
            guard entry.keepPoints.contains(entry.carried) else { continue }
            let keep = prefixes.keep(
                entry.id, on: entry.replica, length: entry.carried, since: entry.keptLength, closes: false)
            plan.keeps += keep.map { [$0] } ?? []
        }
    }

    /// States in which sequences are parked on a replica.
    func parkedStates(on replica: ReplicaID) -> Set<StateID> {
        Set((running + queue).filter { $0.replica == replica }.map(\.parkedState)).subtracting([.none])
    }

    /// A state of a sequence's first `length` tokens is kept.
    mutating func kept(_ id: SequenceID, length: Int) {
        guard let index = running.firstIndex(where: { $0.id == id }) else { return }
        running[index].keptLength = max(running[index].keptLength, length)
    }
}
