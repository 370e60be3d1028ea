// Made by Shared/CMessages/generate: edit cluster.proto, then run that.
internal import CMessages

/// Begins a sequence, empty or from a kept state, and grants it memory. A state on disk is brought into memory first.
/// Fails with `resource-exhausted` where there is no memory, and with `not-found` where the state is gone or its file
/// damaged.
package struct OpenSequenceRequest: Sendable, Equatable {
    /// The router's instance, whose sequence it will be.
    package let router: UInt64
    /// The sequence's id, which the router chooses; it is unique while the router lives.
    package let sequence: SequenceID
    /// How many positions the sequence may have, until it is grown.
    package let tokensMax: Int
    /// The kept state to begin from; 0: none.
    package let state: StateID
    /// How many of the state's tokens the sequence begins with. All, or fewer as far as the state's open block reaches.
    package let length: Int
    /// Whose state it is.
    package let owner: String
    /// Whether the state ends with the call: the sequence takes its memory over, and begins with all of its tokens.
    package let consumes: Bool

    /// Each parameter becomes the property of its name.
    package init(
        router: UInt64 = 0, sequence: SequenceID, tokensMax: Int, state: StateID = .none, length: Int = 0,
        owner: String = "", consumes: Bool = false
    ) {
        self.router = router
        self.sequence = sequence
        self.tokensMax = tokensMax
        self.state = state
        self.length = length
        self.owner = owner
        self.consumes = consumes
    }
}

extension OpenSequenceRequest: WireMessage {
    package var routerInstance: RouterInstance? { RouterInstance(router) }

    package init(decoding bytes: RawSpan) throws(MessageError) {
        self = try unsafe decode(
            "OpenSequenceRequest", bytes, minimax__cluster__v1__open_sequence_request__unpack,
            minimax__cluster__v1__open_sequence_request__free_unpacked, OpenSequenceRequest.init)
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        let arena = EncodingArena()
        return try withExtendedLifetime(arena) {
            try unsafe encode(cMessage(in: arena), body)
        }
    }

    init(_ message: Minimax__Cluster__V1__OpenSequenceRequest, _ fields: FieldReader) throws(MessageError) {
        try unsafe self.init(
            router: message.router,
            sequence: SequenceID(rawValue: message.sequence),
            tokensMax: fields.integer(message.tokens_max, "tokens_max"),
            state: StateID(rawValue: message.state),
            length: fields.integer(message.length, "length"),
            owner: fields.string(message.owner),
            consumes: message.consumes != 0)
    }

    /// The C message, which lives as long as the arena.
    func cMessage(in arena: EncodingArena) -> Minimax__Cluster__V1__OpenSequenceRequest {
        var message = unsafe Minimax__Cluster__V1__OpenSequenceRequest()
        unsafe minimax__cluster__v1__open_sequence_request__init(&message)
        unsafe message.router = router
        unsafe message.sequence = sequence.rawValue
        unsafe message.tokens_max = UInt64(tokensMax)
        unsafe message.state = state.rawValue
        unsafe message.length = UInt64(length)
        unsafe message.owner = arena.copy(owner)
        unsafe message.consumes = consumes ? 1 : 0
        return unsafe message
    }
}
