// Made by Shared/CMessages/generate: edit cluster.proto, then run that.
internal import CMessages

/// Keeps what a sequence's live state is now. The sequence goes on, or ends with the call. Where it goes on it needs
/// memory for a copy of what it changes next; if there is none the call fails with `resource-exhausted`, and nothing is
/// kept. A sequence that ends is closed in any case.
package struct KeepStateRequest: Sendable, Equatable {
    /// The router's instance, whose sequence it is.
    package let router: UInt64
    /// The sequence's id.
    package let sequence: SequenceID
    /// The state's id, which the router draws at random.
    package let state: StateID
    /// Whose state it will be.
    package let owner: String
    /// Whether the sequence ends.
    package let closes: Bool
    /// Whether the state is promised: it may go to disk, but not away.
    package let promised: Bool
    /// How long it would take to compute the state again.
    package let worthMilliseconds: Int
    /// Whom the state is for, in the router's words; it comes back as it was given.
    package let scope: String
    /// The state's tokens: they come back as they were given. None where only the router that keeps it will ask for it.
    package let tokens: [Int32]

    /// Each parameter becomes the property of its name.
    package init(
        router: UInt64 = 0, sequence: SequenceID, state: StateID, owner: String, closes: Bool = false,
        promised: Bool = false, worthMilliseconds: Int = 0, scope: String = "", tokens: [Int32] = []
    ) {
        self.router = router
        self.sequence = sequence
        self.state = state
        self.owner = owner
        self.closes = closes
        self.promised = promised
        self.worthMilliseconds = worthMilliseconds
        self.scope = scope
        self.tokens = tokens
    }
}

extension KeepStateRequest: WireMessage {
    package var routerInstance: RouterInstance? { RouterInstance(router) }

    package init(decoding bytes: RawSpan) throws(MessageError) {
        self = try unsafe decode(
            "KeepStateRequest", bytes, minimax__cluster__v1__keep_state_request__unpack,
            minimax__cluster__v1__keep_state_request__free_unpacked, KeepStateRequest.init)
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        let arena = EncodingArena()
        return try withExtendedLifetime(arena) {
            var message = unsafe cMessage(in: arena)
            return try unsafe withField(tokens) { field in
                unsafe message.tokens = field
                return try unsafe encode(message, body)
            }
        }
    }

    init(_ message: Minimax__Cluster__V1__KeepStateRequest, _ fields: FieldReader) throws(MessageError) {
        try unsafe self.init(
            router: message.router,
            sequence: SequenceID(rawValue: message.sequence),
            state: StateID(rawValue: message.state),
            owner: fields.string(message.owner),
            closes: message.closes != 0,
            promised: message.promised != 0,
            worthMilliseconds: fields.integer(message.worth_ms, "worth_ms"),
            scope: fields.string(message.scope),
            tokens: fields.values(message.tokens, "tokens"))
    }

    /// The C message, which lives as long as the arena. It lacks the bytes fields.
    func cMessage(in arena: EncodingArena) -> Minimax__Cluster__V1__KeepStateRequest {
        var message = unsafe Minimax__Cluster__V1__KeepStateRequest()
        unsafe minimax__cluster__v1__keep_state_request__init(&message)
        unsafe message.router = router
        unsafe message.sequence = sequence.rawValue
        unsafe message.state = state.rawValue
        unsafe message.owner = arena.copy(owner)
        unsafe message.closes = closes ? 1 : 0
        unsafe message.promised = promised ? 1 : 0
        unsafe message.worth_ms = UInt64(worthMilliseconds)
        unsafe message.scope = arena.copy(scope)
        return unsafe message
    }
}
