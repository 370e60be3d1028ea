import JSON
import Testing
import Tokenizer

@testable import Router

@Suite("Anthropic's messages: endpoints and errors") struct MessagesEndpointTests {
    private static let question = "{\(MessagesAnswerTests.question)}"

    @Test("count_tokens counts the prompt that the message is answered to, tools and all, and needs no max_tokens")
    func count() async throws {
        let generator = ScriptedGenerator.saying([100])
        try await withFront(generator) { client in
            let bodies = [
                #""messages":[{"role":"user","content":"hi"}]"#,
                #""system":[{"type":"text","text":"Be kind."}],"messages":[{"role":"user","content":"größer"}],\#(MessagesAnswerTests.tools)"#,
                #""messages":[{"role":"user","content":"hi"}],\#(MessagesAnswerTests.tools),"tool_choice":{"type":"any"}"#,
                #""messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"h"}],"thinking":{"type":"adaptive"}"#,
            ]
            for body in bodies {
                let count = try await client.post("/v1/messages/count_tokens?beta=true", "{\(body)}")
                #expect(count.status == 200, "\(count.body)")
                let message = try await client.post("/v1/messages", #"{"max_tokens":1,\#(body)}"#)
                #expect(count.json == ["input_tokens": message.json["usage"]?["input_tokens"] ?? .null])
            }
            let asked = generator.requests.count
            let long = String(repeating: "long ", count: 5000)
            let count = try await client.post(
                "/v1/messages/count_tokens", #"{"messages":[{"role":"user","content":"\#(long)"}]}"#)
            #expect(try #require(count.json["input_tokens"]?.integer) > 5000, "beyond the context of 2,000")
            #expect(generator.requests.count == asked, "counting asks the model nothing")
        }
    }

    /// What a refusal says to Anthropic's clients.
    private func expect(
        _ answer: FrontClient.Answer, _ status: Int, _ type: JSONValue, _ words: String = "",
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(answer.status == status, "\(answer.body)", sourceLocation: sourceLocation)
        #expect(answer.json["type"] == "error", "\(answer.body)", sourceLocation: sourceLocation)
        #expect(answer.error["type"] == type, "\(answer.body)", sourceLocation: sourceLocation)
        #expect(answer.body.contains(words), "\(answer.body)", sourceLocation: sourceLocation)
        let id = answer.headers["request-id"].map { JSONValue.string($0) }
        #expect(id != nil && answer.json["request_id"] == id, "\(answer.body)", sourceLocation: sourceLocation)
    }

    @Test("refusals have Anthropic's form, whoever refuses")
    func refusals() async throws {
        let generator = ScriptedGenerator.saying([100])
        try await withFront(generator, FrontConfig(bodyBytesMax: 20_000)) { client in
            for path in ["/v1/messages", "/v1/messages/count_tokens"] {
                let unknown = try await client.post(path, #"{"model":"claude-next","max_tokens":1,"messages":[]}"#)
                expect(unknown, 404, "not_found_error", "'claude-next'")
                let wrong = try await client.post(path, #"{"max_tokens":1,"messages":[{"role":"user","content":7}]}"#)
                expect(wrong, 400, "invalid_request_error", "'messages[0].content'")
                expect(try await client.post(path, "{"), 400, "invalid_request_error")
                expect(
                    try await client.post(path, String(repeating: " ", count: 20_001)), 413, "request_too_large")
                expect(try await client.get(path), 405, "invalid_request_error", path)
            }
            expect(try await client.post("/v1/messages", #"{"messages":[]}"#), 400, "invalid_request_error")
            expect(try await client.post("/v1/messages/batches", "{}"), 404, "not_found_error", "/v1/messages/batches")
            let long = String(repeating: "long ", count: 3000)
            let tooLong = try await client.post(
                "/v1/messages", #"{"max_tokens":1,"messages":[{"role":"user","content":"\#(long)"}]}"#)
            expect(tooLong, 400, "invalid_request_error", "prompt is too long: ")
            let own = try await client.post("/v1/messages", "{", headers: ["x-request-id": "mine"])
            #expect(own.json["request_id"] == "mine")
            #expect(try await client.post("/v1/messagesX", "{}").json["type"] == nil, "is none of Anthropic's paths")
        }
        #expect(generator.requests.isEmpty)
    }

    @Test("what the engine says has Anthropic's words")
    func engineErrors() async throws {
        let cases: [(GenerationError, Int, JSONValue)] = [
            (.unavailable("No expert host."), 503, "overloaded_error"),
            (.overloaded("Queue full.", retryAfter: .seconds(3)), 429, "rate_limit_error"),
            (.failed("Wrong shape."), 500, "api_error"), (.tooLarge("9 MiB of 1"), 400, "invalid_request_error"),
            (.deadline("too late"), 504, "timeout_error"),
        ]
        for (error, status, type) in cases {
            try await withFront(ScriptedGenerator { _, _ in throw error }) { client in
                expect(try await client.post("/v1/messages", Self.question), status, type)
            }
        }
        let notReady = ScriptedGenerator(readiness: .notReady("Loading.")) { _, _ in .stop }
        try await withFront(notReady) { client in
            expect(try await client.post("/v1/messages", Self.question), 503, "overloaded_error", "Loading.")
            #expect(try await client.post("/v1/messages/count_tokens", Self.question).status == 200)
        }
    }

    @Test("a key is accepted as x-api-key or as a bearer token, on every path, and one right key of two is enough")
    func keys() async throws {
        let generator = ScriptedGenerator.saying([100])
        try await withFront(generator, FrontConfig(apiKeys: ["first", "second"])) { client in
            let right: [[String: String]] = [
                ["x-api-key": "second"], ["Authorization": "Bearer second"],
                ["x-api-key": "second", "Authorization": "Bearer sk-ant-other"],
                ["x-api-key": "sk-ant-other", "Authorization": "Bearer second"],
            ]
            for headers in right {
                #expect(try await client.post("/v1/messages", Self.question, headers: headers).status == 200)
                #expect(
                    try await client.post(
                        "/v1/chat/completions", #"{"messages":[{"role":"user","content":"hi"}]}"#, headers: headers
                    ).status == 200)
                #expect(try await client.get("/v1/models", headers: headers).status == 200)
            }
            #expect(generator.requests.allSatisfy { $0.account == 1 })
            let wrong: [[String: String]] = [
                [:], ["x-api-key": ""], ["x-api-key": "third"], ["x-api-key": "Bearer second"],
                ["x-api-key": "third", "Authorization": "Bearer third"],
            ]
            for headers in wrong {
                expect(
                    try await client.post("/v1/messages", Self.question, headers: headers), 401, "authentication_error")
                expect(
                    try await client.get(
                        "/v1/models", headers: headers.merging(["anthropic-version": "2023-06-01"]) { $1 }),
                    401, "authentication_error")
                #expect(try await client.get("/v1/models", headers: headers).error["code"] == "invalid_api_key")
            }
        }
    }

    @Test("models are listed in Anthropic's form where anthropic-version is sent, otherwise in OpenAI's")
    func models() async throws {
        try await withFront(ScriptedGenerator.saying([100])) { client in
            let headers = ["anthropic-version": "2023-06-01"]
            let model: JSONValue = [
                "type": "model", "id": "demo/model", "display_name": "demo/model",
                "created_at": "2023-11-14T22:13:20Z", "lifecycle": "active", "max_input_tokens": .int(2000),
                "max_tokens": .int(2000),
            ]
            let list = try await client.get("/v1/models?limit=20", headers: headers)
            #expect(
                list.json == [
                    "data": [model], "has_more": false, "first_id": "demo/model", "last_id": "demo/model",
                ])
            #expect(list.headers["request-id"] != nil)
            #expect(try await client.get("/v1/models/demo/model", headers: headers).json == model)
            #expect(try await client.get("/v1/models/demo%2Fmodel", headers: headers).json == model)
            expect(try await client.get("/v1/models/other", headers: headers), 404, "not_found_error", "'other'")
            let plain = try await client.get("/v1/models")
            #expect(plain.json["object"] == "list" && plain.headers["request-id"] == nil)
            #expect(try await client.get("/v1/models/other").error["code"] == "model_not_found")
        }
    }
}
