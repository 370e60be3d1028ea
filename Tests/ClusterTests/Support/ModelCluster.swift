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
    let pass: ForwardPass
    private let status: ClusterStatus
    let processes: [ServiceProcess]
    let hosts: ExpertHosts
    private let lastID = LastID()
    /// Makes another link to the attention service, beside the one that this cluster runs.
    let makeLink: @Sendable () -> AttentionLink

    var config: ModelConfig { pass.weights.config }

    /// Starts the processes, runs `body`, takes everything down.
    ///
    /// - Parameter flags: for every process that computes.
    static func with<R>(
        _ model: String, expertHosts: Int = 2, settings: PlacementSettings = PlacementSettings(),
        flags: [String] = ["--threads", "1"], body: @Sendable (ModelCluster) async throws -> R
    ) async throws -> R {
        try await Paths.withFolder { folder in
            var processes: [ServiceProcess] = []
            let cluster: Result<R, any Error>
            do {
                cluster = .success(try await with(model, expertHosts, settings, flags, folder, &processes, body))
            } catch {
                let logs = processes.map { "\($0.name):\n\($0.log)" }.joined()
                cluster = .failure(SupportError("\(error)\n\(logs)"))
            }
            for process in processes { await process.stop() }
            return try cluster.get()
        }
    }

    private static func with<R>(
        _ model: String, _ expertHosts: Int, _ settings: PlacementSettings, _ flags: [String], _ folder: String,
        _ processes: inout [ServiceProcess], _ body: (ModelCluster) async throws -> R
    ) async throws -> R {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let group = MultiThreadedEventLoopGroup.singleton.next()
        let files = try WeightFiles(directory: model)
        let status = ClusterStatus(readiness: Readiness())
        let proof = try WeightProof(files)
        let hosts = ExpertHosts(
            config: ExpertHosts.Config(
                expected: expertHosts, arithmetic: flags.contains("fast") ? "fast" : "exact", settings: settings),
            inventory: try ExpertInventory(files), fingerprint: try files.fingerprint(), proof: proof,
            expertsPerToken: files.config.expertsPerToken, status: status, group: group, logger: logger)
        let control = Address.unix(path: "\(folder)/control.sock"),
            attentionAddress = Address.unix(path: "\(folder)/attention.sock")
        processes.append(
            try ServiceProcess(
                "attention", ["--model", model, "--listen", "\(attentionAddress)"] + flags, folder: folder))
        for index in 1 ... expertHosts {
            processes.append(
                try ServiceProcess(
                    "expert-host",
                    [
                        "--model", model, "--listen", "unix:\(folder)/expert-\(index).sock", "--router", "\(control)",
                        "--name", "expert-\(index)", "--read-bandwidth-mib", "1024",
                    ] + flags,
                    name: "expert-\(index)", folder: folder))
        }
        let makeAttention = { @Sendable in
            AttentionClient(
                config: files.config, rpc: RPCClient(address: attentionAddress, group: group, logger: logger),
                timeout: .seconds(120), owner: "router")
        }
        let attention = makeAttention()
        let service = ControlService(address: control, hosts: hosts, group: group, logger: logger)
        let pass = ForwardPass(
            weights: try RouterWeights(files), attention: attention,
            experts: ExpertDispatch(hosts: hosts, timeout: .seconds(120)), compute: Compute(threads: 1),
            loop: EventLoopExecutor(group))
        // Never runs; the link tells it of attention's memory.
        let engine = engine(over: pass, status, logger: logger)
        let fingerprint = try files.fingerprint(), arithmetic = hosts.config.arithmetic
        let makeLink = { @Sendable (attention: AttentionClient) in
            AttentionLink(
                attention: attention, fingerprint: fingerprint, proof: proof, arithmetic: arithmetic, engine: engine,
                status: status,
                logger: logger)
        }
        let link = makeLink(attention)
        let cluster = ModelCluster(
            pass: pass, status: status, processes: processes, hosts: hosts, makeLink: { makeLink(makeAttention()) })
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await link.run() }
            tasks.addTask { try await service.run() }
            try await eventually("attention and \(expertHosts) expert hosts are ready") { status.missing == nil }
            let result = try await body(cluster)
            tasks.cancelAll()
            return result
        }
    }

    /// Runs `body` beside an engine that steps over this cluster.
    func withEngine<R>(
        _ change: (inout StepEngine.Config) -> Void = { _ in }, body: (StepEngine) async throws -> R
    ) async throws -> R {
        let engine = Self.engine(
            over: pass, status, change, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await engine.run() }
            let result = try await body(engine)
            tasks.cancelAll()
            return result
        }
    }

    private static func engine(
        over pass: ForwardPass, _ status: ClusterStatus, _ change: (inout StepEngine.Config) -> Void = { _ in },
        logger: Logger
    ) -> StepEngine {
        var config = StepEngine.Config(
            schedule: ScheduleConfig(limits: Scheduler.Limits(placesMax: 32, waitingMax: 64)),
            modelName: "test", endTokens: Set(pass.weights.config.eosTokenIDs.map(Int32.init)), suppressed: [])
        change(&config)
        return StepEngine(config, pass: pass, status: status, logger: logger)
    }

    /// The logits after each of `chunks`' ends, the prompt being carried through the model in those pieces.
    ///
    /// - Parameter between: done to the sequence before each piece.
    func logits(
        _ prompt: [UInt32], chunks: [Int], between: (SequenceID) async throws -> Void = { _ in }
    ) async throws -> [[Float]] {
        try await withSequence(tokensMax: prompt.count) { sequence in
            var start = 0
            var result: [[Float]] = []
            for count in chunks {
                try await between(sequence)
                result.append(
                    try await pass.lastLogits(
                        for: Batch(sequence: sequence, start: start, tokens: Array(prompt[start ..< start + count]))))
                start += count
            }
            return result
        }
    }

    func withSequence<R>(tokensMax: Int, _ body: (SequenceID) async throws -> R) async throws -> R {
        let sequence = SequenceID(rawValue: lastID.next())
        try await pass.attention.open(sequence, tokensMax: tokensMax)
        let result: Result<R, any Error>
        do { result = .success(try await body(sequence)) } catch { result = .failure(error) }
        try await pass.attention.close([sequence])
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
