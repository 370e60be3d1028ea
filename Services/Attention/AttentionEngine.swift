internal import Checkpoint
internal import Messages
internal import Synchronization
internal import Telemetry
internal import Tensors
internal import TypedCalls

/// The attention service's arithmetic: weights of every attention layer, the embedding, the head, and what they do with
/// the live states of sequences.
///
/// All work runs on one lane, call after call, so a live state needs no lock; inside a call the heads of all sequences
/// share the compute threads.
final class AttentionEngine: Sendable {
    private enum Layer: Sendable {
        case lightning(LightningAttention)
        case softmax(SoftmaxAttention)
    }

    let config: ModelConfig
    let fingerprint: String
    private let weights: WeightReader
    private let layers: [Layer]
    private let embedding: WeightMatrix        // (vocabulary, D)
    private let head: WeightMatrix        // (vocabulary, D)
    private let compute: Compute
    private let lane: ComputeLane
    private let calls = (
        embed: CallMeter("minimax_attention", call: "embed"), attend: CallMeter("minimax_attention", call: "attend"),
        logits: CallMeter("minimax_attention", call: "logits")
    )
    let states: StateKeeper

    init(_ checkpoint: WeightFiles, compute: Compute, memoryBudgetBytes: Int, disk: StateDisk) throws {
        config = checkpoint.config
        fingerprint = try checkpoint.fingerprint()
        weights = WeightReader(checkpoint, compute)
        layers = try checkpoint.config.layers.enumerated().map { index, kind in
            switch kind {
            case .lightning: .lightning(try LightningAttention(checkpoint, layer: index))
            case .softmax: .softmax(try SoftmaxAttention(checkpoint, layer: index))
            }
        }
        embedding = try checkpoint.embedding()
        head = try checkpoint.head()
        self.compute = compute
        lane = ComputeLane(label: "attention")
        states = StateKeeper(checkpoint.config, budgetBytes: memoryBudgetBytes, disk: disk, lane: lane)
    }

    /// Reads all weights, the first time it is called.
    func digests(_: DigestsRequest) async throws -> DigestsResponse {
        DigestsResponse(digests: try await weights.digests().map(\.message))
    }

    func describe(_ request: DescribeRequest) async throws -> AttentionDescription {
        states.heard(request.router)
        let (budget, others) = states.store.withLock { ($0.budgetBytes, $0.bytesBound(beyond: request.router)) }
        return AttentionDescription(
            modelFingerprint: fingerprint, kernels: compute.kernels.name, memoryBudgetBytes: budget,
            arithmetic: compute.arithmetic.rawValue,
            othersBytes: others, stalledMilliseconds: Int(UInt32(clamping: Int(lane.busyTime / .milliseconds(1)))),
            weightsCopy: weights.copy)
    }

    func embed(_ request: EmbedRequest, _ context: CallContext = CallContext()) async throws -> EmbedResponse {
        if let unknown = request.tokens.first(where: { $0 >= config.vocabularySize }) {
            throw AttentionError.token(unknown, vocabulary: config.vocabularySize)
        }
        try checkAnswer(rows: request.tokens.count, columns: config.hiddenSize)
        let operations = Compute.operations(rows: 0, weights: request.tokens.count * config.hiddenSize)
        return try await run(calls.embed, operations, context) { [self] _ in
            EmbedResponse(hidden: embedding.floats(ofRows: request.tokens))
        }
    }

    /// One layer over the new rows of some sequences; every span is checked before any state changes.
    func attend(_ request: SublayerRequest, _ context: CallContext = CallContext()) async throws -> SublayerResponse {
        let input = try rows(request.hidden, "hidden")
        guard request.layer < layers.count else { throw AttentionError.layer(request.layer, count: layers.count) }
        guard request.spans.reduce(0, { $0 + $1.count }) == input.rows,
            Set(request.spans.map(\.sequence)).count == request.spans.count
        else {
            throw AttentionError.shape(
                name: "hidden", expected: "the rows of its spans, one span a sequence", found: request.hidden.count)
        }
        return try await run(calls.attend, operations(request), context) { [self] compute in
            let spans = try layers(of: request)
            states.counts.calls.add(1, ordering: .relaxed)
            states.heard(request.router)
            switch layers[request.layer] {
            case .lightning(let layer):
                let (partial, squares) = layer.attend(
                    input, spans.compactMap { state, rows in state.lightning.map { ($0, rows) } }, compute)
                return SublayerResponse(partial: partial.values, squares: squares)
            case .softmax(let layer):
                let partial = layer.attend(
                    input, spans.compactMap { state, rows in state.softmax.map { ($0, rows) } }, compute)
                return SublayerResponse(partial: partial.values, squares: [])
            }
        }
    }

    /// The sequences' states in the layer of a request, and whose rows are whose. Only the lane changes live states, so
    /// that they need no lock while a layer works on them.
    private func layers(
        of request: SublayerRequest
    ) throws(AttentionError) -> [(state: LiveState.Layer, rows: Range<Int>)] {
        try states.store.withLock { store throws(AttentionError) in
            var first = 0
            return try request.spans.map { span throws(AttentionError) in
                let key = SequenceKey(router: request.router, id: span.sequence)
                let state = try store.state(key, layer: request.layer, start: span.start, count: span.count)
                defer { first += span.count }
                return (state.layers[request.layer], first ..< first + span.count)
            }
        }
    }

    func logits(_ request: LogitsRequest, _ context: CallContext = CallContext()) async throws -> LogitsResponse {
        let input = try rows(request.hidden, "hidden")
        try checkAnswer(rows: input.rows, columns: config.vocabularySize)
        let operations = Compute.operations(rows: input.rows, weights: head.count)
        return try await run(calls.logits, operations, context) { [self] compute in
            LogitsResponse(logits: compute.linear(input, head).values)
        }
    }

    func state(_ request: StateRequest) async throws -> StateResponse {
        guard request.layer < layers.count else { throw AttentionError.layer(request.layer, count: layers.count) }
        return try await lane.run { [self] in
            let key = SequenceKey(router: request.router, id: request.sequence)
            let live = try states.store.withLock { store throws(AttentionError) in try store.state(key) }
            guard case .lightning(let layer) = layers[request.layer],
                let state = live.layers[request.layer].lightning
            else {
                throw AttentionError.notLightning(layer: request.layer)
            }
            return StateResponse(state: layer.currentState(of: state, compute))
        }
    }

    /// About how many additions or the like a layer takes over the rows of a request.
    private func operations(_ request: SublayerRequest) -> Double {
        let rows = request.spans.reduce(0) { $0 + $1.count }
        return switch layers[request.layer] {
        case .lightning(let layer): layer.operations(rows: rows, sequences: request.spans.count)
        case .softmax(let layer):
            layer.operations(
                rows: rows,
                positions: request.spans.reduce(0) { $0 + Double($1.count) * (Double($1.start) + Double($1.count)) })
        }
    }

    /// A call's computation; it is not begun once the call's deadline has passed.
    private func run<Answer: Sendable>(
        _ meter: CallMeter, _ operations: Double, _ context: CallContext,
        _ work: @escaping @Sendable (Compute) throws -> Answer
    ) async throws -> Answer {
        try await meter.answer { [compute] in
            try await lane.run(on: compute.place(operations: operations)) {
                try context.checkDeadline()
                return try meter.compute { try compute.together(operations: operations, work) }
            }
        }
    }

    /// A short message may ask for a very long answer, so answers have a limit of their own: that of a message.
    private func checkAnswer(rows: Int, columns: Int) throws(AttentionError) {
        let limit = Self.answerBytesMax / (columns * MemoryLayout<Float>.size)
        guard rows <= limit else { throw .rows(rows, limit: limit) }
    }

    private static let answerBytesMax = 256 << 20

    /// A peer's values as rows of the hidden size.
    private func rows(_ values: [Float], _ name: String) throws(AttentionError) -> Tensor {
        guard !values.isEmpty, values.count % config.hiddenSize == 0 else {
            throw .shape(name: name, expected: "one or more rows of \(config.hiddenSize)", found: values.count)
        }
        return Tensor(columns: config.hiddenSize, values: values)
    }
}
