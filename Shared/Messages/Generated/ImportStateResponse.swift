// Made by Shared/CMessages/generate: edit cluster.proto, then run that.
internal import CMessages

/// The part has arrived.
package struct ImportStateResponse: Sendable, Equatable {
    /// With the last part: how many tokens the state has; else 0.
    package let length: Int

    /// Each parameter becomes the property of its name.
    package init(length: Int) {
        self.length = length
    }
}

extension ImportStateResponse: WireMessage {
    package init(decoding bytes: RawSpan) throws(MessageError) {
        self = try unsafe decode(
            "ImportStateResponse", bytes, minimax__cluster__v1__import_state_response__unpack,
            minimax__cluster__v1__import_state_response__free_unpacked, ImportStateResponse.init)
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        try unsafe encode(cMessage(), body)
    }

    init(_ message: Minimax__Cluster__V1__ImportStateResponse, _ fields: FieldReader) throws(MessageError) {
        try unsafe self.init(
            length: fields.integer(message.length, "length"))
    }

    /// The C message.
    func cMessage() -> Minimax__Cluster__V1__ImportStateResponse {
        var message = unsafe Minimax__Cluster__V1__ImportStateResponse()
        unsafe minimax__cluster__v1__import_state_response__init(&message)
        unsafe message.length = UInt64(length)
        return unsafe message
    }
}
