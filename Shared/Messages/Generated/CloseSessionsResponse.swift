// Made by Shared/CMessages/generate: edit cluster.proto, then run that.
internal import CMessages

/// The sessions are closed.
package struct CloseSessionsResponse: Sendable, Equatable {
    /// How many of the sessions there were.
    package let closed: Int

    /// Each parameter becomes the property of its name.
    package init(closed: Int) {
        self.closed = closed
    }
}

extension CloseSessionsResponse: WireMessage {
    package init(decoding bytes: RawSpan) throws(MessageError) {
        self = try unsafe decode(
            "CloseSessionsResponse", bytes, minimax__cluster__v1__close_sessions_response__unpack,
            minimax__cluster__v1__close_sessions_response__free_unpacked, CloseSessionsResponse.init)
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        try unsafe encode(cMessage(), body)
    }

    init(_ message: Minimax__Cluster__V1__CloseSessionsResponse, _ fields: FieldReader) throws(MessageError) {
        unsafe self.init(
            closed: Int(message.closed))
    }

    /// The C message.
    func cMessage() -> Minimax__Cluster__V1__CloseSessionsResponse {
        var message = unsafe Minimax__Cluster__V1__CloseSessionsResponse()
        unsafe minimax__cluster__v1__close_sessions_response__init(&message)
        unsafe message.closed = UInt32(clamping: closed)
        return unsafe message
    }
}
