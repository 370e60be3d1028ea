// Made by Shared/CMessages/generate: edit cluster.proto, then run that.
internal import CMessages

/// What was given with a state when it was kept.
package struct KeptStateDescription: Sendable, Equatable {
    /// Whom the state is for, in the words of the router that kept it.
    package let scope: String
    /// How long it would take to compute the state again.
    package let worthMilliseconds: Int
    /// The state's tokens.
    package let tokens: [Int32]

    /// Each parameter becomes the property of its name.
    package init(scope: String, worthMilliseconds: Int, tokens: [Int32]) {
        self.scope = scope
        self.worthMilliseconds = worthMilliseconds
        self.tokens = tokens
    }
}

extension KeptStateDescription: WireMessage {
    package init(decoding bytes: RawSpan) throws(MessageError) {
        self = try unsafe decode(
            "KeptStateDescription", bytes, minimax__cluster__v1__kept_state_description__unpack,
            minimax__cluster__v1__kept_state_description__free_unpacked, KeptStateDescription.init)
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

    init(_ message: Minimax__Cluster__V1__KeptStateDescription, _ fields: FieldReader) throws(MessageError) {
        try unsafe self.init(
            scope: fields.string(message.scope),
            worthMilliseconds: fields.integer(message.worth_ms, "worth_ms"),
            tokens: fields.values(message.tokens, "tokens"))
    }

    /// The C message, which lives as long as the arena. It lacks the bytes fields.
    func cMessage(in arena: EncodingArena) -> Minimax__Cluster__V1__KeptStateDescription {
        var message = unsafe Minimax__Cluster__V1__KeptStateDescription()
        unsafe minimax__cluster__v1__kept_state_description__init(&message)
        unsafe message.scope = arena.copy(scope)
        unsafe message.worth_ms = UInt64(worthMilliseconds)
        return unsafe message
    }
}
