import NIOCore
import Testing

@testable import Transport

/// Rules of RFC 9113 sections 5.1 and 6.9.2 about frames for streams that are over, and how a server's session ends for
/// them.
@Suite("Frames for streams that are over") struct StreamRuleTests {
    /// A server's session that has heard `pieces`; fails with the fault it found.
    private func server(hearing pieces: [ByteBuffer]) throws -> HTTP2Session {
        let server = try HTTP2Session(.server, limits: .init())
        try hear([Frame.preface, Frame.settings, Frame.settingsAck] + pieces, server)
        return server
    }

    private func hear(_ pieces: [ByteBuffer], _ server: HTTP2Session) throws {
        for piece in pieces { try server.receive(piece) }
        _ = try drain(server)
    }

    /// The code with which the connection ends: thrown, or said by nghttp2 itself.
    private func end(_ server: HTTP2Session, hearing piece: ByteBuffer) throws -> UInt32? {
        do { try server.receive(piece) } catch { return error.connectionCode }
        var last: UInt32?
        for var bytes in try drain(server) {
            while let head = bytes.readBytes(length: 9),
                let payload = bytes.readBytes(length: Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2]))
            {
                if head[3] == 7 { last = payload[4 ..< 8].reduce(0) { $0 << 8 | UInt32($1) } }
            }
        }
        return last
    }

    /// A server that has answered stream 1 whole.
    private func answered() throws -> HTTP2Session {
        let server = try server(hearing: [Frame.request(stream: 1, ends: true)])
        try server.respond(1, AnswerHead(bodyCount: 0).block(), body: ByteBuffer())
        _ = try drain(server)
        #expect(server.takeEvents().contains(.closed(stream: 1, code: 0)))
        return server
    }

    @Test(
        "HEADERS or DATA for a stream that the client had ended and that is answered: STREAM_CLOSED",
        arguments: [
            Frame.request(stream: 1, ends: true), Frame.data(stream: 1, [1]),
        ])
    func closed(frame: ByteBuffer) throws {
        #expect(try end(answered(), hearing: frame) == HTTP2Code.streamClosed)
    }

    @Test(
        "a header that unfolds to many times its limit, or a frame too long for one: ENHANCE_YOUR_CALM",
        arguments: [
            Frame.bomb(stream: 1, valueBytes: 4000, times: 16_000),
            Frame.frame(type: 1, flags: 4, stream: 1, length: 1 << 19),
        ])
    func bomb(frame: ByteBuffer) throws {
        #expect(try end(server(hearing: []), hearing: frame) == HTTP2Code.enhanceYourCalm)
    }

    @Test("HEADERS with a number below the newest stream's: PROTOCOL_ERROR")
    func smallerNumber() throws {
        #expect(
            try end(
                server(hearing: [Frame.request(stream: 5, ends: true)]), hearing: Frame.request(stream: 3, ends: true))
                == HTTP2Code.protocolError)
    }

    @Test("HEADERS for a stream that the client had reset: STREAM_CLOSED")
    func resetByPeer() throws {
        let server = try server(hearing: [Frame.request(stream: 1, length: "5"), Frame.reset(stream: 1)])
        #expect(try end(server, hearing: Frame.request(stream: 1, ends: true)) == HTTP2Code.streamClosed)
    }

    @Test("trailers that cross our own reset, and whatever comes after our GOAWAY, are ignored")
    func crossing() throws {
        let server = try server(hearing: [Frame.request(stream: 1, length: "5"), Frame.request(stream: 3, length: "5")])
        server.reset(1, code: HTTP2Code.cancel)
        _ = try drain(server)
        #expect(try end(server, hearing: Frame.data(stream: 1, [1])) == nil)
        #expect(try end(server, hearing: Frame.request(stream: 1, ends: true)) == nil)
        server.goAway()
        _ = try drain(server)
        #expect(try end(server, hearing: Frame.request(stream: 5, length: "5")) == nil)
        #expect(try end(server, hearing: Frame.request(stream: 5, ends: true)) == nil)
        #expect(!server.isFinished)
    }

    @Test("a stream refused for its number of fellows may still get its trailers")
    func refused() throws {
        var limits = RPCLimits()
        limits.concurrentStreamsMax = 1
        let server = try HTTP2Session(.server, limits: limits)
        try hear(
            [
                Frame.preface, Frame.settings, Frame.request(stream: 1, length: "5"),
                Frame.request(stream: 3, length: "5"),
            ], server)
        #expect(try end(server, hearing: Frame.request(stream: 3, ends: true)) == nil)
    }

    @Test("SETTINGS that make a stream's window larger than 2^31 - 1: FLOW_CONTROL_ERROR; as large as that is right")
    func window() throws {
        func initialWindow(_ size: UInt32) -> ByteBuffer {
            Frame.frame(type: 4, payload: [0, 4] + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: size >> $0) })
        }
        let request = [Frame.request(stream: 1, ends: true), Frame.request(stream: 3, ends: true)]
        let widened = request + [Frame.frame(type: 8, stream: 1, payload: [0, 0, 0, 100])]
        #expect(
            try end(server(hearing: widened), hearing: initialWindow(1 << 31 - 1 - 99)) == HTTP2Code.flowControlError)
        #expect(try end(server(hearing: widened), hearing: initialWindow(1 << 31 - 1 - 100)) == nil)
        #expect(try end(server(hearing: request), hearing: initialWindow(1 << 31 - 1)) == nil)
        #expect(
            try end(server(hearing: widened + [Frame.reset(stream: 1)]), hearing: initialWindow(1 << 31 - 1)) == nil)
    }
}
