internal import Cluster
internal import NIOCore
internal import Tensors

/// One size of body, over both ways between the two processes.
struct HopLane: Sendable {
    /// What is measured: bytes, their name, and how often in one round.
    struct Size: Sendable {
        let name: String
        let bytes: Int
        let calls: Int
    }
    static let sizes = [
        Size(name: "256B", bytes: 256, calls: 2000), Size(name: "12KiB", bytes: 12 << 10, calls: 2000),
        Size(name: "1MiB", bytes: 1 << 20, calls: 200), Size(name: "8MiB", bytes: 8 << 20, calls: 50),
    ]

    /// Seconds of the round trips of one round.
    struct Round: Sendable {
        let ours: [Double]
        let raw: [Double]
    }

    let size: Size
    private let body: ByteBuffer
    private let caller: HopCaller
    private let raw: RawPingPong
    /// A blocking socket needs a thread that may block.
    private let rawThread: ComputeLane

    /// - Throws: `StartError` when nobody listens for raw connections in `folder`.
    init(_ size: Size, caller: HopCaller, folder: String, rawThread: ComputeLane) throws {
        let bytes = Self.pattern(size.bytes)
        self.size = size
        self.caller = caller
        self.rawThread = rawThread
        body = ByteBuffer(bytes: bytes)
        raw = try RawPingPong(HopEchoService.rawSocket(in: folder), body: bytes)
    }

    /// A period that divides no size of a buffer, so that swapped pieces show.
    static func pattern(_ count: Int) -> [UInt8] { (0 ..< count).map { UInt8($0 % 251) } }

    /// - Throws: `StartError` unless both ways bring back the very bytes.
    func check() async throws {
        let answer = try await caller.echo(body)
        guard answer == body else { throw StartError("\(size.name) came back changed through the transport") }
        guard try await rawThread.run({ try raw.echo() }) == Array(body.readableBytesView) else {
            throw StartError("\(size.name) came back changed over the raw socket")
        }
    }

    func measure() async throws -> Round {
        let rawSeconds = try await rawThread.run { try raw.roundTrips(size.calls) }
        return Round(ours: try await caller.roundTrips(body, count: size.calls), raw: rawSeconds)
    }

    func close() { raw.close() }
}
