internal import Checkpoint
internal import Messages
internal import Synchronization
internal import Telemetry
internal import Tensors
internal import TypedCalls

/// The attention service's arithmetic: the layers of the part of attention that it computes, the embedding and the
/// head.
///
/// All work runs on one lane, call after call, so a live state needs no lock; inside a call the heads of all sequences
/// share the compute threads.
final class AttentionEngine: Sendable {
    let config: ModelConfig
    let fingerprint: String
    let checkpoint: WeightFiles
    /// Into how many parts attention can be cut at most.
    let partsMax: Int
    /// The routers that use the service.
    let routers: Routers
    private let heldPart: Mutex<HeldPart>
    private let weights: WeightReader
    private let embedding: WeightMatrix        // (vocabulary, D)
    private let compute: Compute
    let lane: ComputeLane
    let disk: StateDisk
    /// How keys and values are stored.
    private let keyValues: FloatFormat
    private let calls = (
        embed: CallMeter("minimax_attention", call: "embed"), attend: CallMeter("minimax_attention", call: "attend"),
        head: CallMeter("minimax_attention", call: "head")
    )

    /// What the service computes now. It is changed on the lane only.
    var held: HeldPart {
        get { heldPart.withLock { $0 } }
        set { heldPart.withLock { $0 = newValue } }
    }

    /// The states of the part that the service computes now.
    var states: StateKeeper { held.states }

    /// Begins with all of attention.
    init(
        _ checkpoint: WeightFiles, compute: Compute, keyValues: FloatFormat = .float32, memoryBudgetBytes: Int,
        disk: StateDisk, routers: Routers = Routers()
    ) throws {
        config = checkpoint.config
        fingerprint = try checkpoint.fingerprint()
        self.checkpoint = checkpoint
        partsMax = try checkpoint.attentionPartsMax()
        weights = WeightReader(checkpoint, compute)
        embedding = try checkpoint.embedding()
        self.compute = compute
        lane = ComputeLane(label: "attention")
        (self.routers, self.disk, self.keyValues) = (routers, disk, keyValues)
        let states = StateKeeper(
            checkpoint.config, keyValues: keyValues, budgetBytes: memoryBudgetBytes, disk: disk, lane: lane,
            routers: routers)
        heldPart = Mutex(try HeldPart(checkpoint, states))
    }

    /// What states are computed with; see `FloatFormat.attention`.
    var arithmetic: String { keyValues.attention(in: compute.arithmetic.rawValue) }

    /// Reads all weights, the first time it is called.
    func digests(_: DigestsRequest) async throws -> DigestsResponse {
        DigestsResponse(digests: try await weights.digests().map(\.message))
    }

    func describe(_ request: DescribeRequest) -> AttentionDescription {
        let held = held
        routers.told(request.router, of: held.part)
        if !request.owner.isEmpty { routers.heard(request.router, of: request.owner) }
        let (budget, others) = held.states.store.withLock { ($0.budgetBytes, $0.bytesBound(beyond: request.router)) }
        return AttentionDescription(
            modelFingerprint: fingerprint, kernels: compute.kernels.name, memoryBudgetBytes: budget,
            arithmetic: arithmetic,
            othersBytes: others, stalledMilliseconds: Int(UInt32(clamping: Int(lane.busyTime / .milliseconds(1)))),
            weightsCopy: weights.copy, partIndex: held.part.index, partCount: held.part.count,
            keptBytes: held.states.book.keptBytes)
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
        try checkLayer(request.layer)
        guard request.spans.reduce(0, { $0 + $1.count }) == input.rows,
            Set(request.spans.map(\.sequence)).count == request.spans.count
        else {
            throw AttentionError.shape(
                name: "hidden", expected: "the rows of its spans, one span a sequence", found: request.hidden.count)
        }
        return try await run(calls.attend, held.layers.operations(request), context) { [self] compute in
            let held = held, spans = try held.spans(of: request)
            held.states.counts.calls.add(1, ordering: .relaxed)
            routers.heard(request.router)
            return held.layers.attend(layer: request.layer, input, spans, compute)
        }
    }

    private func checkLayer(_ layer: Int) throws(AttentionError) {
        guard layer < config.layerCount else { throw .layer(layer, count: config.layerCount) }
    }

    func head(_ request: HeadRequest, _ context: CallContext = CallContext()) async throws -> HeadResponse {
        let held = held, head = held.head
        guard request.partCount == 0 || AttentionPart(index: request.partIndex, count: request.partCount) == held.part
        else { throw AttentionError.partChanged }
        let input = try rows(request.hidden, "hidden")
        let reading = try head.reading(request, rows: input.rows)
        try checkAnswer(rows: input.rows, columns: max(1, reading.ids.count))        // the logits in memory
        try checkAnswer(rows: 1, columns: max(1, reading.answerBytes / MemoryLayout<Float>.size))
        return try await run(calls.head, head.operations(rows: input.rows), context) { compute in
            head.answer(reading, input, compute)
        }
    }

    /// How long the answer to a request will be; 0 where there will be none.
    func answerBytes(_ request: HeadRequest) -> Int {
        (try? held.head.reading(request, rows: request.questions.count).answerBytes) ?? 0
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
