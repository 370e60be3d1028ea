// Made by Shared/CMessages/generate: edit cluster.proto, then run that.
internal import CMessages

/// The logits of the rows.
package struct LogitsResponse: Sendable, Equatable {
    /// (rows, vocabulary): one row for each row asked for.
    package let logits: [Float]

    /// Each parameter becomes the property of its name.
    package init(logits: [Float]) {
        self.logits = logits
    }
}

extension LogitsResponse: WireMessage {
    package init(decoding bytes: RawSpan) throws(MessageError) {
        self = try unsafe decode(
            "LogitsResponse", bytes, minimax__cluster__v1__logits_response__unpack,
            minimax__cluster__v1__logits_response__free_unpacked, LogitsResponse.init)
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        var message = unsafe cMessage()
        return try unsafe withField(logits) { field in
            unsafe message.logits = field
            return try unsafe encode(message, body)
        }
    }

    init(_ message: Minimax__Cluster__V1__LogitsResponse, _ fields: FieldReader) throws(MessageError) {
        try unsafe self.init(
            logits: fields.values(message.logits, "logits"))
    }

    /// The C message. It lacks the bytes fields.
    func cMessage() -> Minimax__Cluster__V1__LogitsResponse {
        var message = unsafe Minimax__Cluster__V1__LogitsResponse()
        unsafe minimax__cluster__v1__logits_response__init(&message)
        return unsafe message
    }
}
