internal import Console
internal import NIOCore
internal import Tensors

/// One kind of call, and a body of its size over the raw socket.
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
    private let call: any HopCall
    private let body: [UInt8]
    private let raw: RawPingPong
    /// A blocking socket needs a thread that may block.
    private let rawThread: ComputeLane

    /// - Throws: `StartError` when nobody listens for raw connections in `folder`.
    init(_ size: Size, _ call: any HopCall, folder: String, rawThread: ComputeLane) throws {
        self.size = size
        self.call = call
        self.rawThread = rawThread
        body = Self.pattern(size.bytes)
        raw = try RawPingPong(HopEchoService.rawSocket(in: folder), body: body)
    }

    /// An echo through the transport.
    init(_ size: Size, caller: HopCaller, folder: String, rawThread: ComputeLane) throws {
        let call = EchoCall(name: size.name, body: ByteBuffer(bytes: Self.pattern(size.bytes)), caller: caller)
        try self.init(size, call, folder: folder, rawThread: rawThread)
    }

    /// A period that divides no size of a buffer, so that swapped pieces show.
    static func pattern(_ count: Int) -> [UInt8] { (0 ..< count).map { UInt8($0 % 251) } }

    /// - Throws: `StartError` unless both ways bring back what they should.
    func check() async throws {
        try await call.check()
        guard try await rawThread.run({ try raw.echo() }) == body else {
            throw StartError("\(size.name) came back changed over the raw socket")
        }
    }

    func measure() async throws -> Round {
        let rawSeconds = try await rawThread.run { try raw.roundTrips(size.calls) }
        return Round(ours: try await call.roundTrips(size.calls), raw: rawSeconds)
    }

    func close() { raw.close() }
}
