import JSON
import NIOHTTP1
import Testing

@testable import Router

@Suite("The rules of HTTP/1.1") struct RequestRulesTests {
    private func facts(
        _ headers: [(String, String)], version: HTTPVersion = .http1_1, method: HTTPMethod = .POST
    ) -> RequestFacts {
        RequestRules.facts(HTTPRequestHead(version: version, method: method, uri: "/", headers: HTTPHeaders(headers)))
    }

    @Test(
        "hosts are names and addresses with an optional port",
        arguments: [
            ("localhost", true), ("a.b-c_d.example", true), ("127.0.0.1:8080", true), ("[::1]:80", true),
            ("[::1]", true), ("", true), ("a:", true), ("%41", true),
            ("a/b", false), ("a b", false), ("a,b", false), ("a@b", false), ("a:b", false), ("a:123456", false),
            ("[::1", false), ("[g]", false), ("http://a", false),
            ("a?b", false), ("a#b", false), ("\u{E9}", false), ("::1", false),
        ])
    func hosts(text: String, isHost: Bool) {
        #expect(RequestRules.isHost(text) == isHost)
        #expect((facts([("Host", text)]).refusal == nil) == isHost)
    }

    @Test("a host is needed once, but in HTTP/1.0")
    func hostCount() {
        #expect(facts([]).refusal?.code == "invalid_host")
        #expect(facts([("Host", "a"), ("host", "a")]).refusal?.code == "invalid_host")
        #expect(facts([], version: .http1_0).refusal == nil)
        #expect(facts([("Host", "a"), ("Host", "b")], version: .http1_0).refusal?.endsConnection == true)
    }

    @Test(
        "transfer encodings other than chunked are refused and end the connection",
        arguments: ["gzip, chunked", "chunked, chunked", "identity", "chunked, identity", "x"])
    func transferEncodings(value: String) {
        let facts = facts([("Host", "a"), ("Transfer-Encoding", value)])
        #expect(facts.refusal?.code == "unsupported_transfer_encoding")
        #expect(!facts.keepsAlive)
        #expect(self.facts([("Host", "a"), ("Transfer-Encoding", "Chunked")]).refusal == nil)
        #expect(
            self.facts([("Transfer-Encoding", "chunked")], version: .http1_0).refusal?.code
                == "invalid_transfer_encoding")
    }

    @Test("connections are kept as the version and the client say")
    func keepAlive() {
        #expect(facts([("Host", "a")]).keepsAlive)
        #expect(!facts([("Host", "a"), ("Connection", "TE, Close")]).keepsAlive)
        #expect(!facts([], version: .http1_0).keepsAlive)
        #expect(facts([("Connection", "Keep-Alive")], version: .http1_0).keepsAlive)
        #expect(!facts([("Host", "a")], method: .CONNECT).keepsAlive)
    }

    @Test("100-continue is for bodies of HTTP/1.1")
    func expect() {
        #expect(facts([("Host", "a"), ("Expect", "100-Continue"), ("Content-Length", "5")]).awaitsContinue)
        #expect(!facts([("Host", "a"), ("Expect", "100-continue"), ("Content-Length", "0")]).awaitsContinue)
        #expect(!facts([("Expect", "100-continue"), ("Content-Length", "5")], version: .http1_0).awaitsContinue)
    }

    @Test("gzip and deflate are read, other encodings are refused by name")
    func encodings() {
        for name in ["gzip", "GZIP", "x-gzip", "deflate", "identity", "identity, gzip", ""] {
            #expect(facts([("Host", "a"), ("Content-Encoding", name)]).refusal == nil, "\(name)")
        }
        for name in ["br", "zstd", "gzip, gzip", "compress"] {
            let facts = facts([("Host", "a"), ("Content-Encoding", name)])
            #expect(facts.refusal?.code == "unsupported_content_encoding")
            #expect(facts.refusal?.message.contains(name) == true)
            #expect(facts.refusal?.acceptEncoding == "gzip, deflate")
            #expect(facts.keepsAlive)
        }
    }

    @Test(
        "origins are lists or all",
        arguments: [
            ("*", true), ("http://localhost:3000", true), ("https://a.example, HTTP://B:1", true), ("null", true),
            ("app://x", true),
            ("", false), ("localhost", false), ("http://", false), ("http://a/b", false), ("*,http://a", false),
            ("http://a,", false),
        ])
    func origins(list: String, isRight: Bool) { #expect((CrossOrigin(list: list) != nil) == isRight) }

    @Test("a request is called as its client calls it, as far as that can be shown")
    func requestIDs() {
        #expect(RequestID.of("abc-1") == "abc-1")
        #expect(RequestID.of("a b\u{1B}\u{E9}c") == "abc")
        #expect(RequestID.of(String(repeating: "x", count: 500)).count == 200)
        #expect(RequestID.of(" ").hasPrefix("req_"))
        #expect(RequestID.of(nil) != RequestID.of(nil))
    }

    @Test("events have no character that readers take for a line end")
    func lineEnds() throws {
        let text = JSONValue.string("a\u{2028}b\u{2029}c\u{85}d\u{E9}e\u{2027}").text().withEscapedLineEnds
        #expect(text == #""a\u2028b\u2029c\u0085dée‧""#)
        #expect(try JSONReader.read(Array(text.utf8)) == .string("a\u{2028}b\u{2029}c\u{85}d\u{E9}e\u{2027}"))
    }
}
