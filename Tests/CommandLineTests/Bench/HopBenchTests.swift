import Console
import Logging
import NIOCore
import NIOPosix
import Tensors
import Testing
import Transport

@testable import Benchmarks
@testable import LocalCluster
@testable import TerminalOutput

@Suite("Hop bench") struct HopBenchTests {
    /// Runs an echo service in this process, and a caller of it.
    private func withEcho(_ body: (HopCaller, _ folder: String) async throws -> Void) async throws {
        let folder = try SocketFolder()
        defer { folder.remove() }
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let service = try HopEchoService(folder: folder.path, logger: logger)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let client = RPCClient(
            address: .unix(path: HopEchoService.rpcSocket(in: folder.path)), group: group, logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await service.run() }
            tasks.addTask { try await client.run() }
            defer { tasks.cancelAll() }
            try await body(HopCaller(client, on: group.next()), folder.path)
        }
        try await group.shutdownGracefully()
    }

    @Test("bodies of every size come back byte for byte, both ways, and are timed")
    func echo() async throws {
        try await withEcho { caller, folder in
            let rawThread = ComputeLane(label: "raw")
            for size in HopLane.sizes + [.init(name: "1B", bytes: 1, calls: 3)] {
                _ = try await caller.echo(ByteBuffer())        // empty bodies too
                let lane = try HopLane(
                    .init(name: size.name, bytes: size.bytes, calls: 3), caller: caller, folder: folder,
                    rawThread: rawThread)
                defer { lane.close() }
                try await lane.check()
                let round = try await lane.measure()
                #expect(round.ours.count == 3 && round.raw.count == 3)
                #expect((round.ours + round.raw).allSatisfy { $0 > 0 })
            }
        }
    }

    @Test("the product's way and the raw way are measured in turns, and the second is the ceiling of the first")
    func figures() {
        var figures = HopFigures()
        let small = HopLane.Size(name: "12KiB", bytes: 12 << 10, calls: 4),
            large = HopLane.Size(
                name: "1MiB", bytes: 1 << 20, calls: 2)
        for slow in [1.0, 1, 9] {        // one disturbed round of three changes nothing
            figures.add(
                .init(ours: [30e-6, 20e-6, 60e-6, 40e-6].map { $0 * slow }, raw: [10e-6, 10e-6, 40e-6, 10e-6]),
                of: small)
            figures.add(.init(ours: [2e-3 * slow, 4e-3], raw: [1e-3, 1e-3]), of: large)
        }
        let found = Dictionary(uniqueKeysWithValues: figures.measurements.map { ($0.name, $0) })
        #expect(
            figures.measurements.map(\.name) == [
                "hop.12KiB.p50", "hop.12KiB.p99", "hop.12KiB.p99.9", "hop.1MiB.p50", "hop.1MiB.p99", "hop.1MiB.p99.9",
                "hop.1MiB.bandwidth",
            ])
        #expect(found["hop.12KiB.p50"].map { ($0.value * 10).rounded() } == 300)
        #expect(found["hop.12KiB.p99"]?.share.map { ($0 * 1000).rounded() } == 667)
        #expect(found["hop.1MiB.bandwidth"].map { ($0.value * 1000).rounded() } == 1049)        // 2 MiB in 2 ms
        #expect(figures.table.rows.map(\.first) == ["12KiB", "1MiB"])
        #expect(figures.table.rows[0][7] == "3.00")
        #expect(figures.table.rows.allSatisfy { $0.count == figures.table.header.count })
    }

    @Test(
        "a raw connection that names a senseless size is closed",
        arguments: [
            [0, 0, 0, 0, 0, 0, 0, 0], [255, 255, 255, 255, 255, 255, 255, 255], [1, 0, 0, 4, 0, 0, 0, 0],
        ] as [[UInt8]])
    func size(head: [UInt8]) throws {
        #expect(RawPingPong.size(head) == nil)
        let folder = try SocketFolder()
        defer { folder.remove() }
        let path = HopEchoService.rawSocket(in: folder.path)
        let echo = try RawEcho(listeningOn: path)
        defer { echo.stop() }
        let socket = try RawSocket.connected(to: path)
        defer { socket.close() }
        _ = socket.send(head)
        var answer: [UInt8] = [0]
        #expect(!socket.receive(&answer))
    }

    @Test("where nobody listens, or nobody can, the path is named")
    func missing() {
        let error = #expect(throws: StartError.self) { try RawPingPong("/no/such.sock", body: [1]) }
        #expect(error?.description.hasPrefix("cannot connect to /no/such.sock: ") == true)
        let refused = #expect(throws: StartError.self) { try RawEcho(listeningOn: "/no/such.sock") }
        #expect(refused?.description.hasPrefix("cannot listen on /no/such.sock: ") == true)
    }
}
