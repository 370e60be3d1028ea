import Foundation
import JSON
import TestSupport
import Testing

@testable import Router

/// What no client should send. After each of it the cluster answers the same request as before with the same bytes.
@Suite("Bad input over a real cluster", .serialized, .inTurn, .cluster()) struct BadInputTests {
    /// A normal request.
    private func answer(of cluster: RESTCluster) async throws -> JSONValue {
        let reply = try await cluster.chat("Who are you?", maxTokens: 3)
        guard reply.status == 200 else { throw SupportError("\(reply.status): \(reply.json.text())") }
        return reply.json.withoutIdentity
    }

    private func expectUnharmed(
        _ body: (RESTCluster) async throws -> Void, _ location: SourceLocation = #_sourceLocation
    ) async throws {
        let cluster = try suiteCluster()
        let before = try await answer(of: cluster)
        try await body(cluster)
        #expect(try await answer(of: cluster) == before, sourceLocation: location)
        #expect(cluster.all.filter { !$0.isRunning }.map(\.name) == [], sourceLocation: location)
    }

    /// One wrong request.
    struct Wrong: Sendable, CustomTestStringConvertible {
        var path = RESTCluster.completionsPath
        let body: String
        var status = 400
        var param: String?
        let code: String?
        var testDescription: String { String(body.prefix(60)) }
    }

    @Test(
        "a wrong request is refused with its parameter and the reason's code",
        arguments: [
            Wrong(body: #"{"model":"gpt-4","prompt":"hi"}"#, status: 404, param: "model", code: "model_not_found"),
            Wrong(
                path: RESTCluster.chatPath, body: #"{"model":"","messages":[{"role":"user","content":"hi"}]}"#,
                status: 404, param: "model", code: "model_not_found"),
            Wrong(body: #"{"prompt":""}"#, param: "prompt", code: "empty_prompt"),
            Wrong(body: #"{"prompt":[]}"#, param: "prompt", code: "empty_prompt"),
            Wrong(path: RESTCluster.chatPath, body: #"{"messages":[]}"#, param: "messages", code: "empty_array"),
            Wrong(body: #"{"prompt":"\ud800"}"#, code: "invalid_json"),
            Wrong(
                path: RESTCluster.chatPath, body: #"{"messages":[{"role":"user","content":"a\udc00b"}]}"#,
                code: "invalid_json"),
            Wrong(body: #"{"prompt":[4096]}"#, param: "prompt", code: "integer_above_max_value"),
            Wrong(body: #"{"prompt":[1,2,-1]}"#, param: "prompt", code: "integer_below_min_value"),
            Wrong(body: #"{"prompt":[99999999999999999999999]}"#, param: "prompt", code: "integer_above_max_value"),
            Wrong(body: #"{"prompt":"hi","n":0}"#, param: "n", code: "integer_below_min_value"),
            Wrong(body: #"{"prompt":"hi","n":129}"#, param: "n", code: "integer_above_max_value"),
            Wrong(body: #"{"prompt":"hi","n":1e18}"#, param: "n", code: "integer_above_max_value"),
            Wrong(body: #"{"prompt":"hi","logprobs":-1}"#, param: "logprobs", code: "integer_below_min_value"),
            Wrong(body: #"{"prompt":"hi","logprobs":21}"#, param: "logprobs", code: "integer_above_max_value"),
            Wrong(
                path: RESTCluster.chatPath,
                body: #"{"messages":[{"role":"user","content":"hi"}],"logprobs":true,"top_logprobs":21}"#,
                param: "top_logprobs", code: "integer_above_max_value"),
            Wrong(body: #"{"prompt":"hi","max_tokens":0}"#, param: "max_tokens", code: "integer_below_min_value"),
            Wrong(
                body: #"{"prompt":"hi","logit_bias":{"100":101}}"#, param: "logit_bias", code: "decimal_above_max_value"
            ),
            Wrong(body: "", code: "invalid_json"),
            Wrong(body: "[1,2", code: "invalid_json"),
            Wrong(body: String(repeating: "[", count: 1_000_000), code: "invalid_json"),
            Wrong(path: "/v1/embeddings", body: "{}", param: "input", code: "missing_required_parameter"),
            Wrong(path: "/v1/rerank", body: "{}", status: 404, code: "unknown_url"),
        ])
    func refused(wrong: Wrong) async throws {
        try await expectUnharmed { cluster in
            let reply = try await cluster.post(wrong.path, text: wrong.body)
            #expect(reply.status == wrong.status)
            #expect(reply.errorCode == wrong.code)
            #expect(reply.errorParam == wrong.param)
            #expect(reply.error?["type"] == "invalid_request_error")
            #expect(!reply.errorMessage.isEmpty)
        }
    }

    @Test("bytes that are no UTF-8 are refused")
    func invalidUTF8() async throws {
        try await expectUnharmed { cluster in
            let reply = try await cluster.post(
                RESTCluster.completionsPath,
                bytes: Array(#"{"prompt":""#.utf8) + [0xFF, 0xC0, 0x80] + Array(#""}"#.utf8))
            #expect(reply.status == 400)
            #expect(reply.errorCode == "invalid_json")
        }
    }

    @Test("a prompt beyond the context is refused before any work is done")
    func tooLong() async throws {
        try await expectUnharmed { cluster in
            let rows = try await cluster.metric("minimax_attention_rows_total", of: "attention")
            // The whole context, and one token of answer.
            let long = JSONValue.ids([Int](repeating: 1, count: 1 << 20))
            for reply in [
                try await cluster.complete(long, maxTokens: 1),
                try await cluster.complete("hi", maxTokens: Int(Int32.max)),
                try await cluster.chat("hi", maxTokens: (1 << 20) + 1),
            ] {
                #expect(reply.status == 400)
                #expect(reply.errorCode == "context_length_exceeded")
                #expect(reply.errorMessage.contains("1048576"))
            }
            #expect(try await cluster.metric("minimax_attention_rows_total", of: "attention") == rows)
            #expect(try await cluster.metric("minimax_attention_sequences", of: "attention") == 0)
        }
    }

    /// As a client sends it: with its length in front, or in chunks of unknown number.
    enum Body: CaseIterable { case announced, chunked }

    @Test("a body of 100 MB is a 413, and is not kept in memory", arguments: Body.allCases)
    func largeBody(kind: Body) async throws {
        try await expectUnharmed { cluster in
            let router = try cluster.process("router")
            let peak = router.memory("VmHWM")
            let front = cluster.restAddress
            let reply = try await onThread {
                let socket = try RawSocket(front)
                let head =
                    "POST \(RESTCluster.completionsPath) HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
                let piece = [UInt8](repeating: UInt8(ascii: " "), count: 1 << 20)
                // A server may refuse before it has read everything; then sending ends early.
                switch kind {
                case .announced:
                    if socket.send(head + "content-length: \(100 << 20)\r\n\r\n") {
                        for _ in 0 ..< 100 where !socket.send(piece) { break }
                    }
                case .chunked:
                    if socket.send(head + "transfer-encoding: chunked\r\n\r\n") {
                        for _ in 0 ..< 100
                        where !(socket.send("100000\r\n") && socket.send(piece) && socket.send("\r\n")) { break }
                    }
                }
                socket.finish()
                return String(decoding: socket.readAll(max: 4096), as: UTF8.self)
            }
            #expect(reply.hasPrefix("HTTP/1.1 413 "), "\(reply)")
            #expect(reply.contains(#""code":"request_too_large""#), "\(reply)")
            // A body that is refused by its announced length costs nothing; one in chunks at most the limit of 32 MiB,
            // and twice that while its array grows.
            let growth = router.memory("VmHWM") - peak
            #expect(growth < (kind == .announced ? 24 << 20 : 96 << 20), "the router grew by \(growth) bytes")
        }
    }

    /// Bytes that are no request, or not quite one.
    struct Garbage: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let text: String
        init(_ description: String, _ text: String) { (testDescription, self.text) = (description, text) }

        /// A completion with these header lines and this body.
        static func completion(_ description: String, _ headers: String, _ body: String) -> Garbage {
            Garbage(description, "POST /v1/completions HTTP/1.1\r\nhost: x\r\n\(headers)\r\n\r\n\(body)")
        }
    }

    @Test(
        "garbage on the REST port harms nobody, and is the client's fault",
        arguments: [
            Garbage("zero bytes", "\u{0}\u{0}\u{0}\u{0}\r\n\r\n"),
            Garbage("only a method", "GET\r\n\r\n"),
            Garbage("a version that does not exist", "GET / HTTP/9.9\r\n\r\n"),
            Garbage("nearly HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\rx"),
            Garbage("blank lines", "\r\n\r\n\r\n\r\n"),
            .completion("a negative length", "content-length: -5", "{}"),
            .completion("a length beyond 64 bits", "content-length: 99999999999999999999999", "{}"),
            .completion("a chunk beyond 64 bits", "transfer-encoding: chunked", "fffffffffffffffffff\r\n{}"),
            .completion("a negative chunk", "transfer-encoding: chunked", "-2\r\n{}\r\n0\r\n\r\n"),
            .completion(
                "a chunk that is longer than it says", "transfer-encoding: chunked", "2\r\n{}{}{}{}\r\n0\r\n\r\n"),
            .completion("a length and chunks", "content-length: 2\r\ntransfer-encoding: chunked", "{}"),
            .completion("two lengths", "content-length: 2\r\ncontent-length: 3", "{}"),
            .completion("a body that breaks off", "content-length: 1000", "{\"prompt\""),
            Garbage("a path of 200 kB", "GET /\(String(repeating: "a", count: 200_000)) HTTP/1.1\r\nhost: x\r\n\r\n"),
            Garbage(
                "50,000 headers", "GET / HTTP/1.1\r\n\(String(repeating: "x-header: value\r\n", count: 50_000))\r\n"),
            Garbage("a wild path", "GET /v1/models/%00%ff%zz/../../etc/passwd HTTP/1.1\r\nhost: x\r\n\r\n"),
        ])
    func garbage(garbage: Garbage) async throws {
        try await expectUnharmed { cluster in
            let front = cluster.restAddress
            let descriptors = try cluster.process("router").descriptorCount
            let reply = try await onThread {
                let socket = try RawSocket(front)
                _ = socket.send(garbage.text)
                socket.finish()
                return String(decoding: socket.readAll(max: 4096), as: UTF8.self)
            }
            // Where there is still somebody to tell.
            #expect(reply.isEmpty || reply.hasPrefix("HTTP/1.1 4") || reply.hasPrefix("HTTP/1.0 4"), "\(reply)")
            try await eventually("the router closed the connection") {
                try cluster.process("router").descriptorCount <= descriptors
            }
        }
    }

    @Test("random bytes on the REST port harm nobody")
    func randomBytes() async throws {
        let seed = UInt64.random(in: .min ... .max)
        try await expectUnharmed { cluster in
            let front = cluster.restAddress
            let descriptors = try cluster.process("router").descriptorCount
            try await onThread {
                var random = SplitMix64(seed: seed)
                for _ in 0 ..< 300 {
                    let socket = try RawSocket(front)
                    if Bool.random(using: &random) {
                        _ = socket.send("POST /v1/completions HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n")
                    }
                    _ = socket.send(random.bytes(Int.random(in: 1 ... 3000, using: &random)))
                    socket.finish()
                    _ = socket.readAll()
                }
            }
            try await eventually("the router closed the connections, seed \(seed)") {
                try cluster.process("router").descriptorCount <= descriptors
            }
        }
    }
}
