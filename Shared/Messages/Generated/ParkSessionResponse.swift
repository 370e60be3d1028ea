// Made by Shared/CMessages/generate: edit cluster.proto, then run that.
internal import CMessages

/// The session is parked.
package struct ParkSessionResponse: Sendable, Equatable {
    /// The size of the session's state on disk.
    package let parkedBytes: Int

    /// Each parameter becomes the property of its name.
    package init(parkedBytes: Int) {
        self.parkedBytes = parkedBytes
    }
}

extension ParkSessionResponse: WireMessage {
    package init(decoding bytes: RawSpan) throws(MessageError) {
        self = try unsafe decode(
            "ParkSessionResponse", bytes, minimax__cluster__v1__park_session_response__unpack,
            minimax__cluster__v1__park_session_response__free_unpacked, ParkSessionResponse.init)
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        try unsafe encode(cMessage(), body)
    }

    init(_ message: Minimax__Cluster__V1__ParkSessionResponse, _ fields: FieldReader) throws(MessageError) {
        try unsafe self.init(
            parkedBytes: fields.integer(message.parked_bytes, "parked_bytes"))
    }

    /// The C message.
    func cMessage() -> Minimax__Cluster__V1__ParkSessionResponse {
        var message = unsafe Minimax__Cluster__V1__ParkSessionResponse()
        unsafe minimax__cluster__v1__park_session_response__init(&message)
        unsafe message.parked_bytes = UInt64(parkedBytes)
        return unsafe message
    }
}
