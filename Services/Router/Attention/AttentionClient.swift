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
    /// Bytes of memory that it has for states, as it announced.
    var memoryBytes = Int.max
    private let conduct = Conduct()

    /// - Parameter onFault: see there.
    init(
        name: String, config: ModelConfig, rpc: RPCClient, timeout: TimeAmount, owner: String, router: UInt64,
        onFault: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        (self.name, self.config, self.rpc, self.timeout) = (name, config, rpc, timeout)
        (self.owner, self.router, self.onFault) = (owner, router, onFault)
    }

    /// As errors name it.
    var label: String { "attention \(name)" }

    var isConnected: Bool { rpc.isConnected }

    /// (tokens, D)
    func embed(_ tokens: [UInt32]) async throws -> Tensor {
        let response = try await compute(.embed, EmbedRequest(tokens: tokens))
        let hidden = try tensor(response.hidden, rows: tokens.count, columns: config.hiddenSize)
        guard hidden.values.areFinite else { throw fault("an embedding that is not finite") }
        return hidden
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
        let response = try await compute(.attend, request)
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
        let description = try await ask(.holdPart, request)
        guard description.partIndex == part.index, description.partCount == part.count else {
            throw fault(
                "that it has part \(description.partIndex) of \(description.partCount), expected \(part.index) of "
                    + "\(part.count)")
        }
        return description
    }

    /// What the head says of some rows, of the part that the service has.
    func head(_ request: HeadRequest) async throws(RPCError) -> HeadResponse {
        try await compute(.head, request)
    }

    /// What the service is and how it stands; tells it that this router lives.
    func describe(timeout: TimeAmount) async throws(RPCError) -> AttentionDescription {
        let description = try await ask(
            .describeAttention, DescribeRequest(router: router, owner: owner), within: timeout)
        let isIdle = description.stalledMilliseconds == 0, now = conduct.start.duration(to: .now)
        if let reason = conduct.state.withLock({ $0.looked(isIdle: isIdle, at: now) }) { fault(reason) }
        return description
    }

    /// A call that computes rows.
    private func compute<Request, Response>(
        _ endpoint: Endpoint<Request, Response>, _ request: Request
    ) async throws(RPCError) -> Response {
        let number = conduct.state.withLock { $0.asked() }
        defer { conduct.state.withLock { $0.settled(number) } }
        return try await ask(endpoint, request, .rows)
    }

    /// One call.
    ///
    /// - Parameter limit: how long it may take; nil: as long as any.
    func ask<Request, Response>(
        _ endpoint: Endpoint<Request, Response>, _ request: Request, _ kind: AttentionConduct.Kind = .other,
        within limit: TimeAmount? = nil
    ) async throws(RPCError) -> Response {
        do throws(RPCError) {
            let answer = try await rpc.call(endpoint, request, timeout: limit ?? timeout)
            conduct.state.withLock { $0.answered(endpoint.path) }
            return answer
        } catch {
            if let reason = conduct.state.withLock({ $0.failed(endpoint.path, kind, error) }) { onFault(reason) }
            throw error
        }
    }

    /// The process answered what it must not answer; it is told on.
    @discardableResult func fault(_ reason: String) -> ClusterError {
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

/// The conduct of one process, of which several tasks hear.
private final class Conduct: Sendable {
    let state = Mutex(AttentionConduct())
    let start = ContinuousClock.now
}

/// What a lightning layer's output norm multiplies a row of `width` components by, whose squares add up to `squares`.
/// Its epsilon is a constant of the model, not `rms_norm_eps`.
func lightningNormScale(squares: Float, width: Int) -> Float { 1 / (squares / Float(width) + 1e-6).squareRoot() }
