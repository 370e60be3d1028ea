import NIOHTTP1
import Testing
import Transport

@testable import ClusterClient

@Suite("REST client") struct RESTClientTests {
    /// What a GET gets from a server that sends `script`.
    private func answer(
        _ script: ScriptedServer.Script, limits: RESTClient.Limits = .init()
    ) async throws -> RESTClient.Answer {
        try await ScriptedServer.run(script) { try await RESTClient($0).get("/x", limits: limits) }
    }

    /// Why it gets nothing.
    private func error(_ script: ScriptedServer.Script, limits: RESTClient.Limits = .init()) async throws -> RESTError {
        let error = await #expect(throws: RESTError.self) { _ = try await answer(script, limits: limits) }
        return try #require(error)
    }

    @Test("an answer with a length and one in chunks read the same")
    func bodies() async throws {
        let plain = try await answer(.init(pieces: ["HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhe", "llo"]))
        #expect(plain.status == 200)
        #expect(plain.text == "hello")
        let pieces = ["HTTP/1.1 404 No\r\ntransfer-encoding: chunked\r\n\r\n3\r\nhel\r\n", "2\r\nlo\r\n0\r\n\r\n"]
        let chunked = try await answer(.init(pieces: pieces))
        #expect(chunked.status == 404)
        #expect(chunked.text == "hello")
    }

    @Test("an interim answer is not the answer")
    func interim() async throws {
        let text = try await answer(
            .init(pieces: ["HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"])
        ).text
        #expect(text == "ok")
    }

    @Test("an answer that breaks off is an error")
    func breaksOff() async throws {
        let cut = try await error(.init(pieces: ["HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhel"]))
        #expect([.closedEarly, .badAnswer].contains(cut.kind))
        #expect([.closedEarly, .badAnswer].contains(try await error(.init(pieces: [])).kind))
        #expect(try await error(.init(pieces: ["SSH-2.0-nonsense\r\n\r\n"])).kind == .badAnswer)
    }

    @Test("silence and slowness have limits")
    func limits() async throws {
        let head = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n"
        let silent = try await error(.init(pieces: [head], closes: false), limits: .init(silence: .milliseconds(100)))
        #expect(silent.kind == .timedOut)
        #expect(silent.description.contains("nothing came for 0.1 seconds"))
        let slow = ScriptedServer.Script(pieces: [head] + Array(repeating: "x", count: 100), pause: .milliseconds(20))
        #expect(
            try await error(slow, limits: .init(total: .milliseconds(200), silence: .seconds(10))).kind == .timedOut)
    }

    @Test("a server that answers before it has read a large body is heard")
    func earlyAnswer() async throws {
        let script = ScriptedServer.Script(
            pieces: ["HTTP/1.1 413 Too Large\r\ncontent-length: 3\r\n\r\nbig"], closes: false)
        let answer = try await ScriptedServer.run(script) {
            // All tests begin at once, so this one may have to wait for a thread.
            try await RESTClient($0).post(
                "/x", json: [UInt8](repeating: 0x20, count: 32 << 20), limits: .init(total: .seconds(120)))
        }
        #expect(answer.status == 413)
        #expect(answer.text == "big")
    }

    @Test("a stream is handed over as it comes, and returning early hangs up")
    func stream() async throws {
        let pieces =
            ["HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"]
            + Array(
                repeating: "1\r\nx\r\n", count: 1000)
        let count = try await ScriptedServer.run(.init(pieces: pieces, pause: .milliseconds(10))) { address in
            try await RESTClient(address).request(.GET, "/x", limits: .init(total: .seconds(60))) { _, body in
                var count = 0
                for try await piece in body {
                    count += piece.count
                    if count >= 3 { break }
                }
                return count
            }
        }
        #expect(count == 3)
    }

    @Test(
        "nobody at the address is said so",
        arguments: [Address.tcp(host: "127.0.0.1", port: 1), .unix(path: "/tmp/minimax-no-such-socket")])
    func nobody(address: Address) async {
        let error = await #expect(throws: RESTError.self) { _ = try await RESTClient(address).get("/x") }
        #expect(error?.kind == .cannotConnect)
        #expect(error?.description == "GET \(address)/x: nothing listens there")
    }

    @Test("URLs of hosts and ports are understood, others refused")
    func urls() throws {
        #expect(try RESTClient(url: "http://127.0.0.1:8080").address == .tcp(host: "127.0.0.1", port: 8080))
        #expect(try RESTClient(url: "http://router/").address == .tcp(host: "router", port: 80))
        #expect(try RESTClient(url: "http://[::1]:9").address == .tcp(host: "::1", port: 9))
        #expect(try RESTClient(url: "http://[::1]").address == .tcp(host: "::1", port: 80))
        for url in ["http://a:1", "http://a:1/", "http://a:1/v1", "http://a:1/v1/"] {
            #expect(try ChatClient(url: url).client.address == .tcp(host: "a", port: 1))
        }
        for bad in ["https://a:1", "http://a:1/v2", "a:1", "http://", "http://a:b", "http://:1", "http://a:99999"] {
            #expect(throws: RESTError.self, "\(bad)") { try RESTClient(url: bad) }
        }
    }
}
