import NIOCore
import Testing

@testable import Transport

/// A client's and a server's session joined in memory: no socket, no event loop.
struct SessionPair {
    let client: HTTP2Session
    let server: HTTP2Session

    init(limits: RPCLimits = .init()) throws {
        client = try HTTP2Session(.client, limits: limits)
        server = try HTTP2Session(.server, limits: limits)
    }

    /// Carries bytes both ways until there are none; returns what each side saw.
    func exchange() throws -> (client: [HTTP2Event], server: [HTTP2Event]) {
        var seen: (client: [HTTP2Event], server: [HTTP2Event]) = ([], [])
        var moved = true
        while moved {
            moved = false
            for bytes in try drain(client) { try server.receive(bytes); moved = true }
            for bytes in try drain(server) { try client.receive(bytes); moved = true }
            seen.client += client.takeEvents()
            seen.server += server.takeEvents()
        }
        return seen
    }
}

func drain(_ session: HTTP2Session, limit: Int = .max) throws -> [ByteBuffer] {
    var output = OutboundBytes()
    _ = try session.drain(into: &output, limit: limit)
    var pieces: [ByteBuffer] = []
    output.take { pieces.append($0) }
    return pieces
}

func requestBlock(_ path: String = "/v1/x", count: Int) -> HeaderBlock {
    RequestHead(path: path, bodyCount: count, timeoutMilliseconds: nil, traceparent: nil).block(authority: "localhost")
}

/// What remains of a stream's events when pieces of the body are joined.
private func body(_ events: [HTTP2Event], on stream: Int32) -> ByteBuffer {
    var body = ByteBuffer()
    for case .data(stream, var piece) in events { body.writeBuffer(&piece) }
    return body
}

@Suite("A client's and a server's session in memory") struct HTTP2SessionTests {
    @Test("a request and its answer arrive whole", arguments: [0, 1, 12 << 10, 1 << 20])
    func roundTrip(count: Int) throws {
        let pair = try SessionPair()
        _ = try pair.exchange()
        let sent = ByteBuffer(bytes: (0 ..< count).map { UInt8(truncatingIfNeeded: $0 % 251) })
        let stream = try pair.client.request(requestBlock(count: count), body: sent)
        let request = try pair.exchange().server
        guard case .head(stream, let fields) = request.first else { Issue.record("no head: \(request)"); return }
        #expect(fields[":path"] == "/v1/x")
        #expect(fields["content-length"] == "\(count)")
        #expect(body(request, on: stream) == sent)
        #expect(request.last == .end(stream: stream))

        try pair.server.respond(stream, AnswerHead(bodyCount: count).block(), body: sent)
        let answer = try pair.exchange()
        #expect(body(answer.client, on: stream) == sent)
        #expect(Array(answer.client.suffix(2)) == [.end(stream: stream), .closed(stream: stream, code: 0)])
        #expect(answer.server.contains(.closed(stream: stream, code: 0)))
        #expect(pair.client.bodies.isEmpty && pair.server.bodies.isEmpty)
    }

    @Test("bytes may arrive one at a time")
    func singleBytes() throws {
        let pair = try SessionPair()
        let stream = try pair.client.request(requestBlock(count: 5), body: ByteBuffer(string: "hello"))
        for bytes in try drain(pair.client) {
            for byte in bytes.readableBytesView { try pair.server.receive(ByteBuffer(bytes: [byte])) }
        }
        #expect(body(pair.server.takeEvents(), on: stream) == ByteBuffer(string: "hello"))
    }

    @Test("a large body leaves in few frames and is not copied")
    func slices() throws {
        let pair = try SessionPair()
        _ = try pair.exchange()
        let sent = ByteBuffer(repeating: 7, count: 1 << 20)
        _ = try pair.client.request(requestBlock(count: sent.readableBytes), body: sent)
        let pieces = try drain(pair.client)
        #expect(pieces.count == 2, "frame headers, then the body as one slice")
        #expect(pieces.last.map(start) == start(of: sent))
    }

    private func start(of buffer: ByteBuffer) -> UInt {
        unsafe buffer.withUnsafeReadableBytes { UInt(bitPattern: $0.baseAddress) }
    }

    @Test("a body larger than its window waits until the window is opened")
    func windows() throws {
        var limits = RPCLimits()
        limits.windowBytes = 1 << 16
        let pair = try SessionPair(limits: limits)
        _ = try pair.exchange()
        let stream = try pair.client.request(
            requestBlock(count: 1 << 20), body: ByteBuffer(repeating: 7, count: 1 << 20))
        let first = try pair.exchange().server
        #expect(body(first, on: stream).readableBytes == 1 << 16)
        pair.server.widen(stream, to: 1 << 20)
        let rest = try pair.exchange().server
        #expect(body(rest, on: stream).readableBytes == (1 << 20) - (1 << 16))
        #expect(rest.last == .end(stream: stream))
    }

    @Test("draining stops at its limit and goes on later")
    func drainLimit() throws {
        let pair = try SessionPair()
        _ = try pair.exchange()
        for _ in 0 ..< 16 {
            _ = try pair.client.request(requestBlock(count: 1 << 20), body: ByteBuffer(repeating: 7, count: 1 << 20))
        }
        var total = 0
        for _ in 0 ..< 100 {
            let count = try drain(pair.client, limit: 2 << 20).reduce(0) { $0 + $1.readableBytes }
            #expect(count <= 4 << 20)
            total += count
        }
        #expect(total > 16 << 20)
    }

    @Test("a reset arrives as one event, and frees the body that was waiting to leave")
    func reset() throws {
        var limits = RPCLimits()
        limits.windowBytes = 1 << 16
        let pair = try SessionPair(limits: limits)
        _ = try pair.exchange()
        let stream = try pair.client.request(
            requestBlock(count: 1 << 20), body: ByteBuffer(repeating: 7, count: 1 << 20))
        _ = try pair.exchange()
        pair.client.reset(stream, code: HTTP2Code.cancel)
        #expect(pair.client.bodies.isEmpty)
        let seen = try pair.exchange().server
        #expect(seen == [.reset, .closed(stream: stream, code: 8)])
    }

    @Test("an answer before the request's end asks the client to stop sending")
    func earlyAnswer() throws {
        var limits = RPCLimits()
        limits.windowBytes = 1 << 16
        let pair = try SessionPair(limits: limits)
        _ = try pair.exchange()
        let stream = try pair.client.request(
            requestBlock(count: 1 << 20), body: ByteBuffer(repeating: 7, count: 1 << 20))
        _ = try pair.exchange()
        try pair.server.respond(
            stream, AnswerHead(failure: .resourceExhausted, bodyCount: 0).block(), body: ByteBuffer())
        let seen = try pair.exchange().client
        #expect(seen.contains(.end(stream: stream)))
        #expect(seen.contains(.closed(stream: stream, code: HTTP2Code.noError)))
        #expect(pair.client.bodies.isEmpty)
    }

    @Test("a head over the limits is one event without its fields")
    func headTooLarge() throws {
        var limits = RPCLimits()
        limits.headerCountMax = 8
        let server = try HTTP2Session(.server, limits: limits)
        let client = try HTTP2Session(.client, limits: .init())
        var block = requestBlock(count: 0)
        for index in 0 ..< 8 { block.append("x-\(index)", "y") }
        let stream = try client.request(block, body: ByteBuffer())
        for bytes in try drain(client) { try server.receive(bytes) }
        #expect(server.takeEvents().contains(.headTooLarge(stream: stream)))
    }

    @Test("what is not HTTP/2 is a typed error, and a GOAWAY tells the peer")
    func garbage() throws {
        let server = try HTTP2Session(.server, limits: .init())
        #expect(throws: HTTP2Error.self) { try server.receive(ByteBuffer(string: "GET / HTTP/1.1\r\nHost: x\r\n\r\n")) }
        server.terminate(code: HTTP2Code.protocolError)
        let last = try #require(try drain(server).last)
        #expect(last.readableBytes > 17)
        #expect(server.isFinished)
    }

    @Test("streams that the server has not taken when it goes away are refused")
    func goAway() throws {
        let pair = try SessionPair()
        _ = try pair.exchange()
        let taken = try pair.client.request(requestBlock(count: 0), body: ByteBuffer())
        for bytes in try drain(pair.client) { try pair.server.receive(bytes) }
        _ = pair.server.takeEvents()
        pair.server.goAway()
        let farewell = try drain(pair.server)
        let late = try pair.client.request(requestBlock(count: 0), body: ByteBuffer())
        for bytes in try drain(pair.client) { try pair.server.receive(bytes) }
        for bytes in farewell { try pair.client.receive(bytes) }
        let seen = try pair.exchange()
        #expect(seen.client.contains(.closed(stream: late, code: HTTP2Code.refusedStream)))
        #expect(!seen.server.contains { if case .head(late, _) = $0 { true } else { false } })
        try pair.server.respond(taken, AnswerHead(bodyCount: 0).block(), body: ByteBuffer())
        #expect(try pair.exchange().client.contains(.end(stream: taken)))
    }
}
