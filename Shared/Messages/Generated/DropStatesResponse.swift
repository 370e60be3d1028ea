// Made by Shared/CMessages/generate: edit cluster.proto, then run that.
internal import CMessages

/// The states are dropped.
package struct DropStatesResponse: Sendable, Equatable {
    /// How many of the states there were.
    package let dropped: Int

    /// Each parameter becomes the property of its name.
    package init(dropped: Int) {
        self.dropped = dropped
    }
}

extension DropStatesResponse: WireMessage {
    package init(decoding bytes: RawSpan) throws(MessageError) {
        self = try unsafe decode(
            "DropStatesResponse", bytes, minimax__cluster__v1__drop_states_response__unpack,
            minimax__cluster__v1__drop_states_response__free_unpacked, DropStatesResponse.init)
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        try unsafe encode(cMessage(), body)
    }

    init(_ message: Minimax__Cluster__V1__DropStatesResponse, _ fields: FieldReader) throws(MessageError) {
        unsafe self.init(
            dropped: Int(message.dropped))
    }

    /// The C message.
    func cMessage() -> Minimax__Cluster__V1__DropStatesResponse {
        var message = unsafe Minimax__Cluster__V1__DropStatesResponse()
        unsafe minimax__cluster__v1__drop_states_response__init(&message)
        unsafe message.dropped = UInt32(clamping: dropped)
        return unsafe message
    }
}
