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
    private let lane = ComputeLane(label: "experts")
    private let holdings = Mutex(ExpertHoldings())

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

    /// Every group's rows through its expert: (sum of group sizes, D), group after group.
    func run(_ request: ExpertRequest) async throws -> ExpertResponse {
        let columns = config.hiddenSize
        guard !request.hidden.isEmpty, request.hidden.count % columns == 0 else {
            throw ExpertError.shape(expected: "one or more rows of \(columns)", found: request.hidden.count)
        }
        let hidden = Tensor(columns: columns, values: request.hidden)
        var seen: Set<Int> = []             // one group an expert: a short message must not ask for a long answer
        let work = try request.groups.map { group in
            try check(layer: request.layer, expert: group.expert)
            guard seen.insert(group.expert).inserted else { throw ExpertError.secondGroup(expert: group.expert) }
            let unit = ExpertUnit(layer: request.layer, expert: group.expert)
            guard !group.rows.isEmpty, group.rows.count <= hidden.rows else { throw ExpertError.rowCount(group.rows.count, rows: hidden.rows) }
            if let row = group.rows.first(where: { $0 >= hidden.rows }) { throw ExpertError.row(Int(row), rows: hidden.rows) }
            guard let expert = holdings.withLock({ $0.expert(unit) }) else { throw ExpertError.notHeld(unit) }
            return (expert, group.rows)
        }
        return try await lane.run { [self] in
            var outputs: [Float] = []
            outputs.reserveCapacity(work.reduce(0) { $0 + $1.1.count } * columns)
            for (expert, rows) in work {
                let input = Tensor(columns: columns, values: rows.flatMap { hidden.row(Int($0)) })     // (group, D)
                outputs += expert.run(input, compute).values
            }
            return ExpertResponse(outputs: outputs)
        }
    }

    private func check(layer: Int, expert: Int) throws(ExpertError) {
        guard layer < config.layerCount else { throw .layer(layer, count: config.layerCount) }
        let hasShared = config.sharedIntermediateSizes[layer] > 0
        guard expert < config.expertCount || (hasShared && expert == config.expertCount) else {
            throw .expert(expert, layer: layer, count: config.expertCount)
        }
    }
}
