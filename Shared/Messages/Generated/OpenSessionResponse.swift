// Made by Shared/CMessages/generate: edit cluster.proto, then run that.
internal import CMessages

/// The session is open.
package struct OpenSessionResponse: Sendable, Equatable {
    /// How much memory is reserved for the session's state.
    package let reservedBytes: Int

    /// Each parameter becomes the property of its name.
    package init(reservedBytes: Int) {
        self.reservedBytes = reservedBytes
    }
}

extension OpenSessionResponse: WireMessage {
    package init(decoding bytes: RawSpan) throws(MessageError) {
        self = try unsafe decode(
            "OpenSessionResponse", bytes, minimax__cluster__v1__open_session_response__unpack,
            minimax__cluster__v1__open_session_response__free_unpacked, OpenSessionResponse.init)
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        try unsafe encode(cMessage(), body)
    }

    init(_ message: Minimax__Cluster__V1__OpenSessionResponse, _ fields: FieldReader) throws(MessageError) {
        try unsafe self.init(
            reservedBytes: fields.integer(message.reserved_bytes, "reserved_bytes"))
    }

    /// The C message.
    func cMessage() -> Minimax__Cluster__V1__OpenSessionResponse {
        var message = unsafe Minimax__Cluster__V1__OpenSessionResponse()
        unsafe minimax__cluster__v1__open_session_response__init(&message)
        unsafe message.reserved_bytes = UInt64(reservedBytes)
        return unsafe message
    }
}
