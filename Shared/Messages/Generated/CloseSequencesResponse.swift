// Made by Shared/CMessages/generate: edit cluster.proto, then run that.
internal import CMessages

/// The sequences are closed.
package struct CloseSequencesResponse: Sendable, Equatable {
    /// How many of the sequences there were.
    package let closed: Int

    /// Each parameter becomes the property of its name.
    package init(closed: Int) {
        self.closed = closed
    }
}

extension CloseSequencesResponse: WireMessage {
    package init(decoding bytes: RawSpan) throws(MessageError) {
        self = try unsafe decode(
            "CloseSequencesResponse", bytes, minimax__cluster__v1__close_sequences_response__unpack,
            minimax__cluster__v1__close_sequences_response__free_unpacked, CloseSequencesResponse.init)
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        try unsafe encode(cMessage(), body)
    }

    init(_ message: Minimax__Cluster__V1__CloseSequencesResponse, _ fields: FieldReader) throws(MessageError) {
        unsafe self.init(
            closed: Int(message.closed))
    }

    /// The C message.
    func cMessage() -> Minimax__Cluster__V1__CloseSequencesResponse {
        var message = unsafe Minimax__Cluster__V1__CloseSequencesResponse()
        unsafe minimax__cluster__v1__close_sequences_response__init(&message)
        unsafe message.closed = UInt32(clamping: closed)
        return unsafe message
    }
}
