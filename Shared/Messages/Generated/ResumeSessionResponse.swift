// Made by Shared/CMessages/generate: edit cluster.proto, then run that.
internal import CMessages

/// The session is in memory again.
package struct ResumeSessionResponse: Sendable, Equatable {
    /// How much memory is reserved for the whole session.
    package let reservedBytes: Int

    /// Each parameter becomes the property of its name.
    package init(reservedBytes: Int) {
        self.reservedBytes = reservedBytes
    }
}

extension ResumeSessionResponse: WireMessage {
    package init(decoding bytes: RawSpan) throws(MessageError) {
        self = try unsafe decode(
            "ResumeSessionResponse", bytes, minimax__cluster__v1__resume_session_response__unpack,
            minimax__cluster__v1__resume_session_response__free_unpacked, ResumeSessionResponse.init)
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        try unsafe encode(cMessage(), body)
    }

    init(_ message: Minimax__Cluster__V1__ResumeSessionResponse, _ fields: FieldReader) throws(MessageError) {
        try unsafe self.init(
            reservedBytes: fields.integer(message.reserved_bytes, "reserved_bytes"))
    }

    /// The C message.
    func cMessage() -> Minimax__Cluster__V1__ResumeSessionResponse {
        var message = unsafe Minimax__Cluster__V1__ResumeSessionResponse()
        unsafe minimax__cluster__v1__resume_session_response__init(&message)
        unsafe message.reserved_bytes = UInt64(reservedBytes)
        return unsafe message
    }
}
