internal import Checkpoint
internal import Messages

/// What is heard of the replicas of attention, from any task.
extension LiveSequences {
    func setStateSize(_ size: StateSize) { hear { $0.setStateSize(size, at: $1) } }

    func setMemory(of replica: ReplicaID, bytes: Int, othersBytes: Int) {
        hear { table, _ in table.setMemory(of: replica, bytes: bytes, othersBytes: othersBytes) }
    }

    func drain(_ replica: ReplicaID) { hear { table, _ in table.drain(replica) } }

    func lost(_ replica: ReplicaID) { hear { $0.lost(replica, at: $1) } }

    func found(_ state: StateID, _ tokens: [Int32], in scope: PrefixScope, on replica: ReplicaID) {
        hear { table, _ in table.found(state, tokens, in: scope, on: replica) }
    }

    func gone(_ states: Set<StateID>, on replica: ReplicaID) {
        hear { table, _ in table.gone(states, on: replica) }
    }

    func moved(
        _ state: StateID, _ tokens: [Int32], in scope: PrefixScope, from source: ReplicaID, to target: ReplicaID
    ) {
        hear { table, _ in table.moved(state, tokens, in: scope, from: source, to: target) }
    }

    func stays(_ state: StateID) { hear { table, _ in table.stays(state) } }
}
