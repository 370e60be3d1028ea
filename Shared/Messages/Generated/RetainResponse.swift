// Made by Shared/CMessages/generate: edit cluster.proto, then run that.
internal import CMessages

/// A host holds no more than it was asked to keep.
package struct RetainResponse: Sendable, Equatable {
    /// The size of the weights of all units held, for any router.
    package let heldBytes: Int

    /// Each parameter becomes the property of its name.
    package init(heldBytes: Int) {
        self.heldBytes = heldBytes
    }
}

extension RetainResponse: WireMessage {
    package init(decoding bytes: RawSpan) throws(MessageError) {
        self = try unsafe decode(
            "RetainResponse", bytes, minimax__cluster__v1__retain_response__unpack,
            minimax__cluster__v1__retain_response__free_unpacked, RetainResponse.init)
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        try unsafe encode(cMessage(), body)
    }

    init(_ message: Minimax__Cluster__V1__RetainResponse, _ fields: FieldReader) throws(MessageError) {
        try unsafe self.init(
            heldBytes: fields.integer(message.held_bytes, "held_bytes"))
    }

    /// The C message.
    func cMessage() -> Minimax__Cluster__V1__RetainResponse {
        var message = unsafe Minimax__Cluster__V1__RetainResponse()
        unsafe minimax__cluster__v1__retain_response__init(&message)
        unsafe message.held_bytes = UInt64(heldBytes)
        return unsafe message
    }
}
