internal import Checkpoint
internal import Messages
internal import Synchronization
internal import Tensors

/// The expert host's work: the experts it was assigned, and nothing that outlives a call.
final class ExpertEngine: Sendable {
    let config: ModelConfig
    let fingerprint: String
    private let checkpoint: WeightFiles
    private let compute: Compute
    let lane = ComputeLane(label: "experts")
    private let holdings = Mutex(ExpertHoldings())
    let calls = WaitingCalls()

    init(_ checkpoint: WeightFiles, compute: Compute) throws {
        self.checkpoint = checkpoint
        self.compute = compute
        config = checkpoint.config
        fingerprint = try checkpoint.fingerprint()
    }

    var kernels: String { compute.kernels.name }

    /// How many units are held, and their bytes.
    var usage: (units: Int, bytes: Int, planVersion: Int) { holdings.withLock { ($0.current.count, $0.byteCount, $0.planVersion) } }

    /// Maps the weights of a plan's units; those of the plan before stay until the next.
    func assign(_ request: AssignRequest) async throws -> AssignResponse {
        guard request.modelFingerprint == fingerprint else {
            throw ExpertError.fingerprint(expected: fingerprint, found: request.modelFingerprint)
        }
        for unit in request.units { try check(layer: unit.layer, expert: unit.expert) }
        return try await lane.run { [self] in
            var experts: [ExpertUnit: Expert] = [:]
            for unit in request.units { experts[unit] = try Expert(checkpoint, unit) }
            return try holdings.withLock { holdings in
                try holdings.replace(with: experts, planVersion: request.planVersion)
                return AssignResponse(weightBytes: holdings.byteCount)
            }
        }
    }

    /// Every group's rows through its expert: (sum of group sizes, D), group after group. Calls that wait at the same time are computed together;
    /// one whose task is cancelled before it has begun is not computed.
    func run(_ request: ExpertRequest) async throws -> ExpertResponse {
        let number = calls.add(try checked(request))
        defer { calls.withdraw(number) }
        return try await withTaskCancellationHandler {
            ExpertResponse(outputs: try await lane.run { [self] in try outputs(ofCall: number) })
        } onCancel: {
            calls.withdraw(number)
        }
    }

    /// Computes round after round until the call is answered; usually it was in an earlier call's round, or is in the next.
    private func outputs(ofCall number: Int) throws -> [Float] {
        while true {
            if let answer = calls.takeAnswer(number) { return answer }
            let round = calls.nextRound()
            guard !round.isEmpty else { throw CancellationError() }         // withdrawn
            for ((number, _), outputs) in zip(round, ExpertRound(round.map(\.call)).outputs(compute)) { calls.answer(number, with: outputs) }
        }
    }

    private func checked(_ request: ExpertRequest) throws(ExpertError) -> ExpertCall {
        let columns = config.hiddenSize
        guard !request.hidden.isEmpty, request.hidden.count % columns == 0 else {
            throw .shape(expected: "one or more rows of \(columns)", found: request.hidden.count)
        }
        let hidden = Tensor(columns: columns, values: request.hidden)
        var seen: Set<Int> = []             // one group an expert: a short message must not ask for a long answer
        let groups = try request.groups.map { group throws(ExpertError) in
            try check(layer: request.layer, expert: group.expert)
            guard seen.insert(group.expert).inserted else { throw .secondGroup(expert: group.expert) }
            let unit = ExpertUnit(layer: request.layer, expert: group.expert)
            guard !group.rows.isEmpty, group.rows.count <= hidden.rows else { throw .rowCount(group.rows.count, rows: hidden.rows) }
            if let row = group.rows.first(where: { $0 >= hidden.rows }) { throw .row(Int(row), rows: hidden.rows) }
            guard let expert = holdings.withLock({ $0.expert(unit) }) else { throw .notHeld(unit) }
            return ExpertCall.Group(unit: unit, expert: expert, rows: group.rows)
        }
        return ExpertCall(hidden: hidden, groups: groups)
    }

    private func check(layer: Int, expert: Int) throws(ExpertError) {
        guard layer < config.layerCount else { throw .layer(layer, count: config.layerCount) }
        let hasShared = config.sharedIntermediateSizes[layer] > 0
        guard expert < config.expertCount || (hasShared && expert == config.expertCount) else {
            throw .expert(expert, layer: layer, count: config.expertCount)
        }
    }
}
