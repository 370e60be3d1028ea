internal import Messages

/// Which sequence gets a place, and which gives its place up.
extension Scheduler {
    mutating func admit(at now: Duration, into plan: inout StepPlan, _ prefixes: some PrefixSource) {
        var passed: Set<SequenceID> = []
        // Replicas on which nothing more begins, since their memory is kept for one that has waited long.
        var reserved: Set<ReplicaID> = []
        while let head = next(at: now, except: passed) {
            guard mayHavePlace(head) else {
                guard pass(head, at: now, &passed) else { return }
                continue
            }
            let ways = ways(of: head, at: now, after: plan.keeps, prefixes)
            let open = ways.filter { !reserved.contains($0.replica) }
            if let way = open.first(where: { fits($0, at: now) }) ?? makeRoom(forOneOf: open, at: now, &plan) {
                begin(way, at: now, &plan)
            } else if !pass(head, at: now, &passed) {
                // One that waits for what another computes has no way yet, and keeps nobody back.
                reserved.formUnion(ways.map(\.replica))
                if running.count >= limits.placesMax || reserved.isSuperset(of: limits.replicas.keys) { return }
            }
        }
    }

    private mutating func makeRoom(forOneOf ways: [Entry], at now: Duration, _ plan: inout StepPlan) -> Entry? {
        for way in ways where makeRoom(for: way, at: now, &plan) { return way }
        return nil
    }

    /// One that does not fit is passed by others.
    ///
    /// - Returns: false where it has been passed long enough.
    private func pass(_ head: Entry, at now: Duration, _ passed: inout Set<SequenceID>) -> Bool {
        passed.insert(head.id)
        return now - head.arrival < limits.ageing
    }

    /// Whether there is a place, or one that could be taken from another.
    private func mayHavePlace(_ head: Entry) -> Bool {
        running.count < limits.placesMax || running.contains { mayTakePlace(head, of: $0) }
    }

    /// A sequence as it could begin now on each replica that it may have, the best first. None where it waits for what
    /// it shares with another to be computed and kept, or for a replica.
    private mutating func ways(
        of head: Entry, at now: Duration, after keeps: [StepPlan.Keep], _ prefixes: some PrefixSource
    ) -> [Entry] {
        guard head.phase == .waiting else { return [head] }
        let replicas = placeable(at: now).filter { isLargeEnough($0, for: head) }
        guard !replicas.isEmpty else { return [] }
        let beginning = prefixes.beginning(
            of: head, on: replicas, beside: running.filter { replicas.contains($0.replica) },
            after: keeps.filter { replicas.contains($0.replica) })
        switch beginning {
        case .now(let starts): return ways(of: head, starts, on: replicas, at: now)
        case .wait(let wait):
            if let index = running.firstIndex(where: { $0.id == wait.id }), let point = wait.keepAt {
                let points = running[index].keepPoints
                running[index].keepPoints.insert(point, at: points.firstIndex { $0 > point } ?? points.endIndex)
            }
            if let index = queue.firstIndex(where: { $0.id == head.id }), !head.waitedFor.contains(wait.id) {
                queue[index].waitedFor.append(wait.id)
            }
            return []
        }
    }

    private func ways(
        of head: Entry, _ starts: SequenceStarts, on replicas: Set<ReplicaID>, at now: Duration
    ) -> [Entry] {
        var ways: [ReplicaID: Entry] = [:]
        var candidates: [ReplicaChoice.Candidate] = []
        for replica in replicas {
            let way = head.beginning(starts[replica], on: replica)
            ways[replica] = way
            candidates.append(
                ReplicaChoice.Candidate(
                    replica: replica, saved: starts[replica].saved,
                    bytesLeft: freeBytes(on: replica, at: now) - min(bytesToBegin(way), Limits.memoryBytesMax),
                    runningCount: running.count { $0.replica == replica }))
        }
        return ReplicaChoice.order(candidates, waited: now - head.arrival, hasFailed: head.failures > 0)
            .compactMap { ways[$0] }
    }

    /// Classes count within an account only: nobody comes to more than its share by calling all it has urgent.
    private func next(at now: Duration, except passed: Set<SequenceID>) -> Entry? {
        let waiting = queue.filter { !passed.contains($0.id) && $0.setAsideStep < step && $0.departure == nil }
        let firsts = Dictionary(grouping: waiting, by: \.demand.account).values.compactMap { entries in
            entries.min {
                let classes = ($0.priority(at: now, ageing: limits.ageing), $1.priority(at: now, ageing: limits.ageing))
                guard classes.0 == classes.1 else { return classes.0 > classes.1 }
                guard $0.isCutOff == $1.isCutOff else { return $0.isCutOff }
                return ($0.arrival, $0.id) < ($1.arrival, $1.id)
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
        return running.count < limits.placesMax && (bytes == 0 || bytes <= freeBytes(on: entry.replica, at: now))
    }

    private mutating func begin(_ head: Entry, at now: Duration, _ plan: inout StepPlan) {
        guard let index = queue.firstIndex(where: { $0.id == head.id }) else { return }
        queue.remove(at: index)
        var entry = head
        let grant = grantToBegin(entry), state = entry.parkedState
        if !entry.phase.takesMemory { entry.grantedBytes = bytesToBegin(entry) }
        switch entry.phase {
        case .waiting:
            plan.opens[entry.id] = .init(
                replica: entry.replica, tokensMax: grant, state: entry.match.state, length: entry.match.reused)
        case .parkedOnDisk, .keptInMemory:
            plan.resumes[entry.id] = .init(
                replica: entry.replica, tokensMax: grant, state: state, length: entry.carried)
        case .parkedInMemory: break
        }
        entry.granted = grant
        accounts.charge(entry.granted - entry.carried, to: entry.demand.account)
        entry.begun = now
        entry.begunStep = step
        entry.isCutOff = false
        running.append(entry)
    }

    /// Takes a running sequence from its place; it waits for another. With `parkedOnDisk`, the plan moves its state.
    mutating func setAside(_ entry: Entry, as phase: Entry.Phase, _ plan: inout StepPlan) {
        setAside(entry, as: phase) { if phase == .parkedOnDisk { plan.parks.append($0.park()) } }
    }

    /// Takes a running sequence from its place; it waits for another.
    ///
    /// - Parameters:
    ///   - phase: with `waiting`, its state is dropped, and computed again when it comes to run.
    ///   - change: what else happens to it.
    mutating func setAside(_ entry: Entry, as phase: Entry.Phase, change: (inout Entry) -> Void = { _ in }) {
        running.removeAll { $0.id == entry.id }
        accounts.refund(entry.granted - entry.carried, to: entry.demand.account)
        var entry = entry
        entry.phase = phase
        entry.setAsideStep = step
        if phase == .waiting { entry.forgetState() }
        change(&entry)
        queue.insert(entry, at: queue.firstIndex { $0.arrival > entry.arrival } ?? queue.endIndex)
    }
}

extension Scheduler.Entry {
    /// The sequence as it is when it begins like this.
    func beginning(_ start: SequenceStart, on replica: ReplicaID) -> Self {
        var entry = self
        (entry.replica, entry.match, entry.keepPoints) = (replica, start.match, start.keepAt)
        (entry.carried, entry.keptLength) = (start.match.reused, start.match.reused)
        return entry
    }

    /// Its state is gone: all its tokens are read again.
    mutating func forgetState() {
        promptCount = carried < promptCount ? promptCount : tokenCount
        (carried, granted, grantedBytes, phase) = (0, 0, 0, .waiting)
        (match, keepPoints, keptLength, parkedState, replica) = (PrefixMatch(), [], 0, .none, .none)
    }
}
