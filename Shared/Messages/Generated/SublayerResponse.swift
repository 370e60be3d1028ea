// Made by Shared/CMessages/generate: edit cluster.proto, then run that.
internal import CMessages

/// One part's share of a layer's attention.
package struct SublayerResponse: Sendable, Equatable {
    /// (rows, hidden): this part's share of the out-projection.
    package let partial: [Float]
    /// Lightning layers: (rows) sums of squares of this part's heads, before the output norm; the caller multiplies
    /// each row of the added partials by 1/sqrt(sum / (heads * head_dim) + 1e-6). Softmax layers: empty.
    package let squares: [Float]

    /// Each parameter becomes the property of its name.
    package init(partial: [Float], squares: [Float]) {
        self.partial = partial
        self.squares = squares
    }
}

extension SublayerResponse: WireMessage {
    package init(decoding bytes: RawSpan) throws(MessageError) {
        self = try unsafe decode(
            "SublayerResponse", bytes, minimax__cluster__v1__sublayer_response__unpack,
            minimax__cluster__v1__sublayer_response__free_unpacked, SublayerResponse.init)
    }

    package func encoded<R>(_ body: (Int, (UnsafeMutableRawBufferPointer) -> Void) throws -> R) rethrows -> R {
        var message = unsafe cMessage()
        return try unsafe withField(partial) { field in
            unsafe message.partial = field
            return try unsafe withField(squares) { field in
                unsafe message.squares = field
                return try unsafe encode(message, body)
            }
        }
    }

    init(_ message: Minimax__Cluster__V1__SublayerResponse, _ fields: FieldReader) throws(MessageError) {
        try unsafe self.init(
            partial: fields.values(message.partial, "partial"),
            squares: fields.values(message.squares, "squares"))
    }

    /// The C message. It lacks the bytes fields.
    func cMessage() -> Minimax__Cluster__V1__SublayerResponse {
        var message = unsafe Minimax__Cluster__V1__SublayerResponse()
        unsafe minimax__cluster__v1__sublayer_response__init(&message)
        return unsafe message
    }
}
