internal import Messages

/// Whoever works with the attention service's states: it is told what becomes of the service.
protocol AttentionUser: Sendable {
    /// Most tokens of prompt and answer together that there is memory for.
    var tokensMax: Int { get }

    /// Kept states as far as they are known: those that any prompt can begin from, and those of parked sequences.
    var states: (shared: Set<StateID>, parked: Set<StateID>) { get }

    /// What the attention service has for the state of all sequences, and what of it is bound beyond what this router's
    /// sequences were granted.
    func setMemory(bytes: Int, othersBytes: Int)

    /// The attention service has none of the live states it had: it is another process, or was told to close them.
    func lostLiveStates()

    /// The attention service keeps a state that was not known.
    func found(_ state: StateID, _ tokens: [Int32], in scope: PrefixScope)

    /// The attention service does not keep these states any more.
    func gone(_ states: Set<StateID>)

    /// Something has changed that the next step may depend on, or time has passed.
    func signal()
}
