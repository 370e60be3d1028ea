internal import Messages

/// Which sequence gets a place, and which gives its place up.
extension Scheduler {
    mutating func admit(at now: Duration, into plan: inout StepPlan, _ prefixes: some PrefixSource) {
        var passed: Set<SequenceID> = []
        while let head = next(at: now, except: passed) {
            guard mayHavePlace(head) else {
                guard pass(head, at: now, &passed) else { return }
                continue
            }
            guard let head = prepare(head, after: plan.keeps, prefixes) else {
                passed.insert(head.id)        // others may begin: what it waits for is being computed
                continue
            }
            if fits(head, at: now) || makeRoom(for: head, at: now, &plan) {
                begin(head, at: now, &plan)
            } else if !pass(head, at: now, &passed) {
                return
            }
        }
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

    /// A sequence as it would begin now; nil where it waits for what it shares with another to be computed and kept.
    private mutating func prepare(
        _ head: Entry, after keeps: [StepPlan.Keep], _ prefixes: some PrefixSource
    ) -> Entry? {
        guard head.phase == .waiting else { return head }
        var head = head
        switch prefixes.beginning(of: head, beside: running, after: keeps) {
        case .now(let match, let keepAt):
            (head.match, head.keepPoints, head.carried, head.keptLength) = (match, keepAt, match.reused, match.reused)
            return head
        case .wait(let wait):
            if let index = running.firstIndex(where: { $0.id == wait.id }), let point = wait.keepAt {
                let points = running[index].keepPoints
                running[index].keepPoints.insert(point, at: points.firstIndex { $0 > point } ?? points.endIndex)
            }
            if let index = queue.firstIndex(where: { $0.id == head.id }), !head.waitedFor.contains(wait.id) {
                queue[index].waitedFor.append(wait.id)
            }
            return nil
        }
    }

    /// Classes count within an account only: nobody comes to more than its share by calling all it has urgent.
    private func next(at now: Duration, except passed: Set<SequenceID>) -> Entry? {
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
        queue.remove(at: index)
        var entry = head
        let grant = grantToBegin(entry), state = entry.parkedState
        if !entry.phase.takesMemory { entry.grantedBytes = bytesToBegin(entry) }
        switch entry.phase {
        case .waiting:
            plan.opens[entry.id] = .init(tokensMax: grant, state: entry.match.state, length: entry.match.reused)
        case .parkedOnDisk, .keptInMemory:
            plan.resumes[entry.id] = .init(tokensMax: grant, state: state, length: entry.carried)
        case .parkedInMemory: break
        }
        entry.granted = grant
        accounts.charge(entry.granted - entry.carried, to: entry.demand.account)
        entry.begun = now
        entry.begunStep = step
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
    /// Its state is gone: all its tokens are read again.
    mutating func forgetState() {
        promptCount = carried < promptCount ? promptCount : tokenCount
        (carried, granted, grantedBytes, phase) = (0, 0, 0, .waiting)
        (match, keepPoints, keptLength, parkedState) = (PrefixMatch(), [], 0, .none)
    }
}
