import JSON
import Logging
import Synchronization
import Testing

@testable import Router

@Suite("The log of requests") struct RequestLogTests {
    /// Keeps the metadata of all lines.
    private final class Lines: Sendable {
        let all = Mutex<[Logger.Metadata]>([])
        /// The lines about answered requests; waits for `count` of them, since a line follows its answer.
        func requests(_ count: Int) async throws -> [Logger.Metadata] {
            while true {
                let found = all.withLock { $0.filter { $0["http.status"] != nil } }
                if found.count >= count { return found }
                try await Task.sleep(for: .milliseconds(5))
            }
        }
    }

    private struct Handler: LogHandler {
        let lines: Lines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
        func log(event: LogEvent) { lines.all.withLock { $0.append(event.metadata ?? [:]) } }
    }

    @Test(
        "each request leaves one line with id, status, tokens and duration, and nothing of its text",
        .timeLimit(.minutes(1)))
    func lines() async throws {
        let lines = Lines()
        let logger = Logger(label: "log", factory: { _ in Handler(lines: lines) })
        let generator = ScriptedGenerator { request, emit in
            guard try await emit(.begun(reused: request.prompt.count - 1)) else { return .stop }
            return try await ScriptedGenerator.say([100, 101, 102], request, emit)
        }
        try await withFront(generator, logger: logger) { client in
            _ = try await client.post("/v1/completions", #"{"prompt":[104,105],"n":2}"#)
            let whole = try await lines.requests(1)[0]
            #expect(whole["http.status"] == "200")
            #expect(whole["tokens.prompt"] == "2")
            #expect(whole["tokens.cached"] == "1")
            #expect(whole["tokens.generated"] == "6")
            #expect(whole["finish"] == "stop,stop")
            #expect(whole["duration_ms"] != nil)
            #expect(whole["request.id"].map { "\($0)" }?.hasPrefix("cmpl-") == true)

            _ = try await client.post("/v1/completions", #"{"prompt":[104],"stream":true,"max_tokens":2}"#)
            let stream = try await lines.requests(2)[1]
            #expect(stream["tokens.generated"] == "2")
            #expect(stream["finish"] == "length")

            _ = try await client.post("/v1/completions", #"{"prompt":"a secret","n":999}"#)
            let refused = try await lines.requests(3)[2]
            #expect(refused["http.status"] == "400")
            #expect(refused["trouble"] == "integer_above_max_value")
            #expect(!lines.all.withLock { "\($0)" }.contains("secret"))
        }
    }

    @Test("a line tells who asked: address, key by its place, user and the request's name", .timeLimit(.minutes(1)))
    func whoAsked() async throws {
        let lines = Lines()
        let logger = Logger(label: "log", factory: { _ in Handler(lines: lines) })
        try await withFront(
            ScriptedGenerator.saying([100]), FrontConfig(apiKeys: ["first-secret", "second-secret"]), logger: logger
        ) { client in
            let headers = ["Authorization": "Bearer second-secret", "X-Request-ID": "mine"]
            _ = try await client.post(
                "/v1/completions", #"{"prompt":"a","user":"Ann\u001b[2J\u202e"}"#, headers: headers)
            let line = try await lines.requests(1)[0]
            #expect(line["client.address"] == "127.0.0.1")
            #expect(line["client.key"] == "key-2")
            #expect(line["user"] == #"Ann\u{1B}[2J\u{202E}"#)
            #expect(line["http.request_id"] == "mine")

            _ = try await client.post("/v1/completions", "{}", headers: ["Authorization": "Bearer wrong-secret"])
            let wrong = try await lines.requests(2)[1]
            #expect(wrong["http.status"] == "401")
            #expect(wrong["client.address"] == "127.0.0.1")
            #expect(wrong["client.key"] == nil)
            #expect(!lines.all.withLock { "\($0)" }.contains("-secret"))
        }
    }

    @Test("whom a message in Anthropic's form is for stands in its line, and the message's id", .timeLimit(.minutes(1)))
    func messages() async throws {
        let lines = Lines()
        let logger = Logger(label: "log", factory: { _ in Handler(lines: lines) })
        try await withFront(ScriptedGenerator.saying([100]), logger: logger) { client in
            let body =
                #"{"max_tokens":5,"metadata":{"user_id":"Ann\u001b"},"messages":[{"role":"user","content":"a secret"}]}"#
            let answer = try await client.post("/v1/messages", body, headers: ["x-request-id": "mine"])
            let line = try await lines.requests(1)[0]
            #expect(line["user"] == #"Ann\u{1B}"# && line["http.request_id"] == "mine")
            #expect(line["request.id"].map { JSONValue.string("\($0)") } == answer.json["id"])
            #expect(!lines.all.withLock { "\($0)" }.contains("secret"))
        }
    }

    @Test("bytes that are no HTTP leave a line, probes leave none", .timeLimit(.minutes(1)))
    func oddities() async throws {
        let lines = Lines()
        let logger = Logger(label: "log", factory: { _ in Handler(lines: lines) })
        try await withFront(ScriptedGenerator.saying([100]), logger: logger) { client in
            #expect(try await client.get("/health").status == 200)
            #expect(try await client.exchange("\u{16}\u{3}\u{1}nonsense\r\n\r\n").hasPrefix("HTTP/1.1 400"))
            let line = try await lines.requests(1)[0]
            #expect(line["trouble"] == "malformed_request")
            #expect(line["client.address"] == "127.0.0.1")
            #expect(line["http.path"] == nil)
        }
    }
}
