internal import Messages

/// What became of a plan.
extension Scheduler {
    /// How long nothing is parked on disk after that has failed, and nothing begins after attention had no memory.
    private static let diskPause = Duration.seconds(30), memoryPause = Duration.seconds(1)
    /// So often a sequence that is alone waits for memory to begin from a kept state.
    private static let lacksMax = 10

    /// What a sequence was to get memory for.
    enum Wish { case begin, resume, grow }

    /// The attention service has bound this much memory for a sequence that has begun, come back or grown.
    mutating func granted(_ id: SequenceID, bytes: Int) {
        guard let index = running.firstIndex(where: { $0.id == id }) else { return }
        running[index].grantedBytes = min(bytes, Limits.memoryBytesMax)
        running[index].parkedState = .none
    }

    /// A replica had no memory for a sequence that was to begin, to come back or to grow. It waits; for a while what
    /// all have reserved there counts as all there is. One that was to begin may do so on another replica. One that was
    /// to begin from a kept state and has nobody to wait for begins empty, so that the state can make room; so does one
    /// that has waited long for other routers.
    ///
    /// - Returns: false if there is nobody whose end could be waited for; nothing has changed then.
    mutating func lackedMemory(_ id: SequenceID, _ wish: Wish, at now: Duration) -> Bool {
        guard let index = running.firstIndex(where: { $0.id == id }) else { return false }
        let replica = running[index].replica, isAlone = inMemory(on: replica).count == 1
        let mayWait =
            !isAlone || isShared(replica) || ended.contains { $0.replica == replica }
            || (wish == .begin && mayBeginElsewhere(running[index], at: now))
        var forgoesState = false
        if wish == .begin { running[index].lackCount += 1 }
        if wish == .begin, running[index].match.state != .none {
            let hasWaited = isAlone && running[index].lackCount >= Self.lacksMax
            forgoesState = !mayWait || hasWaited
            running[index].beginsEmpty = forgoesState
        }
        guard mayWait || forgoesState else { return false }
        switch wish {
        case .begin: setAside(running[index], as: .waiting)
        case .resume: setAside(running[index], as: running[index].phase)
        case .grow:
            accounts.refund(running[index].granted - running[index].carried, to: running[index].demand.account)
            running[index].grant(running[index].carried, of: limits.stateSize)
        }
        if mayWait { pause(replica) { $0.lacksMemoryUntil = now + Self.memoryPause } }
        return true
    }

    /// Whether a sequence for which a replica had no memory could begin on another one; it is not sent to and fro for
    /// ever.
    private func mayBeginElsewhere(_ entry: Entry, at now: Duration) -> Bool {
        entry.lackCount < Self.lacksMax && placeable(at: now).contains { $0 != entry.replica }
    }

    /// A sequence's state could not be written to disk. It stays in memory, where it rests; whoever wanted its place
    /// waits.
    mutating func stayedInMemory(_ id: SequenceID, on replica: ReplicaID, at now: Duration) {
        pause(replica) { $0.keepsOffDiskUntil = now + Self.diskPause }
        guard let index = queue.firstIndex(where: { $0.id == id && $0.phase == .parkedOnDisk }) else { return }
        queue[index].phase = .keptInMemory
    }

    /// A sequence's state is lost: its tokens are read again.
    mutating func lostState(_ id: SequenceID) {
        if let entry = running.first(where: { $0.id == id }) {
            leave(entry, isSound: false)
            setAside(entry, as: .waiting)
        } else if let index = queue.firstIndex(where: { $0.id == id && $0.phase != .waiting }) {
            leave(queue[index], isSound: false)
            queue[index].forgetState()
        }
    }

    /// Sequences whose state is gone or unknown, since a step with them failed: all their tokens are read again.
    ///
    /// - Parameters:
    ///   - isolating: one of them may be the reason: each runs alone until it has shown that it is not.
    ///   - counts: some of them may be the reason, so that those that fail again and again are not tried for ever.
    ///   - replica: the one that failed, whose sequences alone may be the reason; nil: nobody knows.
    /// - Returns: those that failed alone too often to be tried again, or once where nobody else could be tried; they
    ///   are still there.
    mutating func failed(
        _ ids: [SequenceID], isolating: Bool, counts: Bool = true, on replica: ReplicaID? = nil
    ) -> [SequenceID] {
        let isReason = isolating && ids.count == 1 && !(replica.map(hasOther) ?? false)
        var givenUp: [SequenceID] = []
        for id in ids {
            guard let index = running.firstIndex(where: { $0.id == id }) else { continue }
            if counts, replica == nil || running[index].replica == replica {
                running[index].failures += 1
                if ids.count == 1 { running[index].failuresAlone += 1 }
                if running[index].failuresAlone >= Self.failuresMax || isReason {
                    givenUp.append(id)
                    continue
                }
                if isolating || running[index].failures > 1 { running[index].isSuspect = true }
            }
            leave(running[index], isSound: false)
            setAside(running[index], as: .waiting)
        }
        for index in ended.indices where ids.contains(ended[index].id) { ended[index].length = nil }
        return givenUp
    }

    /// A replica refused what was asked of it for one sequence. The replica may be the reason, so the sequence begins
    /// anew on another one.
    ///
    /// - Returns: false where there is no other, or that has happened too often; nothing has changed then.
    mutating func refused(_ id: SequenceID, at now: Duration) -> Bool {
        guard let index = running.firstIndex(where: { $0.id == id }), hasOther(than: running[index].replica),
            running[index].failures + 1 < Self.failuresMax
        else { return false }
        running[index].failures += 1
        avoid(running[index].replica, at: now)
        lostState(id)
        return true
    }

    /// So often a sequence fails alone before it counts as the reason: among others, the reason may be another one, and
    /// where services come and go it may be none of them.
    private static let failuresMax = 3
}
