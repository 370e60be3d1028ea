internal import ArgumentParser
internal import Console
internal import Flags
internal import Foundation
internal import LocalCluster
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import Tensors
internal import TerminalOutput
internal import Transport

/// What one call between two processes costs.
struct HopBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hop",
        abstract: "Measure calls between two processes through the product's transport, beside a raw socket.",
        discussion: """
            A second process answers each body with itself, over Unix sockets. The raw way is a blocking ping-pong of \
            the same size. Shown are medians over the rounds of each round's p50, p99 and p99.9; of large bodies a \
            round has fewer calls, and its p99.9 is the slowest. Bandwidth counts both directions.

            With a model, an attention and an expert-host process are started too, and get what a decode step asks of \
            them: one row through a lightning layer, through a softmax layer whose sequence grows from nothing to \
            1,000 tokens, and through an expert. Their raw ping-pong has the size of their requests, and computes \
            nothing.
            """)

    @OptionGroup var options: BenchOptions

    @Option(
        help: ArgumentHelp(
            "Folder of a checkpoint, for calls of real services (default: \(Self.demo), where that is).",
            valueName: "folder"))
    var model: String?

    @OptionGroup var threads: BenchThreads
    @OptionGroup var kernels: KernelOptions

    private static let demo = "compose/models/demo"

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)        // an echo that went away is an error, not our end
        let folder = try SocketFolder()
        defer { folder.remove() }
        let figures = try await withProcesses(in: folder) {
            try await measure(folder: folder, caller: $0, services: $1)
        }
        let machine = MachineDescription.current(threads: threads.count, kernels: kernels.kernels ?? .best)
        let report = BenchReport(machine, figures.measurements, tables: [figures.table])
        try printToStandardOutput(report.text(json: options.json))
    }

    private func measure(folder: SocketFolder, caller: HopCaller, services: ModelLanes?) async throws -> HopFigures {
        let status = ProgressDisplay()
        let empty = ByteBuffer()
        // Then the process listens on both sockets.
        _ = try await caller.echo(empty)
        let rawThread = ComputeLane(label: "minimax.bench.raw")
        var lanes = try HopLane.sizes.map { try HopLane($0, caller: caller, folder: folder.path, rawThread: rawThread) }
        defer { for lane in lanes { lane.close() } }
        status.show("starting attention and an expert host")
        if let services { lanes += try await services.lanes(folder: folder.path, rawThread: rawThread) }
        // What is connected needs no names, and Ctrl-C leaves nothing behind.
        folder.remove()
        for lane in lanes { try await lane.check() }
        var figures = HopFigures()
        for round in 1 ... options.rounds {
            status.show("round \(round) of \(options.rounds)")
            for lane in lanes {
                status.show(detail: "round \(round) of \(options.rounds): \(lane.size.name)")
                figures.add(try await lane.measure(), of: lane.size)
            }
        }
        status.clear()
        return figures
    }

    /// Runs `work` with a caller of a second process, and with a model's services where there is a model; all end
    /// with it.
    private func withProcesses(
        in folder: SocketFolder, _ work: @escaping @Sendable (HopCaller, ModelLanes?) async throws -> HopFigures
    ) async throws -> HopFigures {
        let echo = ChildProcess(
            program: try ClusterPlan.ownFolder() + "/minimax",
            arguments: ["bench", "hop-echo", "--folder", folder.path, "--log-level", "warning", "--exit-with-parent"],
            logFile: "/dev/null")
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let logger = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
        let socket = HopEchoService.rpcSocket(in: folder.path)
        let client = RPCClient(address: .unix(path: socket), limits: HopCaller.limits, group: group, logger: logger)
        let caller = HopCaller(client, on: group.next())
        let services = try modelFolder.map { model in
            try ModelLanes(
                model: model, threads: threads.count, kernels: kernels, folder: folder.path, group: group,
                logger: logger)
        }
        let result = try await withThrowingTaskGroup(of: HopFigures?.self) { tasks in
            let lines = RecentLines()
            for (name, child) in [("echo", echo)] + (services?.children ?? []) {
                tasks.addTask {
                    let exit = await child.run(
                        orders: AsyncStream { $0.finish() }, onStart: { _ in }, onLine: { lines.add($0, of: name) })
                    if Task.isCancelled { return nil }
                    throw StartError("the process \(name) \(exit); \(lines.of(name).joined(separator: "; "))")
                }
            }
            for client in [client] + (services?.clients ?? []) {
                tasks.addTask {
                    try await client.run()
                    return nil
                }
            }
            tasks.addTask { try await work(caller, services) }
            defer { tasks.cancelAll() }
            while let result = try await tasks.next() { if let result { return result } }
            throw CancellationError()
        }
        try await group.shutdownGracefully()
        return result
    }

    private var modelFolder: String? {
        model ?? (FileManager.default.fileExists(atPath: "\(Self.demo)/config.json") ? Self.demo : nil)
    }
}
