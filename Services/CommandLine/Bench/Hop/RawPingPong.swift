internal import Console
internal import Foundation

/// One size of message, sent back and forth over a raw socket. The first eight bytes of a connection tell the size.
struct RawPingPong: Sendable {
    static let sizeMax = 64 << 20

    private let socket: RawSocket
    private let body: [UInt8]

    /// - Throws: `StartError` when nobody listens at `path`.
    init(_ path: String, body: [UInt8]) throws {
        precondition(!body.isEmpty && body.count <= Self.sizeMax, "a body of \(body.count) bytes")
        socket = try .connected(to: path)
        self.body = body
        guard socket.send(Self.head(body.count)) else { throw Self.broken }
    }

    /// Sends the body and waits for it, again and again. - Returns: seconds of each round trip.
    func roundTrips(_ count: Int) throws -> [Double] {
        var answer = [UInt8](repeating: 0, count: body.count)
        return try (0 ..< count).map { _ in
            let begin = ContinuousClock.now
            guard socket.send(body), socket.receive(&answer) else { throw Self.broken }
            return (ContinuousClock.now - begin) / .seconds(1)
        }
    }

    /// The body as it came back.
    func echo() throws -> [UInt8] {
        var answer = [UInt8](repeating: 0, count: body.count)
        guard socket.send(body), socket.receive(&answer) else { throw Self.broken }
        return answer
    }

    func close() { socket.close() }

    private static let broken = StartError("the raw echo closed its connection")

    private static func head(_ size: Int) -> [UInt8] { (0 ..< 8).map { UInt8(truncatingIfNeeded: size >> (8 * $0)) } }

    static func size(_ head: [UInt8]) -> Int? {
        let size = head.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return (1 ... UInt64(sizeMax)).contains(size) ? Int(size) : nil
    }
}

/// Answers every message of a `RawPingPong` with itself: a thread that listens, and one for each connection.
struct RawEcho: Sendable {
    private let listener: RawSocket

    /// - Throws: `StartError` when `path` cannot be listened on.
    init(listeningOn path: String) throws {
        listener = try .listening(on: path)
        let listener = listener
        Thread.detachNewThread {
            while let client = listener.accepted() { Thread.detachNewThread { Self.serve(client) } }
            listener.close()
        }
    }

    /// Takes no more connections; those that are open end when their callers close them.
    func stop() { listener.end() }

    private static func serve(_ client: RawSocket) {
        defer { client.close() }
        var head = [UInt8](repeating: 0, count: 8)
        guard client.receive(&head), let size = RawPingPong.size(head) else { return }
        var body = [UInt8](repeating: 0, count: size)
        while client.receive(&body), client.send(body) {}
    }
}
