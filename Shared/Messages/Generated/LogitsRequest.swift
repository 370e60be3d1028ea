// Made by Shared/CMessages/generate: edit cluster.proto, then run that.
internal import CMessages

/// Asks for the logits of some rows.
package struct LogitsRequest: Sendable, Equatable {
    /// (rows, hidden), after the final norm.
    package let hidden: [Float]

    /// Each parameter becomes the property of its name.
    package init(hidden: [Float]) {
        self.hidden = hidden
    }
}

extension LogitsRequest: WireMessage {
    package init(decoding bytes: RawSpan) throws(MessageError) {
        self = try unsafe decode(
            "LogitsRequest", bytes, minimax__cluster__v1__logits_request__unpack,
            minimax__cluster__v1__logits_request__free_unpacked, LogitsRequest.init)
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        var message = unsafe cMessage()
        return try unsafe withField(hidden) { field in
            unsafe message.hidden = field
            return try unsafe encode(message, body)
        }
    }

    init(_ message: Minimax__Cluster__V1__LogitsRequest, _ fields: FieldReader) throws(MessageError) {
        try unsafe self.init(
            hidden: fields.values(message.hidden, "hidden"))
    }

    /// The C message. It lacks the bytes fields.
    func cMessage() -> Minimax__Cluster__V1__LogitsRequest {
        var message = unsafe Minimax__Cluster__V1__LogitsRequest()
        unsafe minimax__cluster__v1__logits_request__init(&message)
        return unsafe message
    }
}
