import Foundation
import JSON
import Synchronization
import Testing
import Tokenizer

@testable import Router

/// `POST /v1/embeddings`, with an engine that makes up vectors.
@Suite("Embeddings, as clients ask for them") struct EmbeddingRequestTests {
    private static let path = "/v1/embeddings"

    /// Made up, but a function of the prompt and the pooling.
    private static func vector(_ request: GenerationRequest) -> [Float] {
        let sum = request.prompt.reduce(0) { $0 + Float($1) }
        return [sum / 7, Float(request.prompt.count), request.promptEmbedding == .last ? -1e-6 : 1]
    }

    private static func generator(
        _ change: @escaping @Sendable (GenerationRequest) async throws -> Void = { _ in }
    ) -> ScriptedGenerator {
        ScriptedGenerator { request, emit in
            try await change(request)
            guard try await emit(.begun(reused: 0)) else { return .stop }
            if request.promptEmbedding != nil { _ = try await emit(.embedding(vector(request))) }
            return .length
        }
    }

    private func floats(_ value: JSONValue?) -> [Float]? {
        guard case .array(let elements)? = value else { return nil }
        return elements.map { Float($0.double ?? .nan) }
    }

    private func elements(_ answer: FrontClient.Answer) -> [JSONValue] {
        if case .array(let elements)? = answer.json["data"] { elements } else { [] }
    }

    @Test("a string, strings, token ids and lists of ids are all read, and answered in their order in OpenAI's shape")
    func inputs() async throws {
        let texts = ["one", "two three", "four five six"]
        let ids = texts.map { demoTokenizer.encode($0) }
        let inputs: [(JSONValue, [[Int32]])] = [
            (.string(texts[0]), [ids[0]]), (.array(texts.map { .string($0) }), ids),
            (.array(ids[1].map { .int($0) }), [ids[1]]),
            (.array(ids.map { .array($0.map { .int($0) }) }), ids),
            ([.string(texts[0]), .array([7, 8])], [ids[0], [7, 8]]),
        ]
        for (input, prompts) in inputs {
            let generator = Self.generator()
            try await withFront(generator) { client in
                let answer = try await client.post(
                    Self.path, #"{"model":"demo/model","input":\#(input.text()),"user":"u"}"#)
                #expect(answer.status == 200, "\(answer.body)")
                #expect(answer.headers["content-type"] == "application/json")
                let count = prompts.reduce(0) { $0 + $1.count }
                #expect(answer.json["object"] == "list" && answer.json["model"] == "demo/model")
                #expect(answer.json["usage"] == ["prompt_tokens": .int(count), "total_tokens": .int(count)])
                let elements = elements(answer)
                #expect(elements.map { $0["index"] } == prompts.indices.map { .int($0) })
                #expect(elements.allSatisfy { $0["object"] == "embedding" })
                let expected = generator.requests.map(Self.vector)
                #expect(elements.map { floats($0["embedding"]) } == expected)
            }
            #expect(generator.requests.map(\.prompt) == prompts)
            for request in generator.requests {
                #expect(request.promptEmbedding == .mean && request.tokensMax == 0 && !request.keepsState)
                #expect(request.id.hasPrefix("embd-"))
            }
        }
    }

    @Test("more inputs than run at a time come back in their order as well, and no more run at a time")
    func many() async throws {
        let running = Mutex((now: 0, most: 0))
        let generator = Self.generator { request in
            running.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
            // Of each three, the first ends last.
            try await Task.sleep(for: .milliseconds(3 * (2 - Int(request.prompt[0]) % 3)))
            running.withLock { $0.now -= 1 }
        }
        var config = FrontConfig()
        config.choicesAtOnce = 3
        try await withFront(generator, config) { client in
            let input = JSONValue.array((0 ..< 50).map { [.int(100 + $0)] })
            let answer = try await client.post(Self.path, #"{"input":\#(input.text())}"#)
            let firsts = elements(answer).map { floats($0["embedding"])?.first }
            #expect(firsts == (0 ..< 50).map { Float(100 + $0) / 7 })
        }
        #expect(running.withLock { $0.most } == 3)
    }

    @Test("base64 has the same numbers, to the last bit")
    func base64() async throws {
        let generator = Self.generator()
        try await withFront(generator) { client in
            func ask(_ more: String) async throws -> JSONValue? {
                elements(try await client.post(Self.path, #"{"input":"one","pooling":"last"\#(more)}"#)).first?[
                    "embedding"]
            }
            let plain = try #require(floats(try await ask(#","encoding_format":"float""#)))
            guard case .string(let text)? = try await ask(#","encoding_format":"base64""#) else {
                Issue.record("no string")
                return
            }
            let bytes = Array(try #require(Data(base64Encoded: text)))
            #expect(bytes.count == 12)
            let numbers = stride(from: 0, to: 12, by: 4).map { start in
                Float(bitPattern: (0 ..< 4).reduce(0) { $0 | UInt32(bytes[start + $1]) << UInt32(8 * $1) })
            }
            #expect(numbers == plain)
            let absent = floats(try await ask(""))
            #expect(absent == plain)
        }
        #expect(generator.requests.allSatisfy { $0.promptEmbedding == .last })
    }

    @Test("control tokens that a text spells are text, unless the router trusts them", arguments: [false, true])
    func controlTokens(areTrusted: Bool) async throws {
        let generator = Self.generator()
        var config = FrontConfig()
        config.trustsSpecialTokens = areTrusted
        try await withFront(generator, config) { client in
            let answer = try await client.post(Self.path, #"{"input":"a<end_of_sentence>b"}"#)
            #expect(answer.status == 200)
        }
        let end = try #require(demoTokenizer.id(of: "<end_of_sentence>"))
        #expect(generator.requests[0].prompt.contains(end) == areTrusted)
    }

    @Test("what cannot be honoured is a 400 that names it, and nothing runs")
    func refused() async throws {
        let wrong: [(body: String, param: JSONValue, code: JSONValue)] = [
            ("{}", "input", "missing_required_parameter"), (#"{"input":""}"#, "input", "empty_prompt"),
            (#"{"input":[]}"#, "input", "empty_prompt"), (#"{"input":["a",""]}"#, "input", "empty_prompt"),
            (#"{"input":[[]]}"#, "input", "empty_prompt"), (#"{"input":{"a":1}}"#, "input", "invalid_type"),
            (#"{"input":["a",1]}"#, "input", "invalid_type"),
            (#"{"input":[4096]}"#, "input", "integer_above_max_value"),
            (#"{"input":[[5],[-1]]}"#, "input", "integer_below_min_value"),
            (
                #"{"input":[\#([String](repeating: "\"a\"", count: 2049).joined(separator: ","))]}"#, "input",
                "array_above_max_length"
            ),
            (
                #"{"input":[\#([String](repeating: "5", count: 2001).joined(separator: ","))]}"#, "input",
                "context_length_exceeded"
            ),
            (#"{"input":"\#(String(repeating: "word ", count: 3000))"}"#, "input", "context_length_exceeded"),
            (#"{"input":"a","dimensions":2}"#, "dimensions", "unsupported_parameter"),
            (#"{"input":"a","dimensions":0}"#, "dimensions", "integer_below_min_value"),
            (#"{"input":"a","encoding_format":"int8"}"#, "encoding_format", "invalid_value"),
            (#"{"input":"a","pooling":"max"}"#, "pooling", "invalid_value"),
            (#"{"input":"a","user":5}"#, "user", "invalid_type"),
            (#"{"input":"a","normalize":false}"#, "normalize", "unsupported_parameter"),
            (#"{"input":"a","stream":true}"#, "stream", "unsupported_parameter"),
        ]
        let generator = Self.generator()
        try await withFront(generator) { client in
            for (body, param, code) in wrong {
                let answer = try await client.post(Self.path, body)
                #expect(answer.status == 400, "\(body.prefix(60)): \(answer.body)")
                #expect(
                    answer.error["param"] == param && answer.error["code"] == code, "\(body.prefix(60)): \(answer.body)"
                )
            }
            let unknown = try await client.post(Self.path, #"{"model":"text-embedding-3-small","input":"a"}"#)
            #expect(unknown.status == 404 && unknown.error["code"] == "model_not_found")
            let get = try await client.get(Self.path)
            #expect(get.status == 405 && get.headers["allow"] == "POST, OPTIONS")
        }
        #expect(generator.requests.isEmpty)
    }

    @Test(
        "values that ask for what happens anyway are accepted, the hidden size as dimensions too, and texts may be cut"
    )
    func accepted() async throws {
        let generator = Self.generator()
        try await withFront(generator) { client in
            for more in [
                #""dimensions":3"#, #""dimensions":null"#, #""normalize":true,"embed_dtype":"float32""#,
                #""priority":"low","cache_salt":"s","timeout":9"#, #""unknown":[1]"#,
            ] {
                let answer = try await client.post(Self.path, #"{"input":"a",\#(more)}"#)
                #expect(answer.status == 200, "\(more): \(answer.body)")
            }
            let full = [String](repeating: "5", count: 2000).joined(separator: ",")
            #expect(try await client.post(Self.path, #"{"input":[\#(full)]}"#).status == 200)
            let cut = try await client.post(
                Self.path, #"{"input":[1,2,3,4],"truncate_prompt_tokens":2,"truncation_side":"right"}"#)
            #expect(cut.json["usage"] == ["prompt_tokens": 2, "total_tokens": 2])
        }
    }

    @Test("what the engine refuses is told with its status; numbers that are none are our own fault")
    func engineErrors() async throws {
        let overloaded = GenerationError.overloaded("too many", retryAfter: .seconds(3))
        try await withFront(Self.generator { _ in throw overloaded }) { client in
            let answer = try await client.post(Self.path, #"{"input":"a"}"#)
            #expect(answer.status == 429 && answer.headers["retry-after"] == "3")
        }
        let broken = ScriptedGenerator { _, emit in
            _ = try await emit(.embedding([1, .infinity, 0]))
            return .length
        }
        try await withFront(broken) { client in
            let answer = try await client.post(Self.path, #"{"input":"a"}"#)
            #expect(answer.status == 500)
        }
        try await withFront(ScriptedGenerator { _, _ in .length }) { client in
            let answer = try await client.post(Self.path, #"{"input":"a"}"#)
            #expect(answer.status == 500)
        }
        try await withFront(ScriptedGenerator(readiness: .notReady("no hosts")) { _, _ in .length }) { client in
            let answer = try await client.post(Self.path, #"{"input":"a"}"#)
            #expect(answer.status == 503)
        }
    }

    @Test("an input for which there is no room in the queue waits, where the first had room", .timeLimit(.minutes(1)))
    func waits() async throws {
        let refusals = Mutex(3)
        let generator = Self.generator { request in
            guard request.id.hasSuffix("-1") else { return }
            let refuses = refusals.withLock { left in
                left -= 1
                return left >= 0
            }
            if refuses { throw GenerationError.overloaded("too many", retryAfter: .milliseconds(1)) }
        }
        try await withFront(generator) { client in
            let answer = try await client.post(Self.path, #"{"input":["a","b"]}"#)
            #expect(answer.status == 200 && elements(answer).count == 2, "\(answer.body)")
        }
        #expect(generator.requests.count == 5)
    }

    @Test("a client that hangs up ends the work", .timeLimit(.minutes(1)))
    func hangsUp() async throws {
        let generator = ScriptedGenerator { _, _ in
            try await Task.sleep(for: .seconds(3600))
            return .length
        }
        @Sendable func settled(_ condition: () -> Bool) async throws {
            while !condition() { try await Task.sleep(for: .milliseconds(5)) }
        }
        try await withFront(generator) { client in
            let body = #"{"input":["a","b"]}"#
            try await client.withConnection { connection in
                try await connection.write(
                    Array((FrontClient.head("POST", Self.path, length: body.utf8.count) + "\r\n" + body).utf8))
                try await settled { generator.requests.count == 2 }
            }
            try await settled { generator.endCount == 2 }
        }
    }
}
