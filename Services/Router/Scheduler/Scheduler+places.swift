/// Which sequence gets a place, and which gives its place up.
extension Scheduler {
    mutating func admit(at now: Duration, into plan: inout StepPlan) {
        var passed: Set<UInt64> = []
        while let head = next(at: now, except: passed) {
            if fits(head, at: now) || makeRoom(for: head, at: now, &plan) {
                begin(head, at: now, &plan)
            } else if now - head.arrival >= limits.ageing {
                return        // it has been passed long enough
            } else {
                passed.insert(head.id)
            }
        }
    }

    /// Classes count within an account only: nobody comes to more than its share by calling all it has urgent.
    private func next(at now: Duration, except passed: Set<UInt64>) -> Entry? {
        let waiting = queue.filter { !passed.contains($0.id) && $0.setAsideStep < step }
        let firsts = Dictionary(grouping: waiting, by: \.demand.account).values.compactMap { entries in
            entries.min {
                let classes = ($0.priority(at: now, ageing: limits.ageing), $1.priority(at: now, ageing: limits.ageing))
                return classes.0 == classes.1 ? ($0.arrival, $0.id) < ($1.arrival, $1.id) : classes.0 > classes.1
            }
        }
        return firsts.min {
            (accounts.served($0.demand.account), $0.arrival, $0.id) < (
                accounts.served($1.demand.account), $1.arrival, $1.id
            )
        }
    }

    private func fits(_ entry: Entry, at now: Duration) -> Bool {
        let bytes = bytesToBegin(entry)
        return running.count < limits.placesMax && (bytes == 0 || bytes <= freeBytes(at: now))
    }

    private mutating func begin(_ head: Entry, at now: Duration, _ plan: inout StepPlan) {
        guard let index = queue.firstIndex(where: { $0.id == head.id }) else { return }
        var entry = queue.remove(at: index)
        let grant = grantToBegin(entry)
        switch entry.phase {
        case .waiting: plan.opens[entry.id] = grant
        case .parkedOnDisk: plan.resumes[entry.id] = grant
        case .parkedInMemory: break
        }
        entry.granted = grant
        accounts.charge(entry.granted - entry.carried, to: entry.demand.account)
        entry.begun = now
        entry.begunStep = step
        running.append(entry)
    }

    /// Parks less urgent sequences, the youngest first, until `head` fits; nobody, where that would not be enough.
    private mutating func makeRoom(for head: Entry, at now: Duration, _ plan: inout StepPlan) -> Bool {
        let victims = running.filter { mayTakePlace(head, of: $0) && $0.begunStep < step }
            .sorted { ($0.demand.priority, $1.begunStep, $1.arrival) < ($1.demand.priority, $0.begunStep, $0.arrival) }
        let resting = queue.filter { $0.phase == .parkedInMemory && mayTakePlace(head, of: $0) }
        let bytesNeeded = bytesToBegin(head)
        // More may be reserved than there is, so that this is negative; one that needs none may begin all the same.
        var bytesFree = bytesNeeded == 0 ? max(0, freeBytes(at: now)) : freeBytes(at: now),
            places = limits.placesMax - running.count
        var parked: [Entry] = [], moved: [Entry] = []
        for entry in resting where bytesFree < bytesNeeded {
            bytesFree += entry.grantedBytes
            moved.append(entry)
        }
        let toDisk = bytesFree < bytesNeeded
        for entry in victims where bytesFree < bytesNeeded || places < 1 {
            if toDisk { bytesFree += entry.grantedBytes }
            places += 1
            parked.append(entry)
        }
        guard bytesFree >= bytesNeeded, places >= 1 else { return false }
        // Where the disk cannot be written, the more urgent one waits.
        guard now >= keepsOffDiskUntil || (moved.isEmpty && !toDisk) else { return false }
        // Those chosen first may not be needed any more, since a larger one was chosen after them.
        parked.removeAll { entry in
            let bytes = toDisk ? entry.grantedBytes : 0
            guard places > 1, bytesFree - bytes >= bytesNeeded else { return false }
            (places, bytesFree) = (places - 1, bytesFree - bytes)
            return true
        }
        for entry in moved {
            plan.parks.append(entry.id)
            plan.grows[entry.id] = nil
            queue.firstIndex { $0.id == entry.id }.map {
                (queue[$0].phase, queue[$0].setAsideStep) = (.parkedOnDisk, step)
            }
        }
        for entry in parked {
            setAside(entry, as: toDisk ? .parkedOnDisk : .parkedInMemory)
            guard toDisk else { continue }
            plan.parks.append(entry.id)
            plan.grows[entry.id] = nil
        }
        return true
    }

    /// A less urgent sequence makes room for a more urgent one of the same account; for one of another account only
    /// where its own has more than its share of places, and the other less.
    private func mayTakePlace(_ head: Entry, of entry: Entry) -> Bool {
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

    /// Takes a running sequence from its place; it waits for another.
    ///
    /// - Parameter phase: with `waiting`, its state is dropped, and computed again when it comes to run.
    mutating func setAside(_ entry: Entry, as phase: Entry.Phase) {
        running.removeAll { $0.id == entry.id }
        accounts.refund(entry.granted - entry.carried, to: entry.demand.account)
        var entry = entry
        entry.phase = phase
        entry.setAsideStep = step
        if phase == .waiting { entry.forgetState() }
        queue.insert(entry, at: queue.firstIndex { $0.arrival > entry.arrival } ?? queue.endIndex)
    }
}

extension Scheduler.Entry {
    /// Its state is gone: all its tokens are read again.
    mutating func forgetState() {
        promptCount = carried < promptCount ? promptCount : tokenCount
        (carried, granted, phase) = (0, 0, .waiting)
    }
}
