// Made by Shared/CMessages/generate: edit cluster.proto, then run that.
internal import CMessages

/// The digests of what an attention service has read.
package struct DigestsResponse: Sendable, Equatable {
    /// Digests as in `HoldResponse`: one for each tensor, in the order of the forward pass.
    package let digests: [WeightDigest]

    /// Each parameter becomes the property of its name.
    package init(digests: [WeightDigest]) {
        self.digests = digests
    }
}

extension DigestsResponse: WireMessage {
    package init(decoding bytes: RawSpan) throws(MessageError) {
        self = try unsafe decode(
            "DigestsResponse", bytes, minimax__cluster__v1__digests_response__unpack,
            minimax__cluster__v1__digests_response__free_unpacked, DigestsResponse.init)
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        var message = unsafe cMessage()
        return try unsafe withField(digests) { field in
            unsafe message.digests = field
            return try unsafe encode(message, body)
        }
    }

    init(_ message: Minimax__Cluster__V1__DigestsResponse, _ fields: FieldReader) throws(MessageError) {
        try unsafe self.init(
            digests: fields.values(message.digests, "digests"))
    }

    /// The C message. It lacks the bytes fields.
    func cMessage() -> Minimax__Cluster__V1__DigestsResponse {
        var message = unsafe Minimax__Cluster__V1__DigestsResponse()
        unsafe minimax__cluster__v1__digests_response__init(&message)
        return unsafe message
    }
}
