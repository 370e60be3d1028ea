@testable import Checkpoint
@testable import Cluster
import Logging
import Messages
import NIOCore
import NIOPosix
@testable import Router
import Synchronization
@testable import Tensors
@testable import Transport

/// Attention and expert hosts as real processes, and the router's own forward pass here, so that whole logit vectors can be compared.
struct ModelCluster: Sendable {
    let pass: ForwardPass
    let processes: [ServiceProcess]
    let hosts: ExpertHosts
    private let ids: SessionIDs

    var config: ModelConfig { pass.weights.config }

    /// Starts the processes, runs `body`, takes everything down.
    ///
    /// - Parameter flags: for every process that computes.
    static func with<R>(
        _ model: String, expertHosts: Int = 2, flags: [String] = ["--threads", "1"], body: @Sendable (ModelCluster) async throws -> R
    ) async throws -> R {
        try await Paths.withFolder { folder in
            var processes: [ServiceProcess] = []
            let cluster: Result<R, any Error>
            do {
                cluster = .success(try await with(model, expertHosts, flags, folder, &processes, body))
            } catch {
                let logs = processes.map { "\($0.name):\n\($0.log)" }.joined()
                cluster = .failure(SupportError("\(error)\n\(logs)"))
            }
            for process in processes { await process.stop() }
            return try cluster.get()
        }
    }

    private static func with<R>(
        _ model: String, _ expertHosts: Int, _ flags: [String], _ folder: String, _ processes: inout [ServiceProcess], _ body: (ModelCluster) async throws -> R
    ) async throws -> R {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let group = MultiThreadedEventLoopGroup.singleton.next()
        let files = try WeightFiles(directory: model)
        let status = ClusterStatus(readiness: Readiness())
        let hosts = ExpertHosts(config: files.config, fingerprint: try files.fingerprint(), expected: expertHosts, status: status, group: group, logger: logger)
        let control = Address.unix(path: "\(folder)/control.sock"), attentionAddress = Address.unix(path: "\(folder)/attention.sock")
        processes.append(try ServiceProcess("attention", ["--model", model, "--listen", "\(attentionAddress)"] + flags, folder: folder))
        for index in 1 ... expertHosts {
            processes.append(try ServiceProcess(
                "expert-host",
                ["--model", model, "--listen", "unix:\(folder)/expert-\(index).sock", "--router", "\(control)", "--name", "expert-\(index)"] + flags,
                name: "expert-\(index)", folder: folder))
        }
        let attention = AttentionClient(
            config: files.config, rpc: RPCClient(address: attentionAddress, group: group, logger: logger), timeout: .seconds(120))
        let ids = SessionIDs()
        let link = AttentionLink(attention: attention, fingerprint: try files.fingerprint(), sessions: ids, status: status, logger: logger)
        let service = ControlService(address: control, hosts: hosts, group: group, logger: logger)
        let pass = ForwardPass(
            weights: try RouterWeights(files), attention: attention, experts: ExpertDispatch(hosts: hosts, timeout: .seconds(120)), compute: Compute(threads: 1), loop: EventLoopExecutor(group))
        let cluster = ModelCluster(pass: pass, processes: processes, hosts: hosts, ids: ids)
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await link.run() }
            tasks.addTask { try await service.run() }
            try await eventually("attention and \(expertHosts) expert hosts are ready") { status.missing == nil }
            let result = try await body(cluster)
            tasks.cancelAll()
            return result
        }
    }

    /// The logits after each of `chunks`' ends, the prompt being carried through the model in those pieces.
    ///
    /// - Parameter between: done to the session before each piece.
    func logits(_ prompt: [UInt32], chunks: [Int], between: (UInt64) async throws -> Void = { _ in }) async throws -> [[Float]] {
        try await withSession(tokensMax: prompt.count) { session in
            var start = 0
            var result: [[Float]] = []
            for count in chunks {
                try await between(session)
                result.append(try await pass.lastLogits(for: Batch(session: session, start: start, tokens: Array(prompt[start ..< start + count]))))
                start += count
            }
            return result
        }
    }

    func withSession<R>(tokensMax: Int, _ body: (UInt64) async throws -> R) async throws -> R {
        let session = ids.next()
        try await pass.attention.open(session, tokensMax: tokensMax)
        defer { ids.discard(session) }
        return try await body(session)
    }

    /// The same cluster, seen by `observer` while it runs.
    func observed(by observer: any ForwardObserver) -> ForwardPass {
        var pass = pass
        pass.observer = observer
        return pass
    }
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
