internal import Checkpoint
internal import Messages

/// What the engine is told of the replicas of attention, and asked about their states; from any task, at any time.
extension StepEngine {
    /// What the largest replica has for states, in bytes.
    var memoryBytes: Int { sequences.memoryBytes }

    /// Most tokens of prompt and answer together that there is memory for.
    var tokensMax: Int { sequences.tokensMax }

    /// What a state takes on a replica. Where that is not what it was, all replicas are lost.
    func setStateSize(_ size: StateSize) { sequences.setStateSize(size) }

    /// What a replica has for the states of sequences, and what of it is bound beyond what this router's sequences were
    /// granted. With the first such news the replica joins, and gets sequences from then on.
    func setMemory(of replica: ReplicaID, bytes: Int, othersBytes: Int) {
        sequences.setMemory(of: replica, bytes: bytes, othersBytes: othersBytes)
    }

    /// A replica that has joined is about to go: it gets no new sequences, and those that it has leave it.
    func drain(_ replica: ReplicaID) { sequences.drain(replica) }

    /// A replica is gone with all that it had; its sequences begin anew elsewhere. Nothing is told of it afterwards.
    func lost(_ replica: ReplicaID) { sequences.lost(replica) }

    /// How many sequences have a state on a replica.
    func sequenceCount(on replica: ReplicaID) -> Int { sequences.sequenceCount(on: replica) }

    // MARK: kept states

    func states(on replica: ReplicaID) -> (shared: Set<StateID>, parked: Set<StateID>) {
        sequences.states(on: replica)
    }

    func found(_ state: StateID, _ tokens: [Int32], in scope: PrefixScope, on replica: ReplicaID) {
        sequences.found(state, tokens, in: scope, on: replica)
    }

    func gone(_ states: Set<StateID>, on replica: ReplicaID) {
        sequences.gone(states, on: replica)
    }

    /// The kept states whose tokens some tokens begin with, the shortest first, and their lengths.
    func states(along tokens: [Int32], in scope: PrefixScope) -> [(id: StateID, length: Int)] {
        sequences.states(along: tokens, in: scope)
    }

    /// The kept state of exactly these tokens.
    func state(of tokens: [Int32], in scope: PrefixScope) -> StateID? { sequences.state(of: tokens, in: scope) }

    /// Where a state is kept; nil where it is not known.
    func replica(of state: StateID) -> ReplicaID? { sequences.replica(of: state) }

    // MARK: kept states that go from one replica to another

    /// A replica's kept states, in the order in which they should be carried elsewhere: first those that sequences wait
    /// for.
    func statesToMove(from replica: ReplicaID) -> [StateID] { sequences.statesToMove(from: replica) }

    /// The replica that has most memory to spare for what comes from another; nil where there is none.
    func roomiest(except replica: ReplicaID) -> ReplicaID? { sequences.roomiest(except: replica) }

    /// A kept state was carried from one replica to another.
    func moved(
        _ state: StateID, _ tokens: [Int32], in scope: PrefixScope, from source: ReplicaID, to target: ReplicaID
    ) {
        sequences.moved(state, tokens, in: scope, from: source, to: target)
    }

    /// A kept state could not be carried to another replica.
    func stays(_ state: StateID) { sequences.stays(state) }
}
