import NIOCore
import Testing

@testable import Transport

@Suite("A vigil after a call") struct VigilTests {
    private var watchful: RPCLimits {
        var limits = RPCLimits()
        limits.vigil = .milliseconds(400)
        return limits
    }

    @Test("calls are answered as without it", arguments: Place.allCases)
    func calls(place: Place) async throws {
        try await withServer(place.address, limits: watchful, handler: { $0.body }) { client, _ in
            for size in [0, 1, 5000, 3 << 20] {
                let body = ByteBuffer(repeating: 7, count: size)
                let answer = try await client.call("/echo", body, timeout: .seconds(30))
                #expect(answer == body)
            }
        }
    }

    @Test("what is handed to the loop meanwhile does not wait for its end")
    func news() async throws {
        try await withServer(limits: watchful, handler: { $0.body }) { client, _ in
            let begin = ContinuousClock.now
            // Each call comes from another thread, while both loops may still keep the vigil of the one before.
            for _ in 0 ..< 50 { _ = try await client.call("/echo", ByteBuffer(), timeout: .seconds(30)) }
            #expect(ContinuousClock.now - begin < .seconds(10), "50 vigils of 0.4 s were sat out")
        }
    }

    @Test("a connection that closes meanwhile is noticed, and another server can be called")
    func closing() async throws {
        for _ in 0 ..< 3 {
            try await withServer(limits: watchful, handler: { $0.body }) { client, _ in
                _ = try await client.call("/echo", ByteBuffer(), timeout: .seconds(30))
            }
        }
    }
}
