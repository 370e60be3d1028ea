internal import Checkpoint
internal import Messages

/// Which replicas of attention there are, and what becomes of sequences when one goes.
extension Scheduler {
    /// What happened lately on a replica.
    struct Pauses: Sendable {
        /// Until then it has no more memory than is reserved, whatever its limit says.
        var lacksMemoryUntil = Duration.zero
        /// Until then nothing is parked on its disk: the last time that failed.
        var keepsOffDiskUntil = Duration.zero
        /// Until then nothing begins there, if there is another: it did not answer.
        var isAvoidedUntil = Duration.zero
    }

    /// The memory of a replica that was lost.
    struct FormerMemory: Sendable {
        var bytes: Int
        /// For how long it counts beside replicas that are there.
        var until: Duration
    }

    /// How long a lost replica's memory counts, since it may come again, and how long one that did not answer is left
    /// alone.
    private static let returnTime = Duration.seconds(30), avoidance = Duration.seconds(1)

    /// Most memory that a sequence may come to have: that of the largest replica there is, or was a short time ago.
    /// Where there is none, the last ones count; before the first, any sequence may fit.
    func largestBytes(at now: Duration) -> Int {
        guard let present = limits.replicas.values.map(\.bytes).max() else { return former?.bytes ?? .max }
        guard let former, now < former.until else { return present }
        return max(present, former.bytes)
    }

    /// Most tokens of a prompt and its answer that there is memory for.
    func tokensMax(at now: Duration) -> Int { limits.stateSize.tokens(within: largestBytes(at: now)) }

    /// Replicas where a sequence may begin that has no state.
    func placeable(at now: Duration) -> Set<ReplicaID> {
        let open = limits.replicas.filter { !$0.value.isDraining }.keys
        let answering = open.filter { now >= pauses(of: $0).isAvoidedUntil }
        return Set(answering.isEmpty ? Array(open) : answering)
    }

    /// Whether there is a replica beside this one where its sequences could begin anew.
    func hasOther(than replica: ReplicaID) -> Bool {
        limits.replicas.contains { $0.key != replica && !$0.value.isDraining }
    }

    func pauses(of replica: ReplicaID) -> Pauses { pauses[replica] ?? Pauses() }

    /// Where the state of a sequence is; `.none` where it has none.
    func replica(of id: SequenceID) -> ReplicaID { (running + queue).first { $0.id == id }?.replica ?? .none }

    /// A replica did not answer: for a moment nothing begins there, if there is another.
    mutating func avoid(_ replica: ReplicaID, at now: Duration) {
        pause(replica) { $0.isAvoidedUntil = now + Self.avoidance }
    }

    mutating func pause(_ replica: ReplicaID, _ change: (inout Pauses) -> Void) {
        guard limits.replicas[replica] != nil else { return }
        change(&pauses[replica, default: Pauses()])
    }

    /// A replica is gone, and with it all states that it had. With the next plan its sequences begin anew elsewhere, or
    /// wait for another replica.
    mutating func lost(_ replica: ReplicaID, at now: Duration) {
        guard let memory = limits.replicas.removeValue(forKey: replica) else { return }
        pauses[replica] = nil
        let earlier = former.map { now < $0.until ? $0.bytes : 0 } ?? 0
        former = FormerMemory(bytes: max(memory.bytes, earlier), until: now + Self.returnTime)
    }

    /// Sequences whose replica is gone read all their tokens again, before those that have never begun. Nobody is left
    /// who could be told to close what they had.
    mutating func loseStatesOfGoneReplicas() {
        func isGone(_ replica: ReplicaID) -> Bool { replica != .none && limits.replicas[replica] == nil }
        for entry in running where isGone(entry.replica) {
            setAside(entry, as: .waiting) { $0.isCutOff = true }
        }
        for index in queue.indices where isGone(queue[index].replica) {
            queue[index].forgetState()
            queue[index].isCutOff = true
        }
        for index in ended.indices where isGone(ended[index].replica) { ended[index].length = nil }
        discards = discards.filter { !isGone($0.key) }
    }
}
