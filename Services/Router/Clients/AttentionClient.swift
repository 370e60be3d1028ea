internal import Checkpoint
internal import Cluster
internal import Messages
internal import NIOCore
internal import Synchronization
internal import Tensors
internal import Transport

/// The attention service as the forward pass sees it. Every answer's size is checked before it is used.
struct AttentionClient: Sendable {
    let config: ModelConfig
    let rpc: RPCClient
    let timeout: TimeAmount

    /// (tokens, D)
    func embed(_ tokens: [UInt32]) async throws -> Tensor {
        let response = try await rpc.call(.embed, EmbedRequest(tokens: tokens), timeout: timeout)
        return try tensor(response.hidden, rows: tokens.count, columns: config.hiddenSize)
    }

    /// One layer's attention over the batch's rows: the parts' shares added, the lightning output norm applied (spec 2.8).
    func attend(_ layer: RouterWeights.Layer, _ normed: Tensor, _ batch: Batch, _ compute: Compute) async throws -> Tensor {
        let request = SublayerRequest(layer: layer.index, spans: batch.spans, hidden: normed.values)
        let response = try await rpc.call(.attend, request, timeout: timeout)
        var output = try tensor(response.partial, rows: normed.rows, columns: config.hiddenSize)
        if layer.kind == .lightning {
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

    func open(_ session: UInt64, tokensMax: Int) async throws {
        _ = try await rpc.call(.openSession, OpenSessionRequest(session: session, tokensMax: tokensMax), timeout: timeout)
    }

    func close(_ sessions: [UInt64]) async throws {
        _ = try await rpc.call(.closeSessions, CloseSessionsRequest(sessions: sessions, all: false), timeout: timeout)
    }

    /// Moves a session's state to the service's disk.
    ///
    /// - Returns: the bytes there.
    func park(_ session: UInt64) async throws -> Int {
        try await rpc.call(.parkSession, ParkSessionRequest(session: session), timeout: timeout).parkedBytes
    }

    /// Brings a parked session back.
    ///
    /// - Returns: the bytes of memory reserved for it.
    /// - Throws: `RPCError` `resourceExhausted` where memory is short: the session stays parked; `internalError` where its state is lost.
    func resume(_ session: UInt64) async throws -> Int {
        try await rpc.call(.resumeSession, ResumeSessionRequest(session: session), timeout: timeout).reservedBytes
    }

    /// A lightning layer's state after the session's last token, (H, d, d).
    func lightningState(_ session: UInt64, layer: Int) async throws -> [Float] {
        try await rpc.call(.lightningState, StateRequest(session: session, layer: layer), timeout: timeout).state
    }

    private func tensor(_ values: [Float], rows: Int, columns: Int) throws -> Tensor {
        guard values.count == rows * columns else {
            throw ClusterError.answer(from: "attention", "\(values.count) values, expected \(rows) rows of \(columns)")
        }
        return Tensor(columns: columns, values: values)
    }
}

/// What a lightning layer's output norm multiplies a row of `width` components by, whose squares add up to `squares`.
/// Its epsilon is a constant of the model, not `rms_norm_eps` (spec 2.8).
func lightningNormScale(squares: Float, width: Int) -> Float { 1 / (squares / Float(width) + 1e-6).squareRoot() }
