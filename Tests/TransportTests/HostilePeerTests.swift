import NIOCore
import NIOPosix
import Testing

@testable import Transport

/// A peer that writes what it is told to and remembers what it reads.
actor RawPeer {
    private let channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>
    init(_ channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>) { self.channel = channel }

    /// Writes, then reads until the other side hangs up or has said enough. Returns what it said.
    func say(
        _ pieces: [ByteBuffer], until isEnough: @Sendable (ByteBuffer) -> Bool = { _ in false }
    ) async throws -> ByteBuffer {
        try await channel.executeThenClose { inbound, outbound in
            var heard = ByteBuffer()
            // The other side may hang up in the middle of our writing.
            for piece in pieces { try? await outbound.write(piece) }
            do {
                for try await bytes in inbound {
                    heard.writeImmutableBuffer(bytes)
                    if isEnough(heard) { break }
                }
            } catch is IOError {}
            return heard
        }
    }

    /// Hangs up, in the middle of `say`.
    func leave() async { try? await channel.channel.close() }

    /// Writes, and hangs up.
    func sayAndLeave(_ pieces: [ByteBuffer]) async throws {
        try await channel.executeThenClose { _, outbound in
            for piece in pieces { try? await outbound.write(piece) }
        }
    }

    /// A Unix socket whose queue of new connections is full says so at once, where TCP would wait: then it is tried
    /// again.
    static func connect(to address: Address) async throws -> RawPeer {
        while true {
            do { return try await connectOnce(to: address) } catch let error as IOError where error.errnoCode == EAGAIN
            {
                try await Task.sleep(for: .milliseconds(10))
            }
        }
    }

    private static func connectOnce(to address: Address) async throws -> RawPeer {
        let bootstrap = ClientBootstrap(group: testGroup)
        let wrap: @Sendable (any Channel) -> EventLoopFuture<NIOAsyncChannel<ByteBuffer, ByteBuffer>> = { channel in
            channel.eventLoop.makeCompletedFuture { try NIOAsyncChannel(wrappingChannelSynchronously: channel) }
        }
        return switch address {
        case .unix(let path): RawPeer(try await bootstrap.connect(unixDomainSocketPath: path, channelInitializer: wrap))
        case .tcp(let host, let port):
            RawPeer(try await bootstrap.connect(host: host, port: port, channelInitializer: wrap))
        }
    }
}

/// Frames written by hand (RFC 9113 section 4.1).
enum Frame {
    static let preface = ByteBuffer(string: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    static let settings = frame(type: 4)
    static let settingsAck = frame(type: 4, flags: 1)
    static let ping = frame(type: 6, payload: Array(repeating: 0, count: 8))

    static func frame(
        type: UInt8, flags: UInt8 = 0, stream: UInt32 = 0, payload: [UInt8] = [], length: Int? = nil
    ) -> ByteBuffer {
        let count = length ?? payload.count
        var buffer = ByteBuffer(bytes: [
            UInt8(truncatingIfNeeded: count >> 16), UInt8(truncatingIfNeeded: count >> 8),
            UInt8(truncatingIfNeeded: count), type, flags,
        ])
        buffer.writeInteger(stream)
        buffer.writeBytes(payload)
        return buffer
    }

    /// A request's HEADERS, its fields as HPACK literals without indexing; `ends` sets END_STREAM.
    static func request(
        stream: UInt32, length: String? = nil, path: String = "/", ends: Bool = false, more: [(String, String)] = []
    ) -> ByteBuffer {
        var fields = [(":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "x")]
        if let length { fields.append(("content-length", length)) }
        return frame(type: 1, flags: ends ? 5 : 4, stream: stream, payload: hpack(fields + more))
    }

    /// A request's HEADERS whose first field of `valueBytes` is kept in the table and then named `times` times, a byte
    /// each (an "HPACK bomb").
    static func bomb(stream: UInt32, valueBytes: Int, times: Int) -> ByteBuffer {
        let field = [0x40] + string("x") + string(String(repeating: "b", count: valueBytes))
        let pseudo = hpack([(":method", "POST"), (":scheme", "http"), (":path", "/"), (":authority", "x")])
        return frame(
            type: 1, flags: 5, stream: stream, payload: pseudo + field + [UInt8](repeating: 0x80 | 62, count: times))
    }

    static func answer(stream: UInt32, _ fields: [(String, String)], ends: Bool = false) -> ByteBuffer {
        frame(type: 1, flags: ends ? 5 : 4, stream: stream, payload: hpack(fields))
    }

    static func data(stream: UInt32, _ payload: [UInt8], ends: Bool = false) -> ByteBuffer {
        frame(type: 0, flags: ends ? 1 : 0, stream: stream, payload: payload)
    }

    static func reset(stream: UInt32) -> ByteBuffer {
        frame(type: 3, stream: stream, payload: [0, 0, 0, 8])
    }

    private static func hpack(_ fields: [(String, String)]) -> [UInt8] {
        fields.flatMap { name, value in [0] + string(name) + string(value) }
    }

    private static func string(_ text: String) -> [UInt8] {
        let bytes = Array(text.utf8)
        guard bytes.count >= 127 else { return [UInt8(bytes.count)] + bytes }
        var rest = bytes.count - 127
        var length: [UInt8] = [127]
        while rest >= 128 {
            length.append(UInt8(rest % 128 + 128))
            rest /= 128
        }
        return length + [UInt8(rest)] + bytes
    }
}

/// The whole frames in what a peer said.
private func frames(_ heard: ByteBuffer) -> [(type: UInt8, stream: UInt32, payload: [UInt8])] {
    var heard = heard
    var frames: [(type: UInt8, stream: UInt32, payload: [UInt8])] = []
    while let head = heard.readBytes(length: 9), let payload = heard.readBytes(length: Int(number(head[0 ..< 3]))) {
        frames.append((head[3], number(head[5...]), payload))
    }
    return frames
}

private func number(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    bytes.reduce(0) { $0 << 8 | UInt32($1) }
}

/// The error code of the last GOAWAY in what a peer said, and nil without one.
private func goAwayCode(_ heard: ByteBuffer) -> UInt32? {
    frames(heard).last { $0.type == 7 && $0.payload.count >= 8 }.map { number($0.payload[4 ..< 8]) }
}

@Suite("A server and its bad clients") struct BadClientTests {
    /// Says something bad to a server; afterwards a good client is still served.
    private func server(
        limits: RPCLimits = .init(), hearing pieces: [ByteBuffer],
        until isEnough: @escaping @Sendable (ByteBuffer) -> Bool = { _ in false }
    ) async throws -> ByteBuffer {
        try await withServer(limits: limits, handler: { $0.body }) { client, server in
            let heard = try await RawPeer.connect(to: server.boundAddress).say(pieces, until: isEnough)
            // More than once, because some of the limits tested here are short enough to part a busy machine from its
            // server.
            try await eventually("a good client is served") { (try? await client.echoes(pattern(1000))) == true }
            return heard
        }
    }

    @Test("a client that speaks HTTP/1.1 is sent away")
    func http1() async throws {
        let heard = try await server(hearing: [ByteBuffer(string: "GET / HTTP/1.1\r\nHost: x\r\n\r\n")])
        #expect(goAwayCode(heard) == HTTP2Code.protocolError)
    }

    @Test("a client that says nothing is sent away")
    func silent() async throws {
        var limits = RPCLimits()
        limits.handshakeTimeout = .milliseconds(100)
        #expect(goAwayCode(try await server(limits: limits, hearing: [])) == HTTP2Code.noError)
    }

    @Test("a client that falls silent after its preface is sent away")
    func idle() async throws {
        var limits = RPCLimits()
        limits.idleTimeout = .milliseconds(100)
        #expect(
            goAwayCode(try await server(limits: limits, hearing: [Frame.preface, Frame.settings])) == HTTP2Code.noError)
    }

    @Test("a frame larger than allowed ends the connection")
    func frameSize() async throws {
        let heard = try await server(hearing: [
            Frame.preface, Frame.settings, Frame.frame(type: 0, stream: 1, length: 1 << 23),
        ])
        #expect(goAwayCode(heard) == 6)        // FRAME_SIZE_ERROR
    }

    @Test("rapid resets end the connection with ENHANCE_YOUR_CALM")
    func rapidReset() async throws {
        var limits = RPCLimits()
        limits.resetsPerSecondMax = 50
        var flood = ByteBuffer()
        for index in 0 ..< 200 {
            flood.writeImmutableBuffer(Frame.request(stream: UInt32(index * 2 + 1), ends: true))
            flood.writeImmutableBuffer(Frame.reset(stream: UInt32(index * 2 + 1)))
        }
        let heard = try await server(limits: limits, hearing: [Frame.preface, Frame.settings, flood])
        #expect(goAwayCode(heard) == HTTP2Code.enhanceYourCalm)
    }

    @Test(
        "a flood of control frames ends the connection with ENHANCE_YOUR_CALM",
        arguments: [
            Frame.ping, Frame.settings, Frame.frame(type: 8, payload: [0, 0, 0, 1]),
            Frame.frame(type: 2, stream: 1, payload: [0, 0, 0, 0, 1]),
            Frame.data(stream: 1, []),
        ])
    func controlFlood(frame: ByteBuffer) async throws {
        var limits = RPCLimits()
        limits.controlFramesPerSecondMax = 100
        var flood = Frame.request(stream: 1, length: "5")
        for _ in 0 ..< 500 { flood.writeImmutableBuffer(frame) }
        let heard = try await server(limits: limits, hearing: [Frame.preface, Frame.settings, flood])
        #expect(goAwayCode(heard) == HTTP2Code.enhanceYourCalm)
    }

    @Test("large bodies are only announced: room is given to as many as fit, and to no more")
    func announcements() async throws {
        var requests = ByteBuffer()
        for index in 0 ..< 200 {
            requests.writeImmutableBuffer(Frame.request(stream: UInt32(index * 2 + 1), length: "\(256 << 20)"))
        }
        // Frames are answered in order: when the PING's answer is here, no window is still to come.
        let heard = try await server(hearing: [Frame.preface, Frame.settings, requests, Frame.ping]) { heard in
            frames(heard).contains { $0.type == 6 } && frames(heard).contains { $0.type == 8 && $0.stream == 3 }
        }
        #expect(frames(heard).filter { $0.type == 8 && $0.stream > 0 }.map(\.stream) == [1, 3])
    }

    @Test("a request that stops half-way is given up")
    func halfRequest() async throws {
        var limits = RPCLimits()
        limits.requestTimeout = .milliseconds(100)
        let request = [Frame.request(stream: 1, length: "5"), Frame.data(stream: 1, [1])]
        let isGivenUp = { @Sendable (heard: ByteBuffer) in
            heard.readableBytesView.firstRange(of: Array("1 of 5 bytes came before time was up".utf8)) != nil
        }
        #expect(
            isGivenUp(
                try await server(limits: limits, hearing: [Frame.preface, Frame.settings] + request, until: isGivenUp)))
    }

    @Test("a header that is too large is refused, by our limit or by nghttp2's own")
    func headers() async throws {
        for size in [20_000, 200_000] {
            let block = Frame.request(stream: 1, ends: true, more: [("x-big", String(repeating: "b", count: size))])
            let isRefused = { @Sendable (heard: ByteBuffer) in
                goAwayCode(heard) != nil || frames(heard).contains { $0.type <= 3 && $0.stream == 1 }
            }
            #expect(isRefused(try await server(hearing: [Frame.preface, Frame.settings, block], until: isRefused)))
        }
    }

    @Test(
        "a header that unfolds to many times its limit ends the connection with ENHANCE_YOUR_CALM, after a part of it")
    func bomb() async throws {
        let bombs = (0 ..< 100).map { Frame.bomb(stream: UInt32($0 * 2 + 1), valueBytes: 4000, times: 12_000) }
        #expect(
            goAwayCode(try await server(hearing: [Frame.preface, Frame.settings, Frame.settingsAck] + bombs))
                == HTTP2Code.enhanceYourCalm)
    }

    @Test("headers over the limit are refused one by one, and too many of them end the connection")
    func manyLargeHeaders() async throws {
        var limits = RPCLimits()
        limits.headerBytesRefusedPerSecondMax = 200_000
        let heads = (0 ..< 100).map { Frame.bomb(stream: UInt32($0 * 2 + 1), valueBytes: 4000, times: 5) }
        #expect(
            goAwayCode(
                try await server(limits: limits, hearing: [Frame.preface, Frame.settings, Frame.settingsAck] + heads))
                == HTTP2Code.enhanceYourCalm)
    }

    @Test("a flood of headers within their limits ends the connection too")
    func manyHeaders() async throws {
        var limits = RPCLimits()
        limits.headerBytesPerSecondMax = 200_000
        let heads = (0 ..< 100).map { Frame.bomb(stream: UInt32($0 * 2 + 1), valueBytes: 4000, times: 1) }
        #expect(
            goAwayCode(
                try await server(limits: limits, hearing: [Frame.preface, Frame.settings, Frame.settingsAck] + heads))
                == HTTP2Code.enhanceYourCalm)
    }

    @Test("a header frame too long to be anything else ends the connection unread")
    func longHeaderFrame() async throws {
        let frame = Frame.frame(type: 1, flags: 4, stream: 1, length: 1 << 19)
        #expect(
            goAwayCode(try await server(hearing: [Frame.preface, Frame.settings, Frame.settingsAck, frame]))
                == HTTP2Code.enhanceYourCalm)
    }

    @Test("a client that never acknowledges our SETTINGS is sent away")
    func noAcknowledgement() async throws {
        var limits = RPCLimits()
        limits.handshakeTimeout = .milliseconds(100)
        #expect(
            goAwayCode(try await server(limits: limits, hearing: [Frame.preface, Frame.settings])) == HTTP2Code.noError)
    }

    @Test(
        "more connections than there are places, with nothing but SETTINGS, keep no caller out",
        .timeLimit(.minutes(1)), arguments: Place.allCases)
    func idleConnections(place: Place) async throws {
        var limits = RPCLimits()
        (limits.connectionsMax, limits.connectionsPerPeerMax) = (20, 15)
        try await withServer(place.address, limits: limits, handler: { $0.body }) { client, server in
            #expect(try await client.echoes(pattern(1000)))
            let address = try await server.boundAddress
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                var peers: [RawPeer] = []
                for _ in 0 ..< 60 {
                    let peer = try await RawPeer.connect(to: address)
                    peers.append(peer)
                    tasks.addTask { _ = try? await peer.say([Frame.preface, Frame.settings, Frame.settingsAck]) }
                    // Its connection has served, and stays.
                    if try await !client.echoes(pattern(10)) { Issue.record("a wrong answer") }
                }
                for _ in 0 ..< 3 {
                    let isServed = try await withClient(of: address) { try await $0.echoes(pattern(10)) }
                    #expect(isServed)
                }
                #expect(server.connectionCount <= 20)
                #expect(client.isConnected)
                for peer in peers { await peer.leave() }
                try await tasks.waitForAll()
            }
        }
    }

    @Test(
        "answers that nobody reads are bounded before they are computed, and the room comes back",
        .timeLimit(.minutes(1)))
    func unreadAnswers() async throws {
        var limits = RPCLimits()
        limits.answerBytesMax = 5 << 20
        let answered = Gauge(), refused = Gauge()
        try await withServer(
            limits: limits,
            handler: { request in
                do { try request.reserveAnswer(2 << 20) } catch {
                    await refused.add(1)
                    throw error
                }
                await answered.add(1)
                return pattern(2 << 20)
            }
        ) { client, server in
            let requests = (0 ..< 6).map { Frame.request(stream: UInt32($0 * 2 + 1), ends: true) }
            let peer = try await RawPeer.connect(to: server.boundAddress)
            // Never opens a window.
            async let waiting = peer.say([Frame.preface, Frame.settings, Frame.settingsAck] + requests)
            try await eventually("all six are decided", within: .seconds(20)) {
                await answered.total + refused.total == 6
            }
            #expect(await answered.total == 2)
            await peer.leave()
            _ = try? await waiting
            for _ in 0 ..< 5 {
                #expect(try await client.call("/", ByteBuffer(), timeout: .seconds(60)) == pattern(2 << 20))
            }
            let error = await failure {
                try await withServer(
                    limits: limits,
                    handler: {
                        try $0.reserveAnswer(6 << 20); return $0.body
                    }
                ) { client, _ in
                    try await client.call("/", ByteBuffer(), timeout: .seconds(60))
                }
            }
            #expect(error.code == .resourceExhausted)
        }
    }

    @Test(
        "wrong methods, paths and lengths are answered with an error",
        arguments: [
            Frame.request(stream: 1, length: "x", ends: true),
            Frame.request(stream: 1, length: "99999999999", ends: true),
            Frame.request(stream: 1, path: "no-slash", ends: true),
            Frame.request(stream: 1, ends: true, more: [("x-timeout-ms", "soon")]),
            Frame.request(stream: 1, length: "5", ends: true),
            Frame.request(stream: 1, length: "5", ends: true, more: [("content-length", "6")]),
        ])
    func requests(frame: ByteBuffer) async throws {
        // Beyond SETTINGS, WINDOW_UPDATE and the ack there is an answer or a reset for stream 1, or this never ends.
        let isAnswered = { @Sendable (heard: ByteBuffer) in frames(heard).contains { $0.type <= 3 && $0.stream == 1 } }
        #expect(isAnswered(try await server(hearing: [Frame.preface, Frame.settings, frame], until: isAnswered)))
    }
}

@Suite("A client and its bad servers") struct BadServerTests {
    /// How a client's call ends against a server that says `pieces` and then stays silent.
    private func call(
        hearing pieces: [ByteBuffer], hangsUp: Bool = false, limits: RPCLimits = .init(),
        timeout: TimeAmount = .seconds(60)
    ) async throws -> RPCError {
        let address = Place.unix.address
        guard case .unix(let path) = address else { fatalError("a Unix socket has a path") }
        let bootstrap = ServerBootstrap(group: testGroup).childChannelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(Script(pieces, hangsUp: hangsUp))
            }
        }
        let server = try await bootstrap.bind(unixDomainSocketPath: path).get()
        let error = try await withClient(of: address, limits: limits) { client in
            await failure { try await client.call("/", pattern(10), timeout: timeout) }
        }
        try await server.close()
        return error
    }

    /// Answers the client's first SETTINGS at once, and its request with the rest.
    private final class Script: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private let pieces: [ByteBuffer]
        private let hangsUp: Bool
        private var heard = ByteBuffer()
        private var isDone = false
        init(_ pieces: [ByteBuffer], hangsUp: Bool) { self.pieces = pieces; self.hangsUp = hangsUp }

        func channelActive(context: ChannelHandlerContext) {
            context.writeAndFlush(wrapOutboundOut(pieces[0]), promise: nil)
        }
        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            heard.writeImmutableBuffer(unwrapInboundIn(data))
            guard !isDone, heard.readableBytesView.firstRange(of: pattern(10).readableBytesView) != nil else { return }
            isDone = true
            for piece in pieces.dropFirst() { context.write(wrapOutboundOut(piece), promise: nil) }
            context.flush()
            if hangsUp { context.close(promise: nil) }
        }
    }

    @Test("garbage in place of SETTINGS: no connection, with the reason")
    func garbage() async throws {
        let error = try await call(hearing: [ByteBuffer(string: "HTTP/1.1 400 Bad Request\r\n\r\n")])
        #expect(error.code == .unavailable)
        #expect(
            error.message.contains("HTTP/2") || error.message.contains("SETTINGS") || error.message.contains("frame"),
            "\(error)")
    }

    @Test("no SETTINGS at all: no connection")
    func silent() async throws {
        var limits = RPCLimits()
        limits.handshakeTimeout = .milliseconds(100)
        let error = try await call(hearing: [ByteBuffer()], limits: limits)
        #expect(error.code == .unavailable)
        #expect(error.message.contains("SETTINGS"))
    }

    @Test("a server that never answers: the deadline")
    func noAnswer() async throws {
        #expect(try await call(hearing: [Frame.settings], timeout: .milliseconds(300)).code == .deadlineExceeded)
    }

    @Test("a server that is dead but still connected is noticed by its silence")
    func dead() async throws {
        var limits = RPCLimits()
        limits.idleTimeout = .milliseconds(200)
        let error = try await call(hearing: [Frame.settings], limits: limits)
        #expect(error.code == .unavailable)
        #expect(error.message.contains("nothing was heard"))
    }

    private static let ok = [(":status", "200"), ("content-length", "4")]

    @Test(
        """
        hanging up, resets, GOAWAY, wrong lengths, huge headers, frames in the wrong place: each call ends with an \
        error
        """,
        arguments: [
            ([Frame.settings], true, RPCError.Code.unavailable),
            ([Frame.settings, Frame.answer(stream: 1, ok), Frame.data(stream: 1, [1, 2])], true, .unavailable),
            ([Frame.settings, Frame.reset(stream: 1)], false, .cancelled),
            ([Frame.settings, Frame.frame(type: 7, payload: [0, 0, 0, 0, 0, 0, 0, 0])], false, .unavailable),
            (
                [Frame.settings, Frame.answer(stream: 1, ok), Frame.data(stream: 1, [1, 2], ends: true)], false,
                .protocolError
            ),
            (
                [Frame.settings, Frame.answer(stream: 1, ok), Frame.data(stream: 1, [1, 2, 3, 4, 5], ends: true)],
                false, .protocolError
            ),
            (
                [
                    Frame.settings, Frame.answer(stream: 1, [(":status", "200")]),
                    Frame.data(stream: 1, [1], ends: true),
                ], false, .protocolError
            ),
            (
                [Frame.settings, Frame.answer(stream: 1, [(":status", "200"), ("content-length", "99999999999")])],
                false, .resourceExhausted
            ),
            ([Frame.settings, Frame.answer(stream: 1, [("status", "200")], ends: true)], false, .protocolError),
            (
                [Frame.settings, Frame.answer(stream: 1, ok + [("x", String(repeating: "x", count: 20_000))])], false,
                .protocolError
            ),
            ([Frame.settings, Frame.data(stream: 1, [1], ends: true)], false, .protocolError),
            ([Frame.settings, Frame.data(stream: 3, [1])], false, .protocolError),
            (
                [Frame.settings, Frame.settingsAck, Frame.frame(type: 5, flags: 4, stream: 1, payload: [0, 0, 0, 2])],
                false, .protocolError
            ),
            ([Frame.settings, ByteBuffer(repeating: 0xff, count: 4096)], false, .protocolError),
            (
                [
                    Frame.settings,
                    Frame.answer(
                        stream: 1, [(":status", "503"), ("content-length", "0"), ("x-error-code", "nonsense")],
                        ends: true),
                ], false, .unavailable
            ),
        ])
    func lies(pieces: [ByteBuffer], hangsUp: Bool, code: RPCError.Code) async throws {
        let error = try await call(hearing: pieces, hangsUp: hangsUp)
        #expect(error.code == code, "\(error)")
    }
}
