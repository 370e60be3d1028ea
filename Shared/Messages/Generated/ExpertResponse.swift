// Made by Shared/CMessages/generate: edit cluster.proto, then run that.
internal import CMessages

/// The outputs of the experts or their slices.
package struct ExpertResponse: Sendable, Equatable {
    /// (sum of group sizes, hidden): w2(silu(w1 x) * (w3 x)), group after group, unweighted; of a slice its share of
    /// that sum. The shares of neighbouring slices are added first: (s0 + s1) + (s2 + s3).
    package let outputs: [Float]

    /// Each parameter becomes the property of its name.
    package init(outputs: [Float]) {
        self.outputs = outputs
    }
}

extension ExpertResponse: WireMessage {
    package init(decoding bytes: RawSpan) throws(MessageError) {
        self = try unsafe decode(
            "ExpertResponse", bytes, minimax__cluster__v1__expert_response__unpack,
            minimax__cluster__v1__expert_response__free_unpacked, ExpertResponse.init)
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        var message = unsafe cMessage()
        return try unsafe withField(outputs) { field in
            unsafe message.outputs = field
            return try unsafe encode(message, body)
        }
    }

    init(_ message: Minimax__Cluster__V1__ExpertResponse, _ fields: FieldReader) throws(MessageError) {
        try unsafe self.init(
            outputs: fields.values(message.outputs, "outputs"))
    }

    /// The C message. It lacks the bytes fields.
    func cMessage() -> Minimax__Cluster__V1__ExpertResponse {
        var message = unsafe Minimax__Cluster__V1__ExpertResponse()
        unsafe minimax__cluster__v1__expert_response__init(&message)
        return unsafe message
    }
}
