internal import Messages
internal import Snapshots

/// The model's states along sessions' tokens, as the front sees them: where they are kept, and their files, in which
/// sessions go from one cluster to another.
protocol SessionStates: Sendable {
    /// A file of more data cannot be a state that there is memory for; `Int.max`: that is not known yet.
    var fileBytesMax: Int { get }

    /// The kept states whose tokens some tokens begin with, the shortest first.
    func states(along tokens: [Int32], in scope: PrefixScope) async throws(StateFailure) -> [SessionState]

    /// The state of exactly these tokens, as far as is known. It may have gone; a call that names it finds that out
    /// (`StateFailure.gone`), and it is not told of again.
    func state(of tokens: [Int32], in scope: PrefixScope) -> StateID?

    /// A state's file, whose data stays where it is: on disk, where it is written if it is not there.
    func file(of state: StateID) async throws(StateFailure) -> JoinedSnapshot

    /// Moves a state to another replica of attention, where the next request that goes on from it is computed.
    ///
    /// - Parameter member: the name of an attention service of that replica; nil: the one with most memory to spare.
    func move(_ state: StateID, to member: String?) async throws(StateFailure) -> StateMove

    /// Bytes of a state's file: those with which a range of it begins, at least one, at most `StatePart.bytesMax`.
    func bytes(
        _ range: Range<Int>, of file: JoinedSnapshot, _ state: StateID
    ) async throws(StateFailure) -> [UInt8]

    /// Finds a place for a state whose file is about to come.
    func expect(in scope: PrefixScope) throws(StateFailure) -> ArrivingState

    /// Takes the next part of a state's file. With the last one the file is checked, and the state kept.
    func take(_ part: ArrivingPart, of state: ArrivingState) async throws(StateFailure)

    /// The tokens of a state whose file was taken.
    func tokens(of state: ArrivingState) async throws(StateFailure) -> [Int32]

    /// Requests may begin from a state whose file was taken.
    func learn(_ state: ArrivingState, _ tokens: [Int32])

    /// Drops a state whose file was taken.
    func drop(_ state: ArrivingState) async
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

/// How a state's file travels.
enum StatePart {
    /// Most bytes of it at a time.
    static let bytesMax = 1 << 20
}

/// A state whose file comes from a client: where it goes is settled before its first byte, whoever joins meanwhile.
struct ArrivingState: Sendable, Equatable {
    let id: StateID
    let replica: ReplicaID
    /// Whom it is for.
    let scope: PrefixScope
}

/// Some bytes of a state's file that arrives.
struct ArrivingPart: Sendable, Equatable {
    var offset: Int
    var isLast: Bool
    var bytes: [UInt8]
}
