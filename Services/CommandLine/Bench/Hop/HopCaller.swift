internal import NIOCore
internal import Transport

/// Makes calls as the product's hot loop does: on the event loop that the client's connection lives on.
struct HopCaller: Sendable {
    let client: RPCClient
    private let executor: EventLoopExecutor

    /// - Parameter loop: the only one of the client's group.
    init(_ client: RPCClient, on loop: any EventLoop) {
        self.client = client
        executor = EventLoopExecutor(loop)
    }

    /// Waits for the connection, if need be.
    func echo(_ body: ByteBuffer) async throws -> ByteBuffer {
        try await client.call("/v1/echo", body, timeout: .seconds(10), whenDisconnected: .wait)
    }

    /// One call after the other. - Returns: seconds of each.
    func roundTrips(_ body: ByteBuffer, count: Int) async throws -> [Double] {
        try await withTaskExecutorPreference(executor) {
            var seconds: [Double] = []
            seconds.reserveCapacity(count)
            for _ in 0 ..< count {
                let begin = ContinuousClock.now
                _ = try await client.call("/v1/echo", body, timeout: .seconds(10))
                seconds.append((ContinuousClock.now - begin) / .seconds(1))
            }
            return seconds
        }
    }
}
