internal import Checkpoint

/// Who has memory, and what is done where it was less than hoped for.
extension Scheduler {
    /// Positions by which a sequence grows at a time: often enough that little lies idle, and seldom enough to cost
    /// nothing.
    static let growthStep = 512

    /// How long nothing is parked on disk after that has failed, and nothing begins after attention had no memory.
    private static let diskPause = Duration.seconds(30), memoryPause = Duration.seconds(1)

    /// Memory of everything whose session is in the attention service's memory.
    var reservedBytes: Int { inMemory.reduce(0) { $0 + $1.grantedBytes } }

    private var inMemory: [Entry] { running + queue.filter { $0.phase == .parkedInMemory } }

    func freeBytes(at now: Duration) -> Int {
        now < lacksMemoryUntil ? 0 : limits.memoryBytes - limits.othersBytes - reservedBytes
    }

    /// Positions that a sequence gets memory for when it begins: what is left of its prompt and most answers, or a
    /// step's growth.
    func grantToBegin(_ entry: Entry) -> Int {
        guard entry.phase != .parkedInMemory else { return entry.granted }
        let answered = entry.promptCount - entry.demand.promptCount
        let wanted =
            entry.promptLeft > 0
            ? entry.promptCount + max(1, lengths.likely - answered) : entry.carried + Self.growthStep
        return min(
            wanted, entry.demand.tokensMax, max(entry.tokenCount, entry.demand.state.tokens(within: limits.memoryBytes))
        )
    }

    func bytesToBegin(_ entry: Entry) -> Int {
        entry.phase == .parkedInMemory ? 0 : entry.demand.state.bytes(tokens: grantToBegin(entry))
    }

    /// Gives running sequences that have reached the end of their memory more of it. Where there is none, others make
    /// room: of the account that holds most for its weight the least urgent, the youngest first. One that is alone and
    /// finds none has outgrown what there is.
    mutating func grow(at now: Duration, into plan: inout StepPlan) {
        for id in running.filter(\.lacksPositions).map(\.id) {
            while let index = running.firstIndex(where: { $0.id == id }) {
                if let grant = affordableGrant(running[index], at: now) {
                    accounts.charge(grant - running[index].granted, to: running[index].demand.account)
                    running[index].granted = grant
                    plan.grows[id] = grant
                    break
                }
                guard let victim = victim else { break }
                if inMemory.count > 1 || isShared(at: now) {
                    makeRoom(by: victim, at: now, &plan)
                } else {
                    end(id, at: now)
                    plan.outgrown.append(id)
                    plan.closes += ended
                    ended = []
                }
            }
        }
        // Attention's memory may have shrunk: a sequence that needs more than all of it can never begin.
        for entry in queue where entry.demand.state.bytes(tokens: entry.tokenCount) > limits.memoryBytes {
            end(entry.id, at: now)
            plan.outgrown.append(entry.id)
        }
    }

    /// Somebody else's memory may become free.
    private func isShared(at now: Duration) -> Bool { limits.othersBytes > 0 || now < lacksMemoryUntil }

    /// The next step's growth, or as much of it as there is memory for; nil where there is not enough for a single row.
    private func affordableGrant(_ entry: Entry, at now: Duration) -> Int? {
        let free = freeBytes(at: now)
        guard free > 0 else { return nil }
        let (bytes, isTooLarge) = entry.grantedBytes.addingReportingOverflow(free)
        let affordable = entry.demand.state.tokens(within: isTooLarge ? .max : bytes)
        let grant = min(entry.granted + Self.growthStep, entry.demand.tokensMax, affordable)
        return grant > entry.carried ? grant : nil
    }

    /// Who loses its memory next. One that rests goes before those that run.
    private var victim: Entry? {
        var bytes: [Int: Double] = [:]
        for entry in inMemory {
            bytes[entry.demand.account, default: 0] += Double(entry.grantedBytes) / limits.weights[entry.demand.account]
        }
        let resting = queue.filter { $0.phase == .parkedInMemory }
        return (resting.isEmpty ? running : resting).min { a, b in
            let held = (bytes[a.demand.account] ?? 0, bytes[b.demand.account] ?? 0)
            guard held.0 == held.1 else { return held.0 > held.1 }
            return (a.demand.priority, b.begunStep, b.arrival, b.id) < (b.demand.priority, a.begunStep, a.arrival, a.id)
        }
    }

    /// To disk, or, where that cannot be written, nowhere: then its tokens are read again when it comes to run.
    private mutating func makeRoom(by victim: Entry, at now: Duration, _ plan: inout StepPlan) {
        let phase: Entry.Phase = now < keepsOffDiskUntil ? .waiting : .parkedOnDisk
        if phase == .waiting {
            plan.closes.append(victim.id)
            plan.drops += 1
        } else {
            plan.parks.append(victim.id)
        }
        plan.grows[victim.id] = nil
        if running.contains(where: { $0.id == victim.id }) {
            setAside(victim, as: phase)
        } else if let index = queue.firstIndex(where: { $0.id == victim.id }) {
            (queue[index].phase, queue[index].setAsideStep) = (phase, step)
            if phase == .waiting { queue[index].forgetState() }
        }
    }

    // MARK: what became of a plan

    /// What a session was to get memory for.
    enum Wish { case begin, resume, grow }

    /// The attention service had no memory for a session that was to begin, to come back or to grow. It waits; for a
    /// while what all have reserved counts as all there is.
    ///
    /// - Returns: false if there is nobody whose end could be waited for; nothing has changed then.
    mutating func lackedMemory(_ id: UInt64, _ wish: Wish, at now: Duration) -> Bool {
        guard let index = running.firstIndex(where: { $0.id == id }) else { return false }
        guard inMemory.count > 1 || limits.othersBytes > 0 || !ended.isEmpty else { return false }
        switch wish {
        case .begin: setAside(running[index], as: .waiting)
        case .resume: setAside(running[index], as: .parkedOnDisk)
        case .grow:
            accounts.refund(running[index].granted - running[index].carried, to: running[index].demand.account)
            running[index].granted = running[index].carried
        }
        lacksMemoryUntil = now + Self.memoryPause
        return true
    }

    /// A session could not be written to disk. It stays in memory, where it rests; whoever wanted its place waits.
    mutating func stayedInMemory(_ id: UInt64, at now: Duration) {
        keepsOffDiskUntil = now + Self.diskPause
        guard let index = queue.firstIndex(where: { $0.id == id && $0.phase == .parkedOnDisk }) else { return }
        queue[index].phase = .parkedInMemory
    }

    /// A session's state is lost: its tokens are read again.
    mutating func lostState(_ id: UInt64) {
        if let entry = running.first(where: { $0.id == id }) {
            setAside(entry, as: .waiting)
        } else if let index = queue.firstIndex(where: { $0.id == id && $0.phase != .waiting }) {
            queue[index].forgetState()
        } else {
            return
        }
        ended.append(id)
    }

    /// Sequences whose state is gone or unknown, since a step with them failed: all their tokens are read again.
    ///
    /// - Parameter isolating: one of them may be the reason: each runs alone until it has shown that it is not.
    /// - Returns: those that failed too often to be tried again; they are still there.
    mutating func failed(_ ids: [UInt64], isolating: Bool) -> [UInt64] {
        var givenUp: [UInt64] = []
        for id in ids {
            guard let index = running.firstIndex(where: { $0.id == id }) else { continue }
            running[index].failures += 1
            if running[index].failures >= Self.failuresMax || (isolating && ids.count == 1) {
                givenUp.append(id)
                continue
            }
            if isolating || running[index].failures > 1 { running[index].isSuspect = true }
            ended.append(id)
            setAside(running[index], as: .waiting)
        }
        return givenUp
    }

    /// The attention service has forgotten all states.
    mutating func lostAllStates() {
        for entry in running {
            ended.append(entry.id)
            setAside(entry, as: .waiting)
        }
        for index in queue.indices where queue[index].phase != .waiting {
            ended.append(queue[index].id)
            queue[index].forgetState()
        }
    }

    private static let failuresMax = 3
}
