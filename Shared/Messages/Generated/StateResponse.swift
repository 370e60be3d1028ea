// Made by Shared/CMessages/generate: edit cluster.proto, then run that.
internal import CMessages

/// A lightning layer's state.
package struct StateResponse: Sendable, Equatable {
    /// (heads, head_dim of the key, head_dim of the value)
    package let state: [Float]

    /// Each parameter becomes the property of its name.
    package init(state: [Float]) {
        self.state = state
    }
}

extension StateResponse: WireMessage {
    package init(decoding bytes: RawSpan) throws(MessageError) {
        self = try unsafe decode(
            "StateResponse", bytes, minimax__cluster__v1__state_response__unpack,
            minimax__cluster__v1__state_response__free_unpacked, StateResponse.init)
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        var message = unsafe cMessage()
        return try unsafe withField(state) { field in
            unsafe message.state = field
            return try unsafe encode(message, body)
        }
    }

    init(_ message: Minimax__Cluster__V1__StateResponse, _ fields: FieldReader) throws(MessageError) {
        try unsafe self.init(
            state: fields.values(message.state, "state"))
    }

    /// The C message. It lacks the bytes fields.
    func cMessage() -> Minimax__Cluster__V1__StateResponse {
        var message = unsafe Minimax__Cluster__V1__StateResponse()
        unsafe minimax__cluster__v1__state_response__init(&message)
        return unsafe message
    }
}
