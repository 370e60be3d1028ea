internal import Console
internal import NIOCore

/// What one process asks of another, again and again.
protocol HopCall: Sendable {
    /// - Throws: `StartError` when the answer is not what it should be.
    func check() async throws

    /// One call after the other. - Returns: seconds of each.
    func roundTrips(_ count: Int) async throws -> [Double]
}

/// A body that comes back as it is.
struct EchoCall: HopCall {
    let name: String
    let body: ByteBuffer
    let caller: HopCaller

    func check() async throws {
        guard try await caller.echo(body) == body else {
            throw StartError("\(name) came back changed through the transport")
        }
    }

    func roundTrips(_ count: Int) async throws -> [Double] {
        try await caller.roundTrips(count: count) { _ in _ = try await caller.echoConnected(body) }
    }
}
