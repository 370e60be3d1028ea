internal import ArgumentParser
internal import Console
internal import LocalCluster
internal import Logging
internal import Messages
internal import NIOCore
internal import NIOPosix
internal import Probing
internal import Transport
internal import TypedCalls
internal import UnixSignals

/// An attention service that is started to be asked over the wire, by nobody else.
struct AttentionProcess: Sendable {
    let caller: HopCaller
    let description: AttentionDescription
    private let processID: Int32
    private let admin: Address

    /// The number by which the caller names itself, and the owner of what it keeps.
    static let router: UInt64 = 1
    static let owner = "bench"

    /// Starts the attention service of `plan` for as long as `work` takes.
    ///
    /// - Throws: `StartError` when the service cannot start or ends; `ExitCode` when a signal cut `work` short; what
    ///   `work` throws.
    static func run<Result: Sendable>(
        _ plan: ClusterPlan, work: @escaping @Sendable (AttentionProcess) async throws -> Result
    ) async throws -> Result {
        let folder = try SocketFolder()
        defer { folder.remove() }
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let client = RPCClient(
            address: .unix(path: "\(folder.path)/attention.sock"), limits: HopCaller.limits, group: group,
            logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() })
        let (started, start) = AsyncStream<Int32>.makeStream()
        let child = try child(plan, folder)
        let result = try await withThrowingTaskGroup(of: Result?.self) { tasks in
            tasks.addTask { try await watch(child) { start.yield($0) } }
            tasks.addTask {
                try await client.run()
                return nil
            }
            tasks.addTask {
                for await _ in signals { throw ExitCode(130) }        // as a shell tells of Ctrl-C
                return nil
            }
            tasks.addTask {
                let caller = HopCaller(client, on: group.next())
                return try await work(
                    try await ready(caller, admin: .unix(path: "\(folder.path)/attention.admin"), started))
            }
            defer { tasks.cancelAll() }
            while let result = try await tasks.next() { if let result { return result } }
            throw CancellationError()
        }
        try await group.shutdownGracefully()
        return result
    }

    private static func child(_ plan: ClusterPlan, _ folder: SocketFolder) throws -> ChildProcess {
        // Of the hosts that are planned beside it none is started, so their bandwidth need not be measured.
        let processes = plan.processes(sockets: folder.path, programs: try ClusterPlan.ownFolder(), readBandwidth: 1e9)
        guard let process = processes.first(where: { $0.role == .attention }) else {
            throw StartError("the plan of the cluster has no attention service")
        }
        return ChildProcess(plan: process, logFile: "/dev/null")
    }

    /// - Throws: `StartError` when the process ends before it is told to.
    private static func watch<Result>(
        _ child: ChildProcess, onStart: @escaping @Sendable (Int32) -> Void
    ) async throws -> Result? {
        let lines = RecentLines(), name = "attention"
        let exit = await child.run(
            orders: AsyncStream { $0.finish() }, onStart: onStart, onLine: { lines.add($0, of: name) })
        if Task.isCancelled { return nil }
        throw StartError("the process \(name) \(exit); \(lines.of(name).joined(separator: "; "))")
    }

    private static func ready(
        _ caller: HopCaller, admin: Address, _ started: AsyncStream<Int32>
    ) async throws -> AttentionProcess {
        let description = try await caller.client.call(
            .describeAttention, DescribeRequest(router: router), timeout: HopCaller.timeout, whenDisconnected: .wait)
        guard let processID = await started.first(where: { _ in true }) else { throw CancellationError() }
        return AttentionProcess(caller: caller, description: description, processID: processID, admin: admin)
    }

    /// What it says that its states take, and what its memory is.
    ///
    /// - Throws: `StartError` when it does not tell.
    func reading() async throws -> MemoryFigures.Reading {
        let page = try await MetricsPage.of(admin, "attention")
        guard let usage = ProcessUsage(processID: processID) else {
            throw StartError("the process of attention has ended")
        }
        return MemoryFigures.Reading(
            reported: Int(page.sum("minimax_attention_state_used_bytes")), resident: usage.anonymousBytes)
    }
}

/// Calls of the service, each with the time that it took.
extension AttentionProcess {
    /// A large file is written or read within a call.
    private static let timeout = HopCaller.timeout

    func call<Request: Sendable, Response: Sendable>(
        _ endpoint: Endpoint<Request, Response>, _ request: Request
    ) async throws -> Response {
        try await caller.client.call(endpoint, request, timeout: Self.timeout)
    }

    /// - Returns: the seconds from the request to its answer.
    func time<Request: Sendable, Response: Sendable>(
        _ endpoint: Endpoint<Request, Response>, _ request: Request
    ) async throws -> Double {
        try await caller.roundTrips(count: 1) { _ in _ = try await call(endpoint, request) }[0]
    }

    func drop(_ states: [StateID]) async throws {
        _ = try await call(
            .dropStates, DropStatesRequest(router: Self.router, owner: Self.owner, states: states))
    }
}
