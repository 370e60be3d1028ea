internal import Checkpoint
internal import Logging
internal import Messages
internal import Metrics
internal import Synchronization
internal import Transport
internal import TypedCalls

/// What the service tells of its states and of its work.
struct AttentionMetrics: Sendable {
    private let sequences = Gauge(label: "minimax_attention_sequences")
    private let kept = Gauge(label: "minimax_attention_states_kept")
    private let keptOnDisk = Gauge(label: "minimax_attention_states_on_disk")
    private let used = Gauge(label: "minimax_attention_state_used_bytes")
    private let bound = Gauge(label: "minimax_attention_state_bound_bytes")
    private let diskBytes = Gauge(label: "minimax_attention_state_disk_bytes")
    private let evictions = KeeperCounters()
    let rows = Counter(label: "minimax_attention_rows_total")

    init(budgetBytes: Int, diskBudgetBytes: Int) {
        Gauge(label: "minimax_attention_state_budget_bytes").record(budgetBytes)
        Gauge(label: "minimax_attention_state_disk_budget_bytes").record(diskBudgetBytes)
    }

    /// Reads the states anew; after every call that changes them.
    func report(_ states: StateKeeper) {
        let usage = states.usage
        sequences.record(usage.sequences)
        kept.record(usage.kept)
        keptOnDisk.record(usage.onDisk)
        used.record(usage.usedBytes)
        bound.record(usage.boundBytes)
        diskBytes.record(usage.diskBytes)
        evictions.report(states.counts)
    }
}

/// Counters of what became of kept states.
private struct KeeperCounters: Sendable {
    private let movedToDisk = Counter(label: "minimax_attention_states_moved_to_disk_total")
    private let evicted = Counter(label: "minimax_attention_states_evicted_total")
    private let loaded = Counter(label: "minimax_attention_states_loaded_total")

    func report(_ counts: KeeperCounts) {
        movedToDisk.increment(by: counts.movedToDisk.exchange(0, ordering: .relaxed))
        evicted.increment(by: counts.evicted.exchange(0, ordering: .relaxed))
        loaded.increment(by: counts.loaded.exchange(0, ordering: .relaxed))
    }
}

extension EndpointHandlers {
    /// The attention service's.
    init(_ engine: AttentionEngine, _ metrics: AttentionMetrics, logger: Logger) {
        self.init(logger: logger) { ($0 as? AttentionError).map(RPCError.init) }
        let states = engine.states
        func onStates<Request, Response>(
            _ endpoint: Endpoint<Request, Response>, _ handler: @escaping @Sendable (Request) async throws -> Response
        ) {
            on(endpoint) { request, _ in
                defer { metrics.report(states) }
                return try await handler(request)
            }
        }
        on(.describeAttention) { request, _ in try await engine.describe(request) }
        on(.digestWeights) { request, _ in try await engine.digests(request) }
        onStates(.openSequence, states.open)
        onStates(.growSequence, states.grow)
        onStates(.closeSequences, states.close)
        onStates(.keepState, states.keep)
        onStates(.dropStates, states.drop)
        onStates(.storeState, states.store)
        onStates(.exportState, states.export)
        onStates(.importState, states.import)
        on(.listStates) { request, _ in states.list(request) }
        on(.describeState) { request, _ in try states.describe(request) }
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
