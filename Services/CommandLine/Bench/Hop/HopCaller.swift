internal import Flags
internal import NIOCore
internal import Transport
internal import TypedCalls

/// Makes calls as the product's hot loop does: on the event loop that the client's connection lives on.
struct HopCaller: Sendable {
    /// Far more than any call takes: a machine that stands still for a while ends no benchmark.
    static let timeout = TimeAmount.seconds(60)

    /// The limits that the product's own clients and servers have: a loop stays awake for a moment after each call.
    static var limits: RPCLimits {
        var limits = RPCLimits()
        limits.vigil = SpinOptions.eventLoopsByDefault
        return limits
    }

    let client: RPCClient
    private let executor: EventLoopExecutor

    /// - Parameter loop: the only one of the client's group.
    init(_ client: RPCClient, on loop: any EventLoop) {
        self.client = client
        executor = EventLoopExecutor(loop)
    }

    /// Waits for the connection, if need be.
    func echo(_ body: ByteBuffer) async throws -> ByteBuffer {
        try await client.call("/v1/echo", body, timeout: Self.timeout, whenDisconnected: .wait)
    }

    /// Fails where there is no connection.
    func echoConnected(_ body: ByteBuffer) async throws -> ByteBuffer {
        try await client.call("/v1/echo", body, timeout: Self.timeout)
    }

    /// One call after the other. - Returns: seconds of each.
    func roundTrips(count: Int, _ call: @Sendable (Int) async throws -> Void) async throws -> [Double] {
        try await withTaskExecutorPreference(executor) {
            var seconds: [Double] = []
            seconds.reserveCapacity(count)
            for number in 0 ..< count {
                let begin = ContinuousClock.now
                try await call(number)
                seconds.append((ContinuousClock.now - begin) / .seconds(1))
            }
            return seconds
        }
    }
}
