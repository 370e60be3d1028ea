// Made by Shared/CMessages/generate: edit cluster.proto, then run that.
internal import CMessages

/// The embeddings of the tokens.
package struct EmbedResponse: Sendable, Equatable {
    /// (tokens, hidden): one row for each token.
    package let hidden: [Float]

    /// Each parameter becomes the property of its name.
    package init(hidden: [Float]) {
        self.hidden = hidden
    }
}

extension EmbedResponse: WireMessage {
    package init(decoding bytes: RawSpan) throws(MessageError) {
        self = try unsafe decode(
            "EmbedResponse", bytes, minimax__cluster__v1__embed_response__unpack,
            minimax__cluster__v1__embed_response__free_unpacked, EmbedResponse.init)
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        var message = unsafe cMessage()
        return try unsafe withField(hidden) { field in
            unsafe message.hidden = field
            return try unsafe encode(message, body)
        }
    }

    init(_ message: Minimax__Cluster__V1__EmbedResponse, _ fields: FieldReader) throws(MessageError) {
        try unsafe self.init(
            hidden: fields.values(message.hidden, "hidden"))
    }

    /// The C message. It lacks the bytes fields.
    func cMessage() -> Minimax__Cluster__V1__EmbedResponse {
        var message = unsafe Minimax__Cluster__V1__EmbedResponse()
        unsafe minimax__cluster__v1__embed_response__init(&message)
        return unsafe message
    }
}
