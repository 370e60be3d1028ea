internal import Checkpoint
internal import Messages

@testable import Router

/// Replicas join, are drained and go.
extension SchedulerWorld {
    mutating func join() {
        lastReplica += 1
        let bytes = Int.random(in: 100 ... 900, using: &random) * (hasLongPrompts ? 10 : 1)
        scheduler.limits.replicas[ReplicaID(lastReplica)] = ReplicaMemory(bytes: bytes)
    }

    mutating func changeReplicas() {
        if chance(oneIn: 30), let replica = someReplica() { lose(replica) }
        if scheduler.limits.replicas.count < replicasMax, chance(oneIn: 10) { join() }
        if chance(oneIn: 20), let replica = someReplica() { scheduler.limits.replicas[replica]?.isDraining.toggle() }
        if chance(oneIn: 20), let replica = someReplica() { scheduler.avoid(replica, at: now) }
        // Attention has another number of parts.
        if chance(oneIn: 60) {
            for replica in scheduler.limits.replicas.keys.sorted() { lose(replica) }
            scheduler.limits.stateSize = .random(&random)
        }
    }

    /// States that sequences wait for come to other replicas, or cannot.
    mutating func carryStates() {
        for replica in scheduler.limits.replicas.keys.sorted() {
            for state in scheduler.departingStates(from: replica) where chance(oneIn: 2) {
                let target = scheduler.roomiest(except: replica, at: now)
                if let target, let carried = kept[state], chance(oneIn: 3) == false {
                    book.gone([state], on: replica)
                    book.kept(state, carried.tokens, in: .everyone, on: target)
                    kept[state] = Kept(replica: target, tokens: carried.tokens)
                    events.insert(.departed)
                }
                scheduler.arrived(state)
            }
        }
    }

    /// From now on a replica with room for new sequences stays.
    mutating func calmReplicas() {
        for replica in scheduler.limits.replicas.keys {
            scheduler.limits.replicas[replica]?.othersBytes = 0
            if chance(oneIn: 2) { scheduler.limits.replicas[replica]?.isDraining = false }
        }
        if !scheduler.limits.replicas.values.contains(where: { !$0.isDraining }) { join() }
    }

    func isGone(_ replica: ReplicaID) -> Bool { scheduler.limits.replicas[replica] == nil }

    /// Some replica goes while a step is under way.
    mutating func loseInStep() {
        guard let replica = someReplica() else { return }
        if live.values.contains(where: { $0.replica == replica }) { events.insert(.lostInStep) }
        scheduler.lost(replica, at: now)
        book.lost(replica)
        lostInStep.insert(replica)
    }

    /// What was computed while a replica went is computed; then its states are no more.
    mutating func forgetLostReplicas() {
        for replica in lostInStep.sorted() { forget(replica) }
        lostInStep = []
    }

    private mutating func someReplica() -> ReplicaID? {
        scheduler.limits.replicas.keys.sorted().randomElement(using: &random)
    }

    private mutating func lose(_ replica: ReplicaID) {
        if live.values.contains(where: { $0.replica == replica }) { events.insert(.lostReplica) }
        scheduler.lost(replica, at: now)
        book.lost(replica)
        forget(replica)
    }

    private mutating func forget(_ replica: ReplicaID) {
        for entry in scheduler.running + scheduler.queue where entry.replica == replica {
            if lives[entry.id]?.carried ?? 0 > 0 { lives[entry.id]?.beginAnew() }
        }
        live = live.filter { $0.value.replica != replica }
        kept = kept.filter { $0.value.replica != replica }
    }
}

extension StateSize {
    static func random(_ random: inout RandomSource) -> StateSize {
        StateSize(
            fixedBytes: .random(in: 1 ... 60, using: &random), pageBytes: .random(in: 0 ... 20, using: &random),
            pageLength: .random(in: 1 ... 16, using: &random))
    }
}
