// Made by Shared/CMessages/generate: edit cluster.proto, then run that.
internal import CMessages

/// The state is kept.
package struct KeepStateResponse: Sendable, Equatable {
    /// How many tokens it has.
    package let length: Int
    /// Bytes of memory that the state refers to, shared ones included.
    package let bytes: Int

    /// Each parameter becomes the property of its name.
    package init(length: Int, bytes: Int) {
        self.length = length
        self.bytes = bytes
    }
}

extension KeepStateResponse: WireMessage {
    package init(decoding bytes: RawSpan) throws(MessageError) {
        self = try unsafe decode(
            "KeepStateResponse", bytes, minimax__cluster__v1__keep_state_response__unpack,
            minimax__cluster__v1__keep_state_response__free_unpacked, KeepStateResponse.init)
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        try unsafe encode(cMessage(), body)
    }

    init(_ message: Minimax__Cluster__V1__KeepStateResponse, _ fields: FieldReader) throws(MessageError) {
        try unsafe self.init(
            length: fields.integer(message.length, "length"),
            bytes: fields.integer(message.bytes, "bytes"))
    }

    /// The C message.
    func cMessage() -> Minimax__Cluster__V1__KeepStateResponse {
        var message = unsafe Minimax__Cluster__V1__KeepStateResponse()
        unsafe minimax__cluster__v1__keep_state_response__init(&message)
        unsafe message.length = UInt64(length)
        unsafe message.bytes = UInt64(bytes)
        return unsafe message
    }
}
