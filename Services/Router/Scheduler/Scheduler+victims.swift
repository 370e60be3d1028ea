internal import Messages

/// Which sequences make room for more urgent ones.
extension Scheduler {
    /// Sequences that make room for another.
    private struct Victims {
        /// They rest in memory, and go to disk.
        var resting: [Entry] = []
        /// They run, and lose their places.
        var running: [Entry] = []
        /// Whether those that run on the same replica go to disk; else they stay in memory, since only their places are
        /// wanted.
        var toDisk = false
    }

    /// Parks less urgent sequences, the youngest first, until `head` fits on its replica; nobody, where that would not
    /// be enough.
    mutating func makeRoom(for head: Entry, at now: Duration, _ plan: inout StepPlan) -> Bool {
        guard let victims = victims(for: head, at: now) else { return false }
        // Where the disk cannot be written, the more urgent one waits.
        guard now >= pauses(of: head.replica).keepsOffDiskUntil || (victims.resting.isEmpty && !victims.toDisk) else {
            return false
        }
        for entry in victims.resting {
            guard let index = queue.firstIndex(where: { $0.id == entry.id }) else { continue }
            plan.parks.append(queue[index].park())
            plan.grows[entry.id] = nil
            queue[index].setAsideStep = step
        }
        for entry in victims.running {
            let toDisk = victims.toDisk && entry.replica == head.replica
            setAside(entry, as: toDisk ? .parkedOnDisk : .parkedInMemory, &plan)
            if toDisk { plan.grows[entry.id] = nil }
        }
        return true
    }

    /// - Returns: nil where all that are less urgent than `head` would not be enough.
    private func victims(for head: Entry, at now: Duration) -> Victims? {
        let bytesNeeded = bytesToBeginAlone(head)        // those that share with it may be parked
        // More may be reserved than there is. One that needs none may begin all the same.
        let free = freeBytes(on: head.replica, at: now)
        var bytesFree = bytesNeeded == 0 ? max(0, free) : free
        var placesFree = limits.placesMax - running.count
        var victims = Victims()
        for entry in queue
        where bytesFree < bytesNeeded && entry.phase.takesMemory && entry.replica == head.replica
            && mayTakePlace(head, of: entry)
        {
            bytesFree += entry.grantedBytes
            victims.resting.append(entry)
        }
        victims.toDisk = bytesFree < bytesNeeded
        func bytes(of entry: Entry) -> Int {
            victims.toDisk && entry.replica == head.replica ? entry.grantedBytes : 0
        }
        for entry in lessUrgent(than: head)
        where placesFree < 1 || (bytesFree < bytesNeeded && entry.replica == head.replica) {
            (bytesFree, placesFree) = (bytesFree + bytes(of: entry), placesFree + 1)
            victims.running.append(entry)
        }
        guard bytesFree >= bytesNeeded, placesFree >= 1 else { return nil }
        // Those chosen first may not be needed any more, since a larger one was chosen after them.
        victims.running = victims.running.filter { entry in
            guard placesFree > 1, bytesFree - bytes(of: entry) >= bytesNeeded else { return true }
            (bytesFree, placesFree) = (bytesFree - bytes(of: entry), placesFree - 1)
            return false
        }
        return victims
    }

    /// Running sequences that may make room for `head`, in the order in which they do.
    private func lessUrgent(than head: Entry) -> [Entry] {
        running.filter { mayTakePlace(head, of: $0) && $0.begunStep < step }
            .sorted { ($0.demand.priority, $1.begunStep, $1.arrival) < ($1.demand.priority, $0.begunStep, $0.arrival) }
    }

    /// A less urgent sequence makes room for a more urgent one of the same account; for one of another account only
    /// where its own has more than its share of places, and the other less.
    func mayTakePlace(_ head: Entry, of entry: Entry) -> Bool {
        guard entry.demand.priority < head.demand.priority else { return false }
        let (its, other) = (head.demand.account, entry.demand.account)
        return its == other || (places(of: other) > share(of: other) && places(of: its) + 1 <= share(of: its))
    }

    private func places(of account: Int) -> Double { Double(running.count { $0.demand.account == account }) }

    /// An account's share of the places, among those that want any.
    private func share(of account: Int) -> Double {
        let weights = Set((running + queue).map(\.demand.account)).reduce(0) { $0 + limits.weights[$1] }
        return Double(limits.placesMax) * limits.weights[account] / weights
    }
}
