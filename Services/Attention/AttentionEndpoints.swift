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
    private let partIndex = Gauge(label: "minimax_attention_part_index")
    private let partCount = Gauge(label: "minimax_attention_part_count")
    private let evictions = KeeperCounters()
    let rows = Counter(label: "minimax_attention_rows_total")

    init(budgetBytes: Int, diskBudgetBytes: Int) {
        Gauge(label: "minimax_attention_state_budget_bytes").record(budgetBytes)
        Gauge(label: "minimax_attention_state_disk_budget_bytes").record(diskBudgetBytes)
    }

    /// Reads the states and the part anew; after every call that changes them.
    func report(_ engine: AttentionEngine) {
        let held = engine.held, usage = held.states.usage
        partIndex.record(held.part.index)
        partCount.record(held.part.count)
        sequences.record(usage.sequences)
        kept.record(usage.kept)
        keptOnDisk.record(usage.onDisk)
        used.record(usage.usedBytes)
        bound.record(usage.boundBytes)
        diskBytes.record(usage.diskBytes)
        evictions.report(held.states.counts)
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
        func changing<Request, Response>(
            _ endpoint: Endpoint<Request, Response>, _ handler: @escaping @Sendable (Request) async throws -> Response
        ) {
            on(endpoint) { request, _ in
                defer { metrics.report(engine) }
                return try await handler(request)
            }
        }
        metrics.report(engine)
        on(.describeAttention) { request, _ in engine.describe(request) }
        changing(.holdPart) { request in
            let before = engine.held.part, description = try await engine.hold(request), part = engine.held.part
            if part != before {
                logger.notice("computes another part of attention", metadata: ["part": "\(part.inWords)"])
            }
            return description
        }
        on(.digestWeights) { request, _ in try await engine.digests(request) }
        changing(.openSequence) { try await engine.states.open($0) }
        changing(.growSequence) { try await engine.states.grow($0) }
        changing(.closeSequences) { try await engine.states.close($0) }
        changing(.keepState) { try await engine.states.keep($0) }
        changing(.dropStates) { await engine.states.drop($0) }
        changing(.storeState) { try await engine.states.store($0) }
        changing(.exportState) { try await engine.states.export($0) }
        changing(.importState) { try await engine.states.import($0) }
        on(.listStates) { request, _ in engine.states.list(request) }
        on(.describeState) { request, _ in try engine.states.describe(request) }
        let rowBytes = engine.config.hiddenSize * MemoryLayout<Float>.size
        on(.embed, answerBytes: { $0.tokens.count * rowBytes }, engine.embed)
        on(.attend) { request, context in
            metrics.rows.increment(by: request.spans.reduce(0) { $0 + $1.count })
            return try await engine.attend(request, context)
        }
        on(.head, answerBytes: engine.answerBytes, engine.head)
    }
}
