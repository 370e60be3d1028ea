import AdminMessages
import JSON
import Logging
import Messages
import NIOCore
import NIOPosix
import Synchronization

@testable import Admin
@testable import Checkpoint
@testable import Router
@testable import Tensors
@testable import Transport

/// Attention and expert hosts as real processes, and the router's own forward pass here, so that whole logit vectors
/// can be compared.
struct ModelCluster: Sendable {
    /// What a cluster consists of.
    struct Shape: Sendable {
        var expertHosts = 2
        var replicas = 1
        var parts = 1
        var settings = PlacementSettings()
        /// How attention stores keys and values.
        var keyValues = FloatFormat.float32
    }

    let pass: ForwardPass
    let replicas: AttentionReplicas
    private let status: ClusterStatus
    let processes: [ServiceProcess]
    let hosts: ExpertHosts
    let attentionHosts: AttentionHosts
    private let lastID = LastID()
    /// Makes another router's side of the attention service, beside the one of this cluster.
    let makeControl: @Sendable () throws -> ControlService

    var config: ModelConfig { pass.weights.config }

    /// The first replica of attention.
    var attention: AttentionReplica { get throws { try replica(0) } }

    func replica(_ index: Int) throws -> AttentionReplica {
        let all = replicas.all
        guard all.indices.contains(index) else { throw SupportError("there are \(all.count) replicas of attention") }
        return all[index]
    }

    /// Starts the processes, runs `body`, takes everything down.
    ///
    /// - Parameter flags: for every process that computes.
    static func with<R>(
        _ model: String, expertHosts: Int = 2, settings: PlacementSettings = PlacementSettings(),
        flags: [String] = ["--threads", "1"], body: @Sendable (ModelCluster) async throws -> R
    ) async throws -> R {
        try await with(model, Shape(expertHosts: expertHosts, settings: settings), flags: flags, body: body)
    }

    /// The same for any shape.
    static func with<R>(
        _ model: String, _ shape: Shape, flags: [String] = ["--threads", "1"],
        body: @Sendable (ModelCluster) async throws -> R
    ) async throws -> R {
        try await Paths.withFolder { folder in
            var processes: [ServiceProcess] = []
            let cluster: Result<R, any Error>
            do {
                cluster = .success(try await with(model, shape, flags, folder, &processes, body))
            } catch {
                let logs = processes.map { "\($0.name):\n\($0.log)" }.joined()
                cluster = .failure(SupportError("\(error)\n\(logs)"))
            }
            for process in processes { await process.stop() }
            return try cluster.get()
        }
    }

    private static func with<R>(
        _ model: String, _ shape: Shape, _ flags: [String], _ folder: String,
        _ processes: inout [ServiceProcess], _ body: (ModelCluster) async throws -> R
    ) async throws -> R {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let group = MultiThreadedEventLoopGroup.singleton.next()
        let files = try WeightFiles(directory: model)
        let status = ClusterStatus(readiness: Readiness())
        let proof = try WeightProof(files), fingerprint = try files.fingerprint()
        let arithmetic = flags.contains("fast") ? "fast" : "exact"
        let hosts = ExpertHosts(
            config: ExpertHosts.Config(
                expected: shape.expertHosts, arithmetic: arithmetic, settings: shape.settings),
            inventory: try ExpertInventory(files), fingerprint: fingerprint, proof: proof,
            expertsPerToken: files.config.expertsPerToken, status: status, group: group, logger: logger)
        let control = Address.unix(path: "\(folder)/control.sock")
        let otherControl = Address.unix(path: "\(folder)/other-control.sock")
        try start(model, shape, flags, folder, routers: "\(control),\(otherControl)", &processes)
        let replicas = AttentionReplicas()
        let pass = ForwardPass(
            weights: try RouterWeights(files), attention: replicas,
            experts: ExpertDispatch(hosts: hosts, timeout: .seconds(120)), compute: Compute(threads: 1),
            loop: EventLoopExecutor(group))
        let makeAttentionHosts = { @Sendable (replicas: AttentionReplicas, status: ClusterStatus) in
            var config = AttentionHosts.Config(
                instance: hosts.instance, router: .random(in: 1 ... .max), fingerprint: fingerprint,
                arithmetic: arithmetic, limits: hosts.config.limits, partsMax: try files.attentionPartsMax())
            config.parts = .fixed(shape.parts)
            config.keyValues = shape.keyValues
            // Never runs; it is told of attention's memory.
            let engine = engine(over: pass, replicas, status, logger: logger)
            let director = AttentionDirector(
                AttentionDirector.Config(
                    model: files.config, members: config, timeout: .seconds(120), owner: "router",
                    expected: shape.replicas * shape.parts, cost: try AttentionCost(files)),
                proof: proof, engine: engine, mover: StateMover(engine.sequences), status: status, logger: logger)
            return AttentionHosts(config, user: director, group: group, logger: logger)
        }
        let attentionHosts = try makeAttentionHosts(replicas, status)
        let service = ControlService(
            address: control,
            receivers: AnnouncementReceivers(byRole: [.expertHost: hosts, .attention: attentionHosts]), group: group,
            logger: logger)
        let cluster = ModelCluster(
            pass: pass, replicas: replicas, status: status, processes: processes, hosts: hosts,
            attentionHosts: attentionHosts,
            makeControl: {
                let other = try makeAttentionHosts(AttentionReplicas(), ClusterStatus(readiness: Readiness()))
                return ControlService(
                    address: otherControl, receivers: AnnouncementReceivers(byRole: [.attention: other]),
                    group: group, logger: logger)
            })
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await service.run() }
            try await eventually("attention and \(shape.expertHosts) expert hosts are ready") {
                status.missing == nil && replicas.all.count == shape.replicas
            }
            let result = try await body(cluster)
            tasks.cancelAll()
            return result
        }
    }

    private static func start(
        _ model: String, _ shape: Shape, _ flags: [String], _ folder: String, routers: String,
        _ processes: inout [ServiceProcess]
    ) throws {
        let attention = (1 ... shape.replicas * shape.parts).map { ("attention", "attention-\($0)") }
        let experts = (1 ... shape.expertHosts).map { ("expert-host", "expert-\($0)") }
        for (program, name) in attention + experts {
            // Only attention is asked to serve another router, too.
            let router = program == "attention" ? routers : String(routers.prefix { $0 != "," })
            let places = [
                "--model", model, "--listen", "unix:\(folder)/\(name).sock", "--router", router, "--name", name,
                "--read-bandwidth-mib", "1024",
            ]
            let format = program == "attention" ? ["--kv", shape.keyValues.rawValue] : []
            processes.append(try ServiceProcess(program, places + format + flags, name: name, folder: folder))
        }
    }

    /// Runs `body` beside an engine that steps over this cluster.
    func withEngine<R>(
        _ change: (inout StepEngine.Config) -> Void = { _ in }, body: (StepEngine) async throws -> R
    ) async throws -> R {
        let engine = Self.engine(
            over: pass, replicas, status, change, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await engine.run() }
            let result = try await body(engine)
            tasks.cancelAll()
            return result
        }
    }

    private static func engine(
        over pass: ForwardPass, _ replicas: AttentionReplicas, _ status: ClusterStatus,
        _ change: (inout StepEngine.Config) -> Void = { _ in }, logger: Logger
    ) -> StepEngine {
        var config = StepEngine.Config(
            schedule: ScheduleConfig(
                limits: Scheduler.Limits(
                    placesMax: 32, waitingMax: 64, replicas: [.first: ReplicaMemory(bytes: .max)])),
            modelName: "test", endTokens: Set(pass.weights.config.eosTokenIDs.map(Int32.init)), suppressed: [])
        for replica in replicas.all { config.schedule.limits.replicas[replica.id] = ReplicaMemory(bytes: 1 << 40) }
        change(&config)
        return StepEngine(config, pass: pass, replicas: replicas, status: status, logger: logger)
    }

    /// The logits after each of `chunks`' ends, the prompt being carried through the model in those pieces.
    ///
    /// - Parameters:
    ///   - replica: of attention, by its number; nil: the first.
    ///   - between: done to the sequence before each piece.
    func logits(
        _ prompt: [UInt32], chunks: [Int], on replica: Int = 0,
        between: (SequenceID) async throws -> Void = { _ in }
    ) async throws -> [[Float]] {
        try await withSequence(tokensMax: prompt.count, on: replica) { sequence in
            var start = 0
            var result: [[Float]] = []
            for count in chunks {
                try await between(sequence)
                let tokens = Array(prompt[start ..< start + count])
                result.append(try await lastLogits(sequence, on: replica, start: start, tokens: tokens))
                start += count
            }
            return result
        }
    }

    /// The next-token logits after these tokens of a sequence, (vocabulary).
    func lastLogits(
        _ sequence: SequenceID, on replica: Int = 0, start: Int, tokens: [UInt32]
    ) async throws -> [Float] {
        let hidden = try await pass.carry(batch(sequence, on: replica, start: start, tokens: tokens)).hidden
        return try await logits(hidden.rows(hidden.rows - 1 ..< hidden.rows)).values
    }

    /// (rows, vocabulary) for rows after the final norm.
    func logits(_ hidden: Tensor) async throws -> Tensor {
        let call = HeadCall(
            hidden: hidden, questions: (0 ..< hidden.rows).map { _ in HeadQuestion(whole: true) },
            excluded: TokenRanges([]), vocabulary: config.vocabularySize)
        let rows = try await replicas.head(call)
        return Tensor(columns: config.vocabularySize, values: rows.flatMap { $0.candidates.map(\.logit) })
    }

    func batch(_ sequence: SequenceID, on replica: Int = 0, start: Int, tokens: [UInt32]) throws -> Batch {
        Batch(sequence: sequence, on: try self.replica(replica).id, start: start, tokens: tokens)
    }

    func withSequence<R>(
        tokensMax: Int, on replica: Int = 0, _ body: (SequenceID) async throws -> R
    ) async throws -> R {
        let sequence = SequenceID(rawValue: lastID.next()), attention = try self.replica(replica)
        _ = try await attention.open(sequence, tokensMax: tokensMax)
        let result: Result<R, any Error>
        do { result = .success(try await body(sequence)) } catch { result = .failure(error) }
        try await attention.close([sequence])
        return try result.get()
    }

    /// The same cluster, seen by `observer` while it runs.
    func observed(by observer: any ForwardObserver) -> ForwardPass {
        var pass = pass
        pass.observer = observer
        return pass
    }
}

/// Names sequences, far from the engine's.
private final class LastID: Sendable {
    private let last = Atomic<UInt64>(1 << 32)
    func next() -> UInt64 { last.wrappingAdd(1, ordering: .relaxed).newValue }
}

/// Keeps what a pass shows.
final class Recorder: ForwardObserver {
    struct Record: Sendable {
        var embedding: Tensor?
        var afterLayer: [Tensor] = []
        var routes: [[[Route]]] = []
        var final: Tensor?
    }
    private let record = Mutex(Record())
    var seen: Record { record.withLock { $0 } }

    func embedded(_ hidden: Tensor) { record.withLock { $0.embedding = hidden } }
    func passed(_ layer: Int, _ hidden: Tensor, _ routes: [[Route]]) {
        record.withLock {
            $0.afterLayer.append(hidden)
            $0.routes.append(routes)
        }
    }
    func finished(_ hidden: Tensor) { record.withLock { $0.final = hidden } }
}
