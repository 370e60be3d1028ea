internal import Checkpoint
internal import Messages
internal import Synchronization
internal import Telemetry
internal import Tensors
internal import TypedCalls

/// The attention service's work: weights of every attention layer, the embedding, the head, and the sessions' state.
///
/// All work runs on one lane, call after call, so the state needs no finer lock; inside a call the heads of all
/// sessions share the compute threads.
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
    private let lane = ComputeLane(label: "attention")
    private let calls = (
        embed: CallMeter("minimax_attention", call: "embed"), attend: CallMeter("minimax_attention", call: "attend"),
        logits: CallMeter("minimax_attention", call: "logits")
    )
    let sessions: Mutex<SessionStore>
    private let leases = Mutex(RouterLeases())
    private let start = ContinuousClock.now
    /// Sessions were closed since freed memory was last given back.
    private let hasFreed = Atomic(false)
    let parkingLane = ComputeLane(label: "parking")
    /// Makes the file of one parked session.
    let makeParkingFile: @Sendable () throws(ParkingError) -> ParkingFile

    init(
        _ checkpoint: WeightFiles, compute: Compute, memoryBudgetBytes: Int,
        makeParkingFile: @escaping @Sendable () throws(ParkingError) -> ParkingFile
    ) throws {
        self.makeParkingFile = makeParkingFile
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
        sessions = Mutex(SessionStore(checkpoint.config, budgetBytes: memoryBudgetBytes))
    }

    /// How many sessions are in memory, and the bytes promised to them; how many are on disk, and their bytes there.
    var usage: (sessions: Int, reservedBytes: Int, budgetBytes: Int, parked: Int, parkedBytes: Int) {
        sessions.withLock {
            ($0.count, $0.reservedBytes, $0.budgetBytes, $0.parked.count, $0.parked.reduce(0) { $0 + $1.byteCount })
        }
    }

    /// Reads all weights, the first time it is called.
    func digests(_: DigestsRequest) async throws -> DigestsResponse {
        DigestsResponse(digests: try await weights.digests().map(\.message))
    }

    func describe(_ request: DescribeRequest) async throws -> AttentionDescription {
        heard(request.router)
        let (budget, others) = sessions.withLock { ($0.budgetBytes, $0.bytes(ofOthersThan: request.router)) }
        return AttentionDescription(
            modelFingerprint: fingerprint, kernels: compute.kernels.name, memoryBudgetBytes: budget,
            arithmetic: compute.arithmetic.rawValue,
            othersBytes: others, stalledMilliseconds: Int(UInt32(clamping: Int(lane.busyTime / .milliseconds(1)))),
            weightsCopy: weights.copy)
    }

    /// A router has shown that it lives.
    private func heard(_ router: UInt64) { leases.withLock { $0.heard(router, at: start.duration(to: .now)) } }

    /// The name of a router's session; that the router asks for it shows that it lives.
    func key(_ router: UInt64, _ session: UInt64) -> SessionKey {
        heard(router)
        return SessionKey(router: router, id: session)
    }

    /// To be called every second: closes the sessions of routers that have not been heard of for too long, and gives
    /// memory back to the system where no session is left.
    ///
    /// - Returns: how many sessions were closed.
    func tidy() async throws -> Int {
        if usage.sessions == 0, hasFreed.exchange(false, ordering: .relaxed) {
            try await lane.run { releaseFreedMemory() }
        }
        let silent = leases.withLock { $0.expired(at: start.duration(to: .now)) }
        guard !silent.isEmpty else { return 0 }
        hasFreed.store(true, ordering: .relaxed)
        return try await lane.run { [self] in
            sessions.withLock { store in silent.reduce(0) { $0 + store.closeAll(of: $1) } }
        }
    }

    func open(_ request: OpenSessionRequest) async throws -> OpenSessionResponse {
        let key = key(request.router, request.session)
        return try await lane.run { [self] in
            try sessions.withLock { OpenSessionResponse(reservedBytes: try $0.open(key, tokensMax: request.tokensMax)) }
        }
    }

    func grow(_ request: GrowSessionRequest) async throws -> GrowSessionResponse {
        let key = key(request.router, request.session)
        return try await lane.run { [self] in
            try sessions.withLock { GrowSessionResponse(reservedBytes: try $0.grow(key, tokensMax: request.tokensMax)) }
        }
    }

    func close(_ request: CloseSessionsRequest) async throws -> CloseSessionsResponse {
        let router = request.router
        heard(router)
        hasFreed.store(true, ordering: .relaxed)
        return try await lane.run { [self] in
            sessions.withLock { store in
                if request.all { return CloseSessionsResponse(closed: store.closeAll(of: router)) }
                return CloseSessionsResponse(
                    closed: request.sessions.count { store.close(SessionKey(router: router, id: $0)) })
            }
        }
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

    /// One layer over the new rows of some sessions; every span is checked before any state changes.
    func attend(_ request: SublayerRequest, _ context: CallContext = CallContext()) async throws -> SublayerResponse {
        let input = try rows(request.hidden, "hidden")
        guard request.layer < layers.count else { throw AttentionError.layer(request.layer, count: layers.count) }
        guard request.spans.reduce(0, { $0 + $1.count }) == input.rows,
            Set(request.spans.map(\.session)).count == request.spans.count
        else {
            throw AttentionError.shape(
                name: "hidden", expected: "the rows of its spans, one span a session", found: request.hidden.count)
        }
        return try await run(calls.attend, operations(request), context) { [self] compute in
            try sessions.withLock { store in
                var first = 0
                let spans = try request.spans.map { span in
                    let key = SessionKey(router: request.router, id: span.session)
                    let session = try store.session(key, layer: request.layer, start: span.start, count: span.count)
                    defer { first += span.count }
                    return (session.layers[request.layer], first ..< first + span.count)
                }
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
            try sessions.withLock { store in
                let session = try store.session(SessionKey(router: request.router, id: request.session))
                guard case .lightning(let layer) = layers[request.layer],
                    let state = session.layers[request.layer].lightning
                else {
                    throw AttentionError.notLightning(layer: request.layer)
                }
                return StateResponse(state: layer.currentState(of: state, compute))
            }
        }
    }

    /// About how many additions or the like a layer takes over the rows of a request.
    private func operations(_ request: SublayerRequest) -> Double {
        let rows = request.spans.reduce(0) { $0 + $1.count }
        return switch layers[request.layer] {
        case .lightning(let layer): layer.operations(rows: rows, sessions: request.spans.count)
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
