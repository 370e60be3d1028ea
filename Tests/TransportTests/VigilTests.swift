import NIOCore
import NIOPosix
import Testing

@testable import Transport

@Suite("A vigil after a call") struct VigilTests {
    private var watchful: RPCLimits {
        var limits = RPCLimits()
        limits.vigil = .seconds(5)
        return limits
    }

    /// On event loops of its own: others on the same loop wait for a vigil's end.
    private func withServer(
        _ address: Address = Place.unix.address, _ body: @Sendable (RPCClient) async throws -> Void
    ) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let server = RPCServer(address: address, limits: watchful, group: group, logger: quiet) { $0.body }
        try await withThrowingTaskGroup { tasks in
            tasks.addTask { try await server.run() }
            let client = RPCClient(
                address: try await server.boundAddress, limits: watchful, group: group, logger: quiet)
            tasks.addTask { try await client.run() }
            try await body(client)
            tasks.cancelAll()
            while let result = await tasks.nextResult() { _ = result }
        }
        try await group.shutdownGracefully()
    }

    @Test("calls are answered as without it", arguments: Place.allCases)
    func calls(place: Place) async throws {
        try await withServer(place.address) { client in
            for size in [0, 1, 5000, 3 << 20] {
                let body = ByteBuffer(repeating: 7, count: size)
                let answer = try await client.call("/echo", body, timeout: .seconds(30))
                #expect(answer == body)
            }
        }
    }

    @Test("what is handed to the loop meanwhile does not wait for its end")
    func news() async throws {
        try await withServer { client in
            let begin = ContinuousClock.now
            // Each call comes from another thread, while both loops may still keep the vigil of the one before.
            for _ in 0 ..< 10 { _ = try await client.call("/echo", ByteBuffer(), timeout: .seconds(30)) }
            #expect(ContinuousClock.now - begin < .seconds(25), "ten vigils of five seconds were sat out")
        }
    }

    @Test("a connection that closes meanwhile is noticed, and another server can be called")
    func closing() async throws {
        for _ in 0 ..< 3 {
            try await withServer { client in
                _ = try await client.call("/echo", ByteBuffer(), timeout: .seconds(30))
            }
        }
    }
}
