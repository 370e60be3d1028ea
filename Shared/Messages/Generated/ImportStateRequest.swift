// Made by Shared/CMessages/generate: edit cluster.proto, then run that.
internal import CMessages

/// Sends the next part of a kept state's file. With the last part the state is checked and kept in memory; a file of
/// another checkpoint or arithmetic, of a newer format, damaged or cut short is refused, and so is one that finds no
/// memory. A file of which nothing more comes for a minute is forgotten.
package struct ImportStateRequest: Sendable, Equatable {
    /// The router's instance.
    package let router: UInt64
    /// Whose state it will be.
    package let owner: String
    /// The id that the state will have.
    package let state: StateID
    /// Whom the state is for, in the router's words.
    package let scope: String
    /// Whether the state is promised.
    package let promised: Bool
    /// Where the part begins in the file: at the end of the part before it, or at 0.
    package let offset: Int
    /// Whether the part is the last.
    package let isLast: Bool
    /// The part.
    package let part: [UInt8]

    /// Each parameter becomes the property of its name.
    package init(
        router: UInt64 = 0, owner: String, state: StateID, scope: String, promised: Bool = false, offset: Int,
        isLast: Bool, part: [UInt8]
    ) {
        self.router = router
        self.owner = owner
        self.state = state
        self.scope = scope
        self.promised = promised
        self.offset = offset
        self.isLast = isLast
        self.part = part
    }
}

extension ImportStateRequest: WireMessage {
    package var routerInstance: RouterInstance? { RouterInstance(router) }

    package init(decoding bytes: RawSpan) throws(MessageError) {
        self = try unsafe decode(
            "ImportStateRequest", bytes, minimax__cluster__v1__import_state_request__unpack,
            minimax__cluster__v1__import_state_request__free_unpacked, ImportStateRequest.init)
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        let arena = EncodingArena()
        return try withExtendedLifetime(arena) {
            var message = unsafe cMessage(in: arena)
            return try unsafe withField(part) { field in
                unsafe message.part = field
                return try unsafe encode(message, body)
            }
        }
    }

    init(_ message: Minimax__Cluster__V1__ImportStateRequest, _ fields: FieldReader) throws(MessageError) {
        try unsafe self.init(
            router: message.router,
            owner: fields.string(message.owner),
            state: StateID(rawValue: message.state),
            scope: fields.string(message.scope),
            promised: message.promised != 0,
            offset: fields.integer(message.offset, "offset"),
            isLast: message.is_last != 0,
            part: fields.values(message.part, "part"))
    }

    /// The C message, which lives as long as the arena. It lacks the bytes fields.
    func cMessage(in arena: EncodingArena) -> Minimax__Cluster__V1__ImportStateRequest {
        var message = unsafe Minimax__Cluster__V1__ImportStateRequest()
        unsafe minimax__cluster__v1__import_state_request__init(&message)
        unsafe message.router = router
        unsafe message.owner = arena.copy(owner)
        unsafe message.state = state.rawValue
        unsafe message.scope = arena.copy(scope)
        unsafe message.promised = promised ? 1 : 0
        unsafe message.offset = UInt64(offset)
        unsafe message.is_last = isLast ? 1 : 0
        return unsafe message
    }
}
