internal import Checkpoint
internal import Messages
internal import Probing
internal import Synchronization
internal import Telemetry
internal import Tensors
internal import TypedCalls

/// The expert host's work: the units it was told to hold, and nothing that outlives a call.
final class ExpertEngine: Sendable {
    private struct State {
        var holdings = ExpertHoldings()
        /// Whole experts, of which at least a slice is held.
        var experts: [ExpertHoldings.Place: Expert] = [:]
        var planVersion = 0

        var byteCount: Int {
            experts.reduce(0) { $0 + $1.value.byteCount / 8 * holdings.eighths($1.key).nonzeroBitCount }
        }
    }

    let config: ModelConfig
    let fingerprint: String
    private let checkpoint: WeightFiles
    private let compute: Compute
    let lane = ComputeLane(label: "experts")
    /// Loading waits for disks; products must not wait for it, and leave it some threads of its own.
    private let loading = ComputeLane(label: "loading")
    private let loadingCompute: Compute
    /// See `WeightFiles.copyIdentity`.
    let weightsCopy: String
    private let state = Mutex(State())
    let calls = WaitingCalls()
    private let meter = CallMeter("minimax_expert")

    init(_ checkpoint: WeightFiles, compute: Compute) throws {
        self.checkpoint = checkpoint
        self.compute = compute
        config = checkpoint.config
        fingerprint = try checkpoint.fingerprint()
        weightsCopy = checkpoint.copyIdentity(on: Machine.identity)
        loadingCompute = Compute(kernels: compute.kernels, threads: min(Self.loadingThreads, compute.threads))
    }

    /// As many as a fast disk keeps busy.
    private static let loadingThreads = 4

    var kernels: String { compute.kernels.name }
    var arithmetic: Arithmetic { compute.arithmetic }

    /// Experts of which something is held, and the bytes of it; the newest plan heard of.
    var usage: (experts: Int, bytes: Int, planVersion: Int) {
        state.withLock { ($0.experts.count, $0.byteCount, $0.planVersion) }
    }

    /// Brings the weights of some units into memory, and serves them from then on; tells what it has read, where it
    /// is asked to.
    func hold(_ request: HoldRequest) async throws -> HoldResponse {
        guard request.modelFingerprint == fingerprint else {
            throw ExpertError.fingerprint(expected: fingerprint, found: request.modelFingerprint)
        }
        let experts = try request.units.map { unit in
            try check(layer: unit.layer, expert: unit.expert)
            let expert = try expert(unit)
            guard let slice = expert.slice(unit.slice) else { throw ExpertError.slice(unit) }
            return (place: ExpertHoldings.Place(unit), whole: expert, slice: slice)
        }
        let digests = try await request.withDigests ? digests(of: request.units) : load(experts.map(\.slice))
        return state.withLock { state in
            for expert in experts { state.experts[expert.place] = expert.whole }
            state.holdings.add(request.units, for: request.router)
            state.planVersion = request.planVersion
            return HoldResponse(heldBytes: state.byteCount, digests: digests.map(\.message))
        }
    }

    private func load(_ experts: [Expert]) async throws -> [Digest] {
        if !experts.isEmpty { try await loading.run { for expert in experts { expert.load() } } }
        return []
    }

    private func digests(of units: [ExpertUnit]) async throws -> [Digest] {
        let pieces = try units.flatMap { unit in
            try checkpoint.pieces(unit.layer, unit.expert, slice: unit.slice.index, of: unit.slice.count)
        }
        return try await loading.run { [loadingCompute] in loadingCompute.digests(of: pieces.map(\.matrix)) }
    }

    /// Lets go of what a router does not want any more.
    func retain(_ request: RetainRequest) async throws -> RetainResponse {
        for unit in request.units { try check(layer: unit.layer, expert: unit.expert) }
        return drop { $0.retain(request.units, for: request.router) }
    }

    /// A router is no more, and what was held for it is not needed.
    func forget(router: String) { _ = drop { $0.forget(router: router) } }

    private func drop(_ change: (inout ExpertHoldings) -> Void) -> RetainResponse {
        let (dropped, bytes) = state.withLock { state in
            change(&state.holdings)
            let gone = Set(state.experts.keys).subtracting(state.holdings.places)
            return (gone.compactMap { state.experts.removeValue(forKey: $0) }, state.byteCount)
        }
        for expert in dropped { expert.unload() }        // a call under way reads it back
        return RetainResponse(heldBytes: bytes)
    }

    /// Every group's rows through its expert: (sum of group sizes, D), group after group. Calls that wait at the same
    /// time are computed together; one whose task is cancelled, or whose deadline passes, before it has begun is not
    /// computed.
    func run(_ request: ExpertRequest, _ context: CallContext = CallContext()) async throws -> ExpertResponse {
        let call = try checked(request)
        let place = compute.place(operations: call.operations)
        let number = calls.add(call, until: context.deadline)
        defer { calls.withdraw(number) }
        return try await meter.answer {
            try await withTaskCancellationHandler {
                ExpertResponse(
                    outputs: try await lane.run(on: place) { [self] in
                        try outputs(ofCall: number, context)
                    })
            } onCancel: {
                calls.withdraw(number)
            }
        }
    }

    /// Computes round after round until the call is answered; usually it was in an earlier call's round, or is in the
    /// next.
    private func outputs(ofCall number: Int, _ context: CallContext) throws -> [Float] {
        while true {
            if let answer = calls.takeAnswer(number) { return answer }
            let round = calls.nextRound()
            guard !round.isEmpty else {        // the call has no place in it, nor in any to come
                try context.checkDeadline()
                throw CancellationError()        // withdrawn
            }
            let answers = meter.compute {
                compute.together(operations: round.reduce(0) { $0 + $1.call.operations }) { compute in
                    ExpertRound(round.map(\.call)).outputs(compute)
                }
            }
            for (waiting, outputs) in zip(round, answers) { calls.answer(waiting.number, with: outputs) }
        }
    }

    private func checked(_ request: ExpertRequest) throws(ExpertError) -> ExpertCall {
        let columns = config.hiddenSize
        guard !request.hidden.isEmpty, request.hidden.count % columns == 0 else {
            throw .shape(expected: "one or more rows of \(columns)", found: request.hidden.count)
        }
        let hidden = Tensor(columns: columns, values: request.hidden)
        // Each eighth of an expert may be asked for once only: a short message must not ask for a long answer.
        var seen: [Int: UInt8] = [:]
        let groups = try request.groups.map { group throws(ExpertError) in
            try check(layer: request.layer, expert: group.expert)
            let unit = ExpertUnit(layer: request.layer, expert: group.expert, slice: group.slice)
            guard seen[group.expert, default: 0] & unit.slice.eighths == 0 else { throw .secondGroup(unit) }
            seen[group.expert, default: 0] |= unit.slice.eighths
            guard !group.rows.isEmpty, group.rows.count <= hidden.rows else {
                throw .rowCount(group.rows.count, rows: hidden.rows)
            }
            if let row = group.rows.first(where: { $0 >= hidden.rows }) { throw .row(Int(row), rows: hidden.rows) }
            guard let expert = held(unit) else { throw .notHeld(unit) }
            return ExpertCall.Group(unit: unit, expert: expert, rows: group.rows)
        }
        return ExpertCall(hidden: hidden, groups: groups)
    }

    /// Nil unless all of it is held.
    private func held(_ unit: ExpertUnit) -> Expert? {
        let place = ExpertHoldings.Place(unit)
        return state.withLock { state in
            unit.slice.eighths & ~state.holdings.eighths(place) == 0 ? state.experts[place]?.slice(unit.slice) : nil
        }
    }

    private func expert(_ unit: ExpertUnit) throws -> Expert {
        try state.withLock { $0.experts[ExpertHoldings.Place(unit)] }
            ?? Expert(checkpoint, layer: unit.layer, expert: unit.expert)
    }

    private func check(layer: Int, expert: Int) throws(ExpertError) {
        guard layer < config.layerCount else { throw .layer(layer, count: config.layerCount) }
        let hasShared = config.sharedIntermediateSizes[layer] > 0
        guard expert < config.expertCount || (hasShared && expert == config.expertCount) else {
            throw .expert(expert, layer: layer, count: config.expertCount)
        }
    }
}
