internal import Messages

/// The model's states along sessions' tokens, as the front sees them: where they are kept, and their files, in which
/// sessions go from one cluster to another.
protocol SessionStates: Sendable {
    /// A larger file cannot be a state that there is memory for; 0: that is not known yet.
    var fileBytesMax: Int { get }

    /// The kept states whose tokens some tokens begin with, the shortest first.
    func states(along tokens: [Int32], in scope: PrefixScope) async throws(StateFailure) -> [SessionState]

    /// The state of exactly these tokens, as far as is known; it may have gone.
    func state(of tokens: [Int32], in scope: PrefixScope) -> StateID?

    /// A state that `state` named is not there any more.
    func forget(_ state: StateID)

    /// Makes sure that a state is on disk.
    ///
    /// - Returns: the bytes of its file.
    func store(_ state: StateID) async throws(StateFailure) -> Int

    /// Moves a state to another replica of attention, where the next request that goes on from it is computed.
    ///
    /// - Parameter member: the name of an attention service of that replica; nil: the one with most memory to spare.
    func move(_ state: StateID, to member: String?) async throws(StateFailure) -> StateMove

    /// A part of a state's file: at most `StatePart.bytesMax` bytes, none only at its end.
    func part(of state: StateID, at offset: Int) async throws(StateFailure) -> StatePart

    /// Takes the next part of a state's file. With the last one the file is checked, and the state kept.
    func take(_ part: ArrivingPart, of state: StateID, in scope: PrefixScope) async throws(StateFailure)

    /// The tokens of a state whose file was taken.
    func tokens(of state: StateID) async throws(StateFailure) -> [Int32]

    /// Requests may begin from a state whose file was taken.
    func learn(_ state: StateID, _ tokens: [Int32], in scope: PrefixScope)

    /// Drops a state whose file was taken.
    func drop(_ state: StateID) async
}

/// A kept state along a session's tokens.
struct SessionState: Sendable, Equatable {
    /// In tokens.
    var length: Int
    /// Bytes that it refers to, those that it shares with others included; 0: it is not in memory.
    var inMemory: Int
    /// The size of its file; 0: it is not on disk.
    var onDisk: Int
}

/// What became of a state that was to move.
struct StateMove: Sendable, Equatable {
    /// The names of the attention services that keep it now, each its part of it.
    var members: [String]
    /// Whether it was elsewhere before.
    var hasMoved: Bool
}

/// Some bytes of a state's file.
struct StatePart: Sendable, Equatable {
    static let bytesMax = 1 << 20

    /// Of the whole file.
    var fileBytes: Int
    var bytes: [UInt8]
}

/// Some bytes of a state's file that arrives.
struct ArrivingPart: Sendable, Equatable {
    var offset: Int
    var isLast: Bool
    var bytes: [UInt8]
}
