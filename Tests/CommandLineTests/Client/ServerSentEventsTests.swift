import Testing

@testable import ClusterClient

@Suite("Server-sent events") struct ServerSentEventsTests {
    private typealias Event = ServerSentEvents.Event

    private func events(_ pieces: [[UInt8]]) throws -> [Event] {
        var reader = ServerSentEvents()
        return try pieces.flatMap { try reader.append($0) }
    }

    private static let stream = Array(
        """
        \u{FEFF}: keep-alive\n\ndata: {"a":"é🌍"}\r\n\r\nevent: done\rdata:one\rdata: two\r\rid: 7\nretry: 1\n\n\
        data\n\ndata: [DONE]\n\ndata: cut
        """.utf8)
    private static let expected = [
        Event(data: "{\"a\":\"é🌍\"}"), Event(name: "done", data: "one\ntwo"), Event(data: ""), Event(data: "[DONE]"),
    ]

    @Test("every way to cut a stream in two gives the same events")
    func twoPieces() throws {
        for cut in 0 ... Self.stream.count {
            #expect(
                try events([Array(Self.stream[..<cut]), Array(Self.stream[cut...])]) == Self.expected, "cut at \(cut)")
        }
    }

    @Test("a stream may arrive byte by byte")
    func singleBytes() throws {
        #expect(try events(Self.stream.map { [$0] }) == Self.expected)
    }

    @Test("comments alone are no event, and only the first line may begin with a byte order mark")
    func comments() throws {
        #expect(try events([Array(":\n\n: x\n\n".utf8)]) == [])
        #expect(try events([Array("data: a\n\u{FEFF}data: b\n\n".utf8)]) == [Event(data: "a")])
    }

    @Test("a line without end is refused before it fills the memory")
    func tooLong() {
        #expect(throws: ServerSentEvents.TooLong.self) {
            var reader = ServerSentEvents()
            for _ in 0 ..< (ServerSentEvents.eventBytesMax / 4096 + 2) {
                _ = try reader.append([UInt8](repeating: 0x61, count: 4096))
            }
        }
    }
}
