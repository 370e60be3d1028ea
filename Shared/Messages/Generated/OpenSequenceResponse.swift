// Made by Shared/CMessages/generate: edit cluster.proto, then run that.
internal import CMessages

/// The sequence is open.
package struct OpenSequenceResponse: Sendable, Equatable {
    /// How much memory is bound by this sequence beyond what was bound before.
    package let grantedBytes: Int

    /// Each parameter becomes the property of its name.
    package init(grantedBytes: Int) {
        self.grantedBytes = grantedBytes
    }
}

extension OpenSequenceResponse: WireMessage {
    package init(decoding bytes: RawSpan) throws(MessageError) {
        self = try unsafe decode(
            "OpenSequenceResponse", bytes, minimax__cluster__v1__open_sequence_response__unpack,
            minimax__cluster__v1__open_sequence_response__free_unpacked, OpenSequenceResponse.init)
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        try unsafe encode(cMessage(), body)
    }

    init(_ message: Minimax__Cluster__V1__OpenSequenceResponse, _ fields: FieldReader) throws(MessageError) {
        try unsafe self.init(
            grantedBytes: fields.integer(message.granted_bytes, "granted_bytes"))
    }

    /// The C message.
    func cMessage() -> Minimax__Cluster__V1__OpenSequenceResponse {
        var message = unsafe Minimax__Cluster__V1__OpenSequenceResponse()
        unsafe minimax__cluster__v1__open_sequence_response__init(&message)
        unsafe message.granted_bytes = UInt64(grantedBytes)
        return unsafe message
    }
}
