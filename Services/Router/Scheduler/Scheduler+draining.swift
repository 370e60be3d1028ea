internal import Messages

/// How sequences leave a replica of attention that is about to go: their state is kept there, carried to another
/// replica by whoever moves states, and they begin from it again.
extension Scheduler {
    /// A sequence's way from one replica to another.
    struct Departure: Sendable {
        /// The replica that it leaves.
        let replica: ReplicaID
        /// The kept state that is to be carried over; `.none` while it is being kept.
        var state = StateID.none
        /// Then it reads all its tokens again.
        let end: Duration
    }

    /// So many leave at a time, so that none waits for the states of many others, and for so long at most.
    private static let departuresMax = 2, departureTime = Duration.seconds(5)

    /// Lets sequences leave replicas that are about to go, if there is another that could have them.
    mutating func leaveDraining(at now: Duration) {
        guard limits.replicas.contains(where: { !$0.value.isDraining }) else { return }
        var room = Self.departuresMax - queue.count { $0.departure != nil }
        for entry in running where room > 0 && isDraining(entry.replica) && entry.begunStep < step - 1 {
            let departure = Departure(replica: entry.replica, end: now + Self.departureTime)
            leave(entry, isSound: true)
            setAside(entry, as: .waiting) { ($0.isCutOff, $0.departure) = (true, departure) }
            room -= 1
        }
        for index in queue.indices where queue[index].phase != .waiting && isDraining(queue[index].replica) {
            // What rests there has no tokens with which it could be found elsewhere.
            leave(queue[index], isSound: false)
            queue[index].forgetState()
            (queue[index].isCutOff, queue[index].setAsideStep) = (true, step)
        }
    }

    private func isDraining(_ replica: ReplicaID) -> Bool { limits.replicas[replica]?.isDraining == true }

    /// Ends departures whose state is not kept by this plan, or did not come in time.
    mutating func endDepartures(at now: Duration, _ plan: StepPlan) {
        for index in queue.indices {
            guard let departure = queue[index].departure else { continue }
            let id = queue[index].id
            let isUnderWay = departure.state != .none || plan.keeps.contains { $0.id == id && $0.closes }
            let isOver = now >= departure.end || limits.replicas[departure.replica] == nil
            if isOver || !isUnderWay { queue[index].departure = nil }
        }
    }

    /// The state of a sequence that leaves is kept, or cannot be.
    mutating func departureKept(_ id: SequenceID, as state: StateID?) {
        guard let index = queue.firstIndex(where: { $0.id == id }), queue[index].departure != nil else { return }
        if let state { queue[index].departure?.state = state } else { queue[index].departure = nil }
    }

    /// A kept state has come to another replica, or never will: who waited for it begins.
    mutating func arrived(_ state: StateID) {
        for index in queue.indices where queue[index].departure?.state == state { queue[index].departure = nil }
    }

    /// Kept states that sequences wait for on their way from this replica, which come before others.
    func departingStates(from replica: ReplicaID) -> [StateID] {
        queue.compactMap { entry in
            entry.departure.flatMap { $0.replica == replica && $0.state != .none ? $0.state : nil }
        }
    }

    /// How many sequences have, or are about to leave, a state on a replica.
    func sequenceCount(on replica: ReplicaID) -> Int {
        (running + queue).count { $0.replica == replica || $0.departure?.replica == replica }
    }

    /// The replica that has most memory to spare for what comes from another; nil where there is none.
    func roomiest(except replica: ReplicaID, at now: Duration) -> ReplicaID? {
        limits.replicas.filter { $0.key != replica && !$0.value.isDraining }
            .max { a, b in
                (freeBytes(on: a.key, at: now), b.key) < (freeBytes(on: b.key, at: now), a.key)
            }?.key
    }
}
