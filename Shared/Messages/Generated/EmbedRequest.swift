// Made by Shared/CMessages/generate: edit cluster.proto, then run that.
internal import CMessages

/// Asks for the embeddings of some tokens.
package struct EmbedRequest: Sendable, Equatable {
    /// The ids of the tokens.
    package let tokens: [UInt32]

    /// Each parameter becomes the property of its name.
    package init(tokens: [UInt32]) {
        self.tokens = tokens
    }
}

extension EmbedRequest: WireMessage {
    package init(decoding bytes: RawSpan) throws(MessageError) {
        self = try unsafe decode(
            "EmbedRequest", bytes, minimax__cluster__v1__embed_request__unpack,
            minimax__cluster__v1__embed_request__free_unpacked, EmbedRequest.init)
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        let arena = EncodingArena()
        return try withExtendedLifetime(arena) {
            try unsafe encode(cMessage(in: arena), body)
        }
    }

    init(_ message: Minimax__Cluster__V1__EmbedRequest, _ fields: FieldReader) throws(MessageError) {
        unsafe self.init(
            tokens: fields.array(message.tokens, message.n_tokens))
    }

    /// The C message, which lives as long as the arena.
    func cMessage(in arena: EncodingArena) -> Minimax__Cluster__V1__EmbedRequest {
        var message = unsafe Minimax__Cluster__V1__EmbedRequest()
        unsafe minimax__cluster__v1__embed_request__init(&message)
        unsafe message.n_tokens = tokens.count
        unsafe message.tokens = arena.copy(tokens)
        return unsafe message
    }
}
