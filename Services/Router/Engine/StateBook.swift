internal import Messages

/// Knows which states the replicas of attention keep.
protocol StateBook: Sendable {
    /// A replica's kept states as far as they are known: those that any prompt can begin from, and those of parked
    /// sequences.
    func states(on replica: ReplicaID) -> (shared: Set<StateID>, parked: Set<StateID>)

    /// A replica keeps a state that was not known.
    func found(_ state: StateID, _ tokens: [Int32], in scope: PrefixScope, on replica: ReplicaID)

    /// A replica does not keep these states any more.
    func gone(_ states: Set<StateID>, on replica: ReplicaID)
}
