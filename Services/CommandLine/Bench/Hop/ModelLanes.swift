internal import Checkpoint
internal import Console
internal import Flags
internal import LocalCluster
internal import Logging
internal import Messages
internal import NIOPosix
internal import Tensors
internal import Transport
internal import TypedCalls

/// The attention and the expert-host process of a model, started for one-row calls.
struct ModelLanes: Sendable {
    private static let callsOfRound = 1000

    let children: [(name: String, process: ChildProcess)]
    let clients: [RPCClient]
    private let config: ModelConfig
    private let attention: HopCaller
    private let experts: HopCaller

    /// - Parameter folder: for the processes' sockets.
    init(
        model: String, threads: Int, kernels: KernelOptions, folder: String, group: MultiThreadedEventLoopGroup,
        logger: Logger
    ) throws {
        do { config = try WeightFiles(directory: model).config } catch { throw StartError("\(model): \(error)") }
        let plan = ClusterPlan(
            model: model, expertHosts: 1, host: "127.0.0.1", port: 0, threads: threads, computeFlags: kernels.arguments,
            logLevel: "error")
        // Told, and so not measured beside the calls.
        let processes = plan.processes(sockets: folder, programs: try ClusterPlan.ownFolder(), readBandwidth: 1e9)
        children = processes.filter { $0.role != .router }.map {
            ($0.name, ChildProcess(plan: $0, logFile: "/dev/null"))
        }
        func client(_ name: String) -> RPCClient {
            RPCClient(
                address: .unix(path: "\(folder)/\(name).sock"), limits: HopCaller.limits, group: group, logger: logger)
        }
        let attention = client("attention"), experts = client("expert-host-1")
        clients = [attention, experts]
        self.attention = HopCaller(attention, on: group.next())
        self.experts = HopCaller(experts, on: group.next())
    }

    /// Waits until both processes answer; then a lane for a layer of each kind of attention, and for an expert.
    func lanes(folder: String, rawThread: ComputeLane) async throws -> [HopLane] {
        let description = try await attention.client.call(
            .describeAttention, DescribeRequest(router: 1), timeout: HopCaller.timeout, whenDisconnected: .wait)
        let expert = ExpertRowCall(hiddenSize: config.hiddenSize, caller: experts)
        try await expert.hold(fingerprint: description.modelFingerprint)
        var lanes: [HopLane] = []
        func add(_ name: String, _ call: any HopCall, byteCount: Int) throws {
            let size = HopLane.Size(name: name, bytes: byteCount, calls: Self.callsOfRound)
            lanes.append(try HopLane(size, call, folder: folder, rawThread: rawThread))
        }
        for (name, kind) in [("lightning", ModelConfig.AttentionKind.lightning), ("softmax", .softmax)] {
            guard let layer = config.layers.firstIndex(of: kind) else { continue }
            let call = AttentionCall(layer: layer, hiddenSize: config.hiddenSize, caller: attention)
            try add(name, call, byteCount: call.byteCount)
        }
        try add("expert", expert, byteCount: expert.byteCount)
        return lanes
    }
}
