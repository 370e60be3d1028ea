internal import Checkpoint
internal import Messages

/// Who has memory, and what is done where it was less than hoped for.
extension Scheduler {
    /// Positions by which a sequence grows at a time: often enough that little lies idle, and seldom enough to cost
    /// nothing.
    static let growthStep = 512

    /// Memory of every sequence whose state is in a replica's memory.
    func reservedBytes(on replica: ReplicaID) -> Int { inMemory(on: replica).reduce(0) { $0 + $1.grantedBytes } }

    /// Sequences whose state is in a replica's memory.
    func inMemory(on replica: ReplicaID) -> [Entry] {
        running.filter { $0.replica == replica } + queue.filter { $0.replica == replica && $0.phase.takesMemory }
    }

    func freeBytes(on replica: ReplicaID, at now: Duration) -> Int {
        guard let memory = limits.replicas[replica], now >= pauses(of: replica).lacksMemoryUntil else { return 0 }
        return memory.bytes - memory.othersBytes - reservedBytes(on: replica)
    }

    /// How much of all memory is bound for sequences, from 0 to 1.
    var memoryUsage: Double {
        let bound = limits.replicas.keys.reduce(0.0) { $0 + Double(reservedBytes(on: $1)) }
        return bound / max(1, limits.replicas.values.reduce(0.0) { $0 + Double($1.bytes) })
    }

    private func bytes(of replica: ReplicaID) -> Int { limits.replicas[replica]?.bytes ?? 0 }

    /// Positions that a sequence gets memory for when it begins on its replica: what is left of its prompt and most
    /// answers, or a step's growth.
    func grantToBegin(_ entry: Entry) -> Int {
        guard !entry.phase.takesMemory else { return entry.granted }
        let answered = entry.promptCount - entry.demand.promptCount
        let wanted =
            entry.promptLeft > 0
            ? entry.promptCount + max(1, lengths.likely - answered) : entry.carried + Self.growthStep
        let fitting = limits.stateSize.tokens(within: bytes(of: entry.replica))
        return min(wanted, entry.demand.tokensMax, max(entry.tokenCount, fitting))
    }

    /// Memory that is bound when the sequence begins. Full pages of a kept state from which another one has begun are
    /// bound already.
    func bytesToBegin(_ entry: Entry) -> Int {
        let state = entry.match.state
        let isBound = state != .none && inMemory(on: entry.replica).contains { $0.match.state == state }
        return bytesToBegin(entry, sharing: isBound ? entry.match.reused : 0)
    }

    /// The same where no other one has begun from its kept state.
    func bytesToBeginAlone(_ entry: Entry) -> Int { bytesToBegin(entry, sharing: 0) }

    private func bytesToBegin(_ entry: Entry, sharing shared: Int) -> Int {
        entry.phase.takesMemory ? 0 : limits.stateSize.bytes(tokens: grantToBegin(entry), sharing: shared)
    }

    /// Gives running sequences that have reached the end of their memory more of it. Where there is none, others on the
    /// same replica make room: of the account that holds most for its weight the least urgent, the youngest first. One
    /// that needs more than all its replica has begins anew on a larger one. One that is alone and finds none has
    /// outgrown what there is.
    mutating func grow(at now: Duration, into plan: inout StepPlan) {
        for id in running.filter(\.lacksPositions).map(\.id) {
            while let index = running.firstIndex(where: { $0.id == id }) {
                if let grant = affordableGrant(running[index], at: now) {
                    accounts.charge(grant - running[index].granted, to: running[index].demand.account)
                    running[index].grant(grant, of: limits.stateSize)
                    plan.grows[id] = .init(replica: running[index].replica, tokensMax: grant)
                    break
                }
                let entry = running[index]
                guard let victim = victim(on: entry.replica) else { break }
                if fitsOnlyElsewhere(entry) {
                    drop(entry, &plan)
                    setAside(entry, as: .waiting, &plan)
                } else if inMemory(on: entry.replica).count > 1 || mayGetMore(entry.replica, at: now) {
                    makeRoom(by: victim, at: now, &plan)
                } else {
                    end(id, at: now)
                    plan.outgrown.append(id)
                }
            }
        }
    }

    /// Attention's memory may have shrunk: a sequence that needs more than the largest replica has can never begin. One
    /// that is on the disk of a replica that has become too small for it begins anew on another.
    mutating func endOutgrown(at now: Duration, into plan: inout StepPlan) {
        let largest = largestBytes(at: now)
        for entry in queue {
            if limits.stateSize.bytes(tokens: entry.tokenCount) > largest {
                end(entry.id, at: now)
                plan.outgrown.append(entry.id)
            } else if entry.phase == .parkedOnDisk, entry.setAsideStep < step, fitsOnlyElsewhere(entry),
                let index = queue.firstIndex(where: { $0.id == entry.id })
            {
                drop(entry, &plan)
                queue[index].setAsideStep = step
                queue[index].forgetState()
            }
        }
    }

    /// Somebody else's memory may become free.
    func isShared(_ replica: ReplicaID) -> Bool { limits.replicas[replica].map { $0.othersBytes > 0 } ?? true }

    private func mayGetMore(_ replica: ReplicaID, at now: Duration) -> Bool {
        isShared(replica) || now < pauses(of: replica).lacksMemoryUntil
    }

    /// Whether a sequence needs more than all its replica has, and another one has enough.
    private func fitsOnlyElsewhere(_ entry: Entry) -> Bool {
        !isLargeEnough(entry.replica, for: entry)
            && limits.replicas.contains { !$0.value.isDraining && isLargeEnough($0.key, for: entry) }
    }

    /// Whether all that a replica has would do for a sequence's tokens.
    func isLargeEnough(_ replica: ReplicaID, for entry: Entry) -> Bool {
        limits.stateSize.bytes(tokens: entry.tokenCount) <= bytes(of: replica)
    }

    /// The next step's growth, or as much of it as there is memory for; nil where there is not enough for a single row.
    private func affordableGrant(_ entry: Entry, at now: Duration) -> Int? {
        let free = freeBytes(on: entry.replica, at: now)
        guard free > 0 else { return nil }
        let (bytes, isTooLarge) = limits.stateSize.bytes(tokens: entry.granted).addingReportingOverflow(free)
        let affordable = limits.stateSize.tokens(within: isTooLarge ? .max : bytes)
        let grant = min(entry.granted + Self.growthStep, entry.demand.tokensMax, affordable)
        return grant > entry.carried ? grant : nil
    }

    /// Who loses its memory on a replica next. One that rests goes before those that run.
    private func victim(on replica: ReplicaID) -> Entry? {
        let inMemory = inMemory(on: replica)
        var bytes: [Int: Double] = [:]
        for entry in inMemory {
            bytes[entry.demand.account, default: 0] += Double(entry.grantedBytes) / limits.weights[entry.demand.account]
        }
        let resting = queue.filter { $0.replica == replica && $0.phase.takesMemory }
        return (resting.isEmpty ? inMemory : resting).min { a, b in
            let held = (bytes[a.demand.account] ?? 0, bytes[b.demand.account] ?? 0)
            guard held.0 == held.1 else { return held.0 > held.1 }
            return (a.demand.priority, b.begunStep, b.arrival, b.id) < (b.demand.priority, a.begunStep, a.arrival, a.id)
        }
    }

    /// To disk, or, where that cannot be written, nowhere: then its tokens are read again when it comes to run.
    private mutating func makeRoom(by victim: Entry, at now: Duration, _ plan: inout StepPlan) {
        let phase: Entry.Phase = now < pauses(of: victim.replica).keepsOffDiskUntil ? .waiting : .parkedOnDisk
        if phase == .waiting { drop(victim, &plan) }
        plan.grows[victim.id] = nil
        if running.contains(where: { $0.id == victim.id }) {
            setAside(victim, as: phase, &plan)
        } else if let index = queue.firstIndex(where: { $0.id == victim.id }) {
            queue[index].setAsideStep = step
            if phase == .waiting { queue[index].forgetState() } else { plan.parks.append(queue[index].park()) }
        }
    }

    /// A sequence gives its state up to make room, and begins anew later.
    private mutating func drop(_ entry: Entry, _ plan: inout StepPlan) {
        leave(entry, isSound: false)
        plan.dropCount += 1
    }
}

extension Scheduler.Entry {
    /// It has memory for so many positions now.
    mutating func grant(_ positions: Int, of size: StateSize) {
        grantedBytes += size.bytes(tokens: positions) - size.bytes(tokens: granted)
        granted = positions
    }

    /// Its state goes to disk.
    mutating func park() -> StepPlan.Parking {
        let isKept = phase == .keptInMemory && parkedState != .none
        if !isKept { parkedState = .random() }
        phase = .parkedOnDisk
        return StepPlan.Parking(id: id, replica: replica, state: parkedState, isKept: isKept)
    }
}
