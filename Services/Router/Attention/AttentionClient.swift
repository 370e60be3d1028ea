internal import Checkpoint
internal import Messages
internal import NIOCore
internal import Synchronization
internal import Tensors
internal import Transport
internal import TypedCalls

/// The attention service as the forward pass sees it. Every answer's size is checked before it is used.
struct AttentionClient: Sendable {
    let config: ModelConfig
    let rpc: RPCClient
    let timeout: TimeAmount
    /// Whose kept states this router's are: a name that stays the same from one start to the next.
    let owner: String
    /// This run of the router: its sequences are no other's.
    let router = UInt64.random(in: 1 ... .max)

    var isConnected: Bool { rpc.isConnected }

    /// (tokens, D)
    func embed(_ tokens: [UInt32]) async throws -> Tensor {
        let response = try await rpc.call(.embed, EmbedRequest(tokens: tokens), timeout: timeout)
        return try tensor(response.hidden, rows: tokens.count, columns: config.hiddenSize)
    }

    /// One layer's attention over the rows of a batch: the parts' shares added, the lightning output norm
    /// applied.
    ///
    /// - Parameters:
    ///   - normed: (tokens, D), after the layer's first norm.
    ///   - spans: whose rows they are, in order.
    /// - Returns: (tokens, D).
    func attend(_ layer: Int, _ normed: Tensor, _ spans: [SequenceSpan], _ compute: Compute) async throws -> Tensor {
        let request = SublayerRequest(router: router, layer: layer, spans: spans, hidden: normed.values)
        let response = try await rpc.call(.attend, request, timeout: timeout)
        var output = try tensor(response.partial, rows: normed.rows, columns: config.hiddenSize)
        if config.layers[layer] == .lightning {
            let squares = try tensor(response.squares, rows: normed.rows, columns: 1).values
            let width = config.headCount * config.headDimension
            compute.scaleRows(&output, by: squares.map { lightningNormScale(squares: $0, width: width) })
        }
        return output
    }

    /// (rows, vocabulary) for rows after the final norm.
    func logits(_ hidden: Tensor) async throws -> Tensor {
        let response = try await rpc.call(.logits, LogitsRequest(hidden: hidden.values), timeout: timeout)
        return try tensor(response.logits, rows: hidden.rows, columns: config.vocabularySize)
    }

    /// What the service is and how it stands; tells it that this router lives.
    func describe(timeout: TimeAmount) async throws(RPCError) -> AttentionDescription {
        try await rpc.call(.describeAttention, DescribeRequest(router: router), timeout: timeout)
    }

    private func tensor(_ values: [Float], rows: Int, columns: Int) throws -> Tensor {
        guard values.count == rows * columns else {
            throw ClusterError.answer(from: "attention", "\(values.count) values, expected \(rows) rows of \(columns)")
        }
        return Tensor(columns: columns, values: values)
    }
}

/// What a lightning layer's output norm multiplies a row of `width` components by, whose squares add up to `squares`.
/// Its epsilon is a constant of the model, not `rms_norm_eps`.
func lightningNormScale(squares: Float, width: Int) -> Float { 1 / (squares / Float(width) + 1e-6).squareRoot() }
