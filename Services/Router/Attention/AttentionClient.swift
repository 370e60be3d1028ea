internal import Checkpoint
internal import Messages
internal import NIOCore
internal import Synchronization
internal import Tensors
internal import Transport
internal import TypedCalls

/// One process of the attention service. Every answer's size is checked before it is used.
struct AttentionClient: Sendable {
    /// The process's name, for errors.
    let name: String
    let config: ModelConfig
    let rpc: RPCClient
    let timeout: TimeAmount
    /// Whose kept states this router's are: a name that stays the same from one start to the next.
    let owner: String
    /// This run of the router: its sequences are no other's.
    let router: UInt64
    /// Called when the process answered what it must not answer, with what it was.
    var onFault: @Sendable (String) -> Void = { _ in }
    /// Nil: nobody wants to know them.
    var callTimes: AttentionCallTimes?

    /// As errors name it.
    var label: String { "attention \(name)" }

    var isConnected: Bool { rpc.isConnected }

    /// (tokens, D)
    func embed(_ tokens: [UInt32]) async throws -> Tensor {
        let response = try await rpc.call(.embed, EmbedRequest(tokens: tokens), timeout: timeout)
        return try tensor(response.hidden, rows: tokens.count, columns: config.hiddenSize)
    }

    /// This part's share of one layer's attention over the rows of some sequences.
    ///
    /// - Parameters:
    ///   - normed: (rows, D), after the layer's first norm.
    ///   - spans: whose rows they are, in order.
    /// - Returns: (rows, D), and of a lightning layer the (rows) sums of squares; of others none.
    func attend(
        _ layer: Int, _ normed: Tensor, _ spans: [SequenceSpan]
    ) async throws -> (partial: [Float], squares: [Float]) {
        let request = SublayerRequest(router: router, layer: layer, spans: spans, hidden: normed.values)
        let begin = ContinuousClock.now
        let response = try await rpc.call(.attend, request, timeout: timeout)
        callTimes?.answered(after: begin.duration(to: .now))
        let partial = try tensor(response.partial, rows: normed.rows, columns: config.hiddenSize).values
        let squareCount = config.layers[layer] == .lightning ? normed.rows : 0
        guard response.squares.count == squareCount else {
            throw fault("\(response.squares.count) sums of squares, expected \(squareCount)")
        }
        let areSound = partial.areFinite && response.squares.areFinite
        guard areSound || !normed.values.areFinite else { throw fault("values that are not finite") }
        return (partial, response.squares)
    }

    /// Tells the service which part of attention it computes.
    func hold(_ part: AttentionPart) async throws -> AttentionDescription {
        let request = HoldPartRequest(router: router, partIndex: part.index, partCount: part.count)
        let description = try await rpc.call(.holdPart, request, timeout: timeout)
        guard description.partIndex == part.index, description.partCount == part.count else {
            throw fault("part \(description.partIndex) of \(description.partCount), expected \(part)")
        }
        return description
    }

    /// What the head says of some rows, of the part that the service has.
    func head(_ request: HeadRequest) async throws(RPCError) -> HeadResponse {
        try await rpc.call(.head, request, timeout: timeout)
    }

    /// What the service is and how it stands; tells it that this router lives.
    func describe(timeout: TimeAmount) async throws(RPCError) -> AttentionDescription {
        try await rpc.call(.describeAttention, DescribeRequest(router: router), timeout: timeout)
    }

    private func fault(_ reason: String) -> ClusterError {
        onFault(reason)
        return .answer(from: label, reason)
    }

    private func tensor(_ values: [Float], rows: Int, columns: Int) throws -> Tensor {
        guard values.count == rows * columns else {
            throw fault("\(values.count) values, expected \(rows) rows of \(columns)")
        }
        return Tensor(columns: columns, values: values)
    }
}

/// What a lightning layer's output norm multiplies a row of `width` components by, whose squares add up to `squares`.
/// Its epsilon is a constant of the model, not `rms_norm_eps`.
func lightningNormScale(squares: Float, width: Int) -> Float { 1 / (squares / Float(width) + 1e-6).squareRoot() }
