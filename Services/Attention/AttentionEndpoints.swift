internal import Checkpoint
internal import Logging
internal import Messages
internal import Metrics
internal import Transport
internal import TypedCalls

/// What the service tells of its sessions and of its work.
struct AttentionMetrics: Sendable {
    private let sessions = Gauge(label: "minimax_attention_sessions")
    private let reserved = Gauge(label: "minimax_attention_state_reserved_bytes")
    private let parked = Gauge(label: "minimax_attention_sessions_parked")
    private let parkedBytes = Gauge(label: "minimax_attention_state_parked_bytes")
    let rows = Counter(label: "minimax_attention_rows_total")

    init(budgetBytes: Int) { Gauge(label: "minimax_attention_state_budget_bytes").record(budgetBytes) }

    /// Reads the engine's sessions anew; after every call that changes them.
    func report(_ engine: AttentionEngine) {
        let usage = engine.usage
        sessions.record(usage.sessions)
        reserved.record(usage.reservedBytes)
        parked.record(usage.parked)
        parkedBytes.record(usage.parkedBytes)
    }
}

extension EndpointHandlers {
    /// The attention service's.
    init(_ engine: AttentionEngine, _ metrics: AttentionMetrics, logger: Logger) {
        self.init(logger: logger) { ($0 as? AttentionError).map(RPCError.init) }
        func onSessions<Request, Response>(
            _ endpoint: Endpoint<Request, Response>, _ handler: @escaping @Sendable (Request) async throws -> Response
        ) {
            on(endpoint) { request, _ in
                defer { metrics.report(engine) }
                return try await handler(request)
            }
        }
        on(.describeAttention) { request, _ in try await engine.describe(request) }
        on(.digestWeights) { request, _ in try await engine.digests(request) }
        onSessions(.openSession, engine.open)
        onSessions(.growSession, engine.grow)
        onSessions(.closeSessions, engine.close)
        onSessions(.parkSession, engine.park)
        onSessions(.resumeSession, engine.resume)
        let rowBytes = engine.config.hiddenSize * MemoryLayout<Float>.size
        let logitsBytes = engine.config.vocabularySize * MemoryLayout<Float>.size
        on(.embed, answerBytes: { $0.tokens.count * rowBytes }, engine.embed)
        on(.attend) { request, context in
            metrics.rows.increment(by: request.spans.reduce(0) { $0 + $1.count })
            return try await engine.attend(request, context)
        }
        on(.logits, answerBytes: { $0.hidden.count * MemoryLayout<Float>.size / rowBytes * logitsBytes }, engine.logits)
        on(.lightningState) { request, _ in try await engine.state(request) }
    }
}
