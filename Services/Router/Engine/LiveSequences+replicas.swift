internal import Checkpoint
internal import Messages
internal import Synchronization

/// What sequences are told of the replicas of attention, and asked about their states; from any task, at any time.
extension LiveSequences {
    /// Most tokens of prompt and answer together that there is memory for.
    var tokensMax: Int { table.withLock { $0.scheduler.tokensMax(at: now) } }

    /// What a state takes on a replica. Where that is not what it was, all replicas are lost.
    func setStateSize(_ size: StateSize) { hear { $0.setStateSize(size, at: $1) } }

    /// What a replica has for the states of sequences, and what of it is bound beyond what this router's sequences were
    /// granted. With the first such news the replica joins, and gets sequences from then on.
    func setMemory(of replica: ReplicaID, bytes: Int, othersBytes: Int) {
        hear { table, _ in table.setMemory(of: replica, bytes: bytes, othersBytes: othersBytes) }
    }

    /// A replica that has joined is about to go: it gets no new sequences, and those that it has leave it.
    func drain(_ replica: ReplicaID) { hear { table, _ in table.drain(replica) } }

    /// A replica is gone with all that it had; its sequences begin anew elsewhere. Nothing is told of it afterwards.
    func lost(_ replica: ReplicaID) { hear { $0.lost(replica, at: $1) } }

    /// How many sequences have a state on a replica.
    func sequenceCount(on replica: ReplicaID) -> Int { table.withLock { $0.scheduler.sequenceCount(on: replica) } }

    /// Changes the table by what was heard of a replica.
    private func hear<Value>(_ change: (inout SequenceTable, _ now: Duration) -> Value) -> Value {
        defer { signal() }
        return table.withLock { [now] in change(&$0, now) }
    }
}

/// Kept states.
extension LiveSequences: StateBook {
    func states(on replica: ReplicaID) -> (shared: Set<StateID>, parked: Set<StateID>) {
        table.withLock { $0.states(on: replica) }
    }

    func found(_ state: StateID, _ tokens: [Int32], in scope: PrefixScope, on replica: ReplicaID) {
        hear { table, _ in table.found(state, tokens, in: scope, on: replica) }
    }

    /// A replica keeps a state whose file has come from a client, if the replica is still there.
    func restored(_ state: StateID, _ tokens: [Int32], in scope: PrefixScope, on replica: ReplicaID) {
        hear { table, _ in table.restored(state, tokens, in: scope, on: replica) }
    }

    func gone(_ states: Set<StateID>, on replica: ReplicaID) {
        hear { table, _ in table.gone(states, on: replica) }
    }

    /// The kept states whose tokens some tokens begin with, the shortest first, and their lengths.
    func states(along tokens: [Int32], in scope: PrefixScope) -> [(id: StateID, length: Int)] {
        table.withLock { $0.book.states(along: tokens, in: scope) }
    }

    /// The kept state of exactly these tokens.
    func state(of tokens: [Int32], in scope: PrefixScope) -> StateID? {
        table.withLock { $0.book.state(of: tokens, in: scope) }
    }

    /// Where a state is kept; nil where it is not known.
    func replica(of state: StateID) -> ReplicaID? { table.withLock { $0.book.replica(of: state) } }

    // MARK: from one replica to another

    /// A replica's kept states, in the order in which they should be carried elsewhere: first those that sequences wait
    /// for.
    func statesToMove(from replica: ReplicaID) -> [StateID] { table.withLock { $0.statesToMove(from: replica) } }

    /// The replica that has most memory to spare for what comes from another; nil where there is none.
    func roomiest(except replica: ReplicaID) -> ReplicaID? {
        table.withLock { $0.scheduler.roomiest(except: replica, at: now) }
    }

    /// Whether a replica has joined and is not about to go.
    func takesStates(_ replica: ReplicaID) -> Bool {
        table.withLock { $0.scheduler.limits.replicas[replica].map { !$0.isDraining } ?? false }
    }

    /// A kept state was carried from one replica to another.
    ///
    /// - Returns: false where the other one has gone meanwhile: the state is where it was.
    func moved(
        _ state: StateID, _ tokens: [Int32], in scope: PrefixScope, from source: ReplicaID, to target: ReplicaID
    ) -> Bool {
        hear { table, _ in table.moved(state, tokens, in: scope, from: source, to: target) }
    }

    /// A kept state could not be carried to another replica.
    func stays(_ state: StateID) { hear { table, _ in table.stays(state) } }
}
