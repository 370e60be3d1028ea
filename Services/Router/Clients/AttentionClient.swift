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
    /// This run of the router: its sessions are no other's.
    let router = UInt64.random(in: 1 ... .max)

    /// (tokens, D)
    func embed(_ tokens: [UInt32]) async throws -> Tensor {
        let response = try await rpc.call(.embed, EmbedRequest(tokens: tokens), timeout: timeout)
        return try tensor(response.hidden, rows: tokens.count, columns: config.hiddenSize)
    }

    /// One layer's attention over the batch's rows: the parts' shares added, the lightning output norm applied (spec 2.8).
    func attend(_ layer: RouterWeights.Layer, _ normed: Tensor, _ batch: Batch, _ compute: Compute) async throws -> Tensor {
        let request = SublayerRequest(router: router, layer: layer.index, spans: batch.spans, hidden: normed.values)
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

    /// What the service is and how it stands; tells it that this router lives.
    func describe(timeout: TimeAmount) async throws(RPCError) -> AttentionDescription {
        try await rpc.call(.describeAttention, DescribeRequest(router: router), timeout: timeout)
    }

    /// - Throws: as the next three do, `RPCError` `resourceExhausted` where memory is short; the session is as it was then.
    func open(_ session: UInt64, tokensMax: Int) async throws {
        _ = try await rpc.call(.openSession, OpenSessionRequest(router: router, session: session, tokensMax: tokensMax), timeout: timeout)
    }

    /// - Parameter tokensMax: positions that the session may reach from now on.
    func grow(_ session: UInt64, tokensMax: Int) async throws {
        _ = try await rpc.call(.growSession, GrowSessionRequest(router: router, session: session, tokensMax: tokensMax), timeout: timeout)
    }

    func close(_ sessions: [UInt64]) async throws {
        _ = try await rpc.call(.closeSessions, CloseSessionsRequest(router: router, sessions: sessions, all: false), timeout: timeout)
    }

    /// Drops all states that the service holds for this router.
    func closeAll() async throws(RPCError) {
        _ = try await rpc.call(.closeSessions, CloseSessionsRequest(router: router, sessions: [], all: true), timeout: timeout)
    }

    /// Moves a session's state to the service's disk.
    ///
    /// - Returns: the bytes there.
    func park(_ session: UInt64) async throws -> Int {
        try await rpc.call(.parkSession, ParkSessionRequest(router: router, session: session), timeout: timeout).parkedBytes
    }

    /// Brings a parked session back.
    ///
    /// - Parameter tokensMax: positions that it may reach from now on; 0: as many as before.
    /// - Returns: the bytes of memory reserved for it.
    /// - Throws: `RPCError` `resourceExhausted` where memory is short: the session stays parked; `notFound` where its state is lost.
    @discardableResult func resume(_ session: UInt64, tokensMax: Int = 0) async throws -> Int {
        let request = ResumeSessionRequest(router: router, session: session, tokensMax: tokensMax)
        return try await rpc.call(.resumeSession, request, timeout: timeout).reservedBytes
    }

    /// A lightning layer's state after the session's last token, (H, d, d).
    func lightningState(_ session: UInt64, layer: Int) async throws -> [Float] {
        try await rpc.call(.lightningState, StateRequest(router: router, session: session, layer: layer), timeout: timeout).state
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
