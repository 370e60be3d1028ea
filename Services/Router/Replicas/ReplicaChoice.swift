/// On which replica of attention a sequence begins that has no state yet.
///
/// It begins where most of its prompt is kept, if there is room. Where there is none, it may begin on a replica that
/// has room, and compute there what it loses. It waits at most as long as that would take: so waiting and computing
/// together never cost more than twice what the better of the two would have cost. For less than a second nobody waits.
///
/// One whose steps have failed begins where replicas have stayed longest: where they come and go, it would fail again.
enum ReplicaChoice {
    /// A replica that takes new sequences.
    struct Candidate: Sendable {
        let replica: ReplicaID
        /// How long it would take to compute what is kept there of the sequence's prompt.
        let saved: Duration
        /// What would be free there once the sequence has begun; below zero where there is no room for it.
        let bytesLeft: Int
        let runningCount: Int
    }

    /// A loss that nobody waits for.
    static let neglected = Duration.seconds(1)

    /// The replicas where the sequence may begin, the best first: where most of it is kept; of equals where most memory
    /// stays free, then where fewest sequences run, then the oldest.
    ///
    /// - Parameters:
    ///   - waited: since the sequence came.
    ///   - hasFailed: the oldest are the best.
    static func order(_ candidates: [Candidate], waited: Duration, hasFailed: Bool = false) -> [ReplicaID] {
        guard !hasFailed else { return candidates.map(\.replica).sorted() }
        let most = candidates.map(\.saved).max() ?? .zero
        return candidates.filter { most - $0.saved <= max(waited, neglected) }
            .sorted { a, b in
                guard a.saved == b.saved else { return a.saved > b.saved }
                return (b.bytesLeft, a.runningCount, a.replica) < (a.bytesLeft, b.runningCount, b.replica)
            }
            .map(\.replica)
    }
}
