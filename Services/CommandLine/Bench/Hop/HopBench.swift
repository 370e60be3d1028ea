internal import ArgumentParser
internal import Cluster
internal import Foundation
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import Tensors
internal import Transport

/// What one call between two processes costs.
struct HopBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hop",
        abstract: "Measure calls between two processes through the product's transport, beside a raw socket.",
        discussion: """
            A second process answers each body with itself, over Unix sockets. The raw way is a blocking ping-pong of the same size. \
            Shown are medians over the rounds of each round's p50, p99 and p99.9; of large bodies a round has fewer calls, and its p99.9 \
            is the slowest. Bandwidth counts both directions.
            """)

    @OptionGroup var options: BenchOptions

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)            // an echo that went away is an error, not our end
        let folder = try SocketFolder()
        defer { folder.remove() }
        let figures = try await Self.withEcho(in: folder) { try await measure(folder: folder, caller: $0) }
        try printToStandardOutput(BenchReport(.current(threads: Machine.coreCount), figures.measurements, tables: [figures.table]).text(json: options.json))
    }

    private func measure(folder: SocketFolder, caller: HopCaller) async throws -> HopFigures {
        let status = StatusLine()
        let empty = ByteBuffer()
        _ = try await caller.echo(empty)                                        // then the process listens on both sockets
        let rawThread = ComputeLane(label: "minimax.bench.raw")
        let lanes = try HopLane.sizes.map { try HopLane($0, caller: caller, folder: folder.path, rawThread: rawThread) }
        defer { for lane in lanes { lane.close() } }
        folder.remove()                                                         // what is connected needs no names, and Ctrl-C leaves nothing behind
        for lane in lanes { try await lane.check() }
        var figures = HopFigures()
        for round in 1...options.rounds {
            status.show("round \(round) of \(options.rounds)")
            for lane in lanes {
                status.show(detail: "round \(round) of \(options.rounds): \(lane.size.name)")
                figures.add(try await lane.measure(), of: lane.size)
            }
        }
        status.clear()
        return figures
    }

    /// Runs `work` with a caller of a second process, which ends with it.
    private static func withEcho(in folder: SocketFolder, _ work: @escaping @Sendable (HopCaller) async throws -> HopFigures) async throws -> HopFigures {
        let echo = ChildProcess(
            program: try ClusterPlan.ownFolder() + "/minimax",
            arguments: ["bench", "hop-echo", "--folder", folder.path, "--log-level", "warning", "--exit-with-parent"], logFile: "/dev/null")
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let client = RPCClient(address: .unix(path: HopEchoService.rpcSocket(in: folder.path)), group: group, logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() })
        let caller = HopCaller(client, on: group.next())
        let result = try await withThrowingTaskGroup(of: HopFigures?.self) { tasks in
            let lines = RecentLines()
            tasks.addTask {
                let exit = await echo.run(signals: AsyncStream { $0.finish() }, onStart: { _ in }, onLine: { lines.add($0, of: "echo") })
                if Task.isCancelled { return nil }
                throw StartError("the echo process \(exit); \(lines.of("echo").joined(separator: "; "))")
            }
            tasks.addTask {
                try await client.run()
                return nil
            }
            tasks.addTask { try await work(caller) }
            defer { tasks.cancelAll() }
            while let result = try await tasks.next() { if let result { return result } }
            throw CancellationError()
        }
        try await group.shutdownGracefully()
        return result
    }
}
