internal import Checkpoint
internal import Messages

/// Who has memory, and what is done where it was less than hoped for.
extension Scheduler {
    /// Positions by which a sequence grows at a time: often enough that little lies idle, and seldom enough to cost
    /// nothing.
    static let growthStep = 512

    /// Memory of every sequence whose state is in the attention service's memory.
    var reservedBytes: Int { inMemory.reduce(0) { $0 + $1.grantedBytes } }

    /// Sequences whose state is in the attention service's memory.
    var inMemory: [Entry] { running + queue.filter(\.phase.takesMemory) }

    func freeBytes(at now: Duration) -> Int {
        now < lacksMemoryUntil ? 0 : limits.memoryBytes - limits.othersBytes - reservedBytes
    }

    /// Positions that a sequence gets memory for when it begins: what is left of its prompt and most answers, or a
    /// step's growth.
    func grantToBegin(_ entry: Entry) -> Int {
        guard !entry.phase.takesMemory else { return entry.granted }
        let answered = entry.promptCount - entry.demand.promptCount
        let wanted =
            entry.promptLeft > 0
            ? entry.promptCount + max(1, lengths.likely - answered) : entry.carried + Self.growthStep
        return min(
            wanted, entry.demand.tokensMax, max(entry.tokenCount, entry.demand.state.tokens(within: limits.memoryBytes))
        )
    }

    /// Memory that is bound when the sequence begins. Full pages of a kept state from which another one has begun are
    /// bound already.
    func bytesToBegin(_ entry: Entry) -> Int {
        let state = entry.match.state
        let isBound = state != .none && inMemory.contains { $0.match.state == state }
        return bytesToBegin(entry, sharing: isBound ? entry.match.reused : 0)
    }

    /// The same where no other one has begun from its kept state.
    func bytesToBeginAlone(_ entry: Entry) -> Int { bytesToBegin(entry, sharing: 0) }

    private func bytesToBegin(_ entry: Entry, sharing shared: Int) -> Int {
        entry.phase.takesMemory ? 0 : entry.demand.state.bytes(tokens: grantToBegin(entry), sharing: shared)
    }

    /// Gives running sequences that have reached the end of their memory more of it. Where there is none, others make
    /// room: of the account that holds most for its weight the least urgent, the youngest first. One that is alone and
    /// finds none has outgrown what there is.
    mutating func grow(at now: Duration, into plan: inout StepPlan) {
        for id in running.filter(\.lacksPositions).map(\.id) {
            while let index = running.firstIndex(where: { $0.id == id }) {
                if let grant = affordableGrant(running[index], at: now) {
                    accounts.charge(grant - running[index].granted, to: running[index].demand.account)
                    running[index].grant(grant)
                    plan.grows[id] = grant
                    break
                }
                guard let victim = victim else { break }
                if inMemory.count > 1 || isShared(at: now) {
                    makeRoom(by: victim, at: now, &plan)
                } else {
                    end(id, at: now)
                    plan.outgrown.append(id)
                }
            }
        }
    }

    /// Attention's memory may have shrunk: a sequence that needs more than all of it can never begin.
    mutating func endOutgrown(at now: Duration, into plan: inout StepPlan) {
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
        let (bytes, isTooLarge) = entry.demand.state.bytes(tokens: entry.granted).addingReportingOverflow(free)
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
        let resting = queue.filter(\.phase.takesMemory)
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
            leave(victim, isSound: false)
            plan.dropCount += 1
        }
        plan.grows[victim.id] = nil
        if running.contains(where: { $0.id == victim.id }) {
            setAside(victim, as: phase, &plan)
        } else if let index = queue.firstIndex(where: { $0.id == victim.id }) {
            queue[index].setAsideStep = step
            if phase == .waiting { queue[index].forgetState() } else { plan.parks.append(queue[index].park()) }
        }
    }
}

extension Scheduler.Entry {
    /// It has memory for so many positions now.
    mutating func grant(_ positions: Int) {
        grantedBytes += demand.state.bytes(tokens: positions) - demand.state.bytes(tokens: granted)
        granted = positions
    }

    /// Its state goes to disk.
    mutating func park() -> StepPlan.Parking {
        let isKept = phase == .keptInMemory && parkedState != .none
        if !isKept { parkedState = .random() }
        phase = .parkedOnDisk
        return StepPlan.Parking(id: id, state: parkedState, isKept: isKept)
    }
}
