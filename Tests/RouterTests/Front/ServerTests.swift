import JSON
import Testing

@testable import Router

@Suite("The front as a server") struct ServerTests {
    @Test("models are listed and found by name, slashes and all")
    func models() async throws {
        try await withFront(ScriptedGenerator.saying([100])) { client in
            let card: JSONValue = [
                "id": "demo/model", "object": "model", "created": .int(1_700_000_000), "owned_by": "tests",
                "max_model_len": .int(2000), "family": "MiniMax-Text-01",
            ]
            let list = try await client.get("/v1/models")
            #expect(list.json == ["object": "list", "data": [card]])
            #expect(try await client.get("/v1/models/demo/model").json == card)
            #expect(try await client.get("/v1/models/demo%2Fmodel").json == card)
            let unknown = try await client.get("/v1/models/gpt-5")
            #expect(unknown.status == 404)
            #expect(unknown.error["code"] == "model_not_found")
        }
    }

    @Test("an unknown model is a 404 that says so")
    func unknownModel() async throws {
        try await withFront(ScriptedGenerator.saying([100])) { client in
            for (path, prompt) in [
                ("/v1/completions", #""prompt":"a""#),
                ("/v1/chat/completions", #""messages":[{"role":"user","content":"a"}]"#),
            ] {
                let answer = try await client.post(path, #"{"model":"gpt-5",\#(prompt)}"#)
                #expect(answer.status == 404)
                #expect(answer.error["code"] == "model_not_found")
                #expect(answer.error["param"] == "model")
            }
        }
    }

    @Test("unknown paths are 404 and wrong methods 405, in OpenAI's shape")
    func paths() async throws {
        try await withFront(ScriptedGenerator.saying([100])) { client in
            for path in ["/v2/models", "/v1/rerank", "/favicon.ico", "/v1"] {
                let answer = try await client.get(path)
                #expect(answer.status == 404)
                #expect(answer.error["type"] == "invalid_request_error")
            }
            for (method, path, allowed) in [
                ("GET", "/v1/completions", "POST, OPTIONS"), ("GET", "/v1/embeddings", "POST, OPTIONS"),
                ("DELETE", "/v1/models", "GET, HEAD, OPTIONS"),
                ("POST", "/health", "GET, HEAD, OPTIONS"),
                ("PUT", "/v1/chat/completions", "GET, HEAD, POST, OPTIONS"),
                ("POST", "/v1/models/demo", "GET, HEAD, OPTIONS"),
            ] {
                let answer = try await client.send(method, path, nil)
                #expect(answer.status == 405, "\(method) \(path)")
                #expect(answer.headers["allow"] == allowed)
                #expect(answer.error["code"] == "method_not_supported")
            }
            #expect(try await client.get("/").body.contains("demo/model"))
        }
    }

    @Test("with keys configured only their bearers get in")
    func keys() async throws {
        let generator = ScriptedGenerator.saying([100])
        try await withFront(generator, FrontConfig(apiKeys: ["sk-one", "sk-two"])) { client in
            let body = #"{"prompt":"a"}"#
            for key in ["Bearer sk-one", "Bearer sk-two", "bearer sk-one", "Bearer  sk-one", "Bearer \t sk-two"] {
                #expect(try await client.post("/v1/completions", body, headers: ["Authorization": key]).status == 200)
            }
            for key in [
                "Bearer sk-on", "Bearer sk-onee", "Bearer ", "Bearer", "sk-one", "Basic sk-one", "Bearer sk-one,sk-two",
                "",
            ] {
                let answer = try await client.post("/v1/completions", body, headers: ["Authorization": key])
                #expect(answer.status == 401, "\(key)")
                #expect(answer.error["code"] == "invalid_api_key")
                #expect(answer.headers["www-authenticate"] == "Bearer")
            }
            #expect(try await client.get("/v1/models").status == 401)
            #expect(try await client.get("/health").status == 200)
        }
        #expect(generator.requests.count == 5)
    }

    @Test("key, priority and timeout reach the engine; wrong ones are refused by name")
    func scheduling() async throws {
        let generator = ScriptedGenerator { _, _ in .stop }
        try await withFront(generator, FrontConfig(apiKeys: ["first", "second"])) { client in
            let headers = ["authorization": "Bearer second"]
            #expect(
                try await client.post(
                    "/v1/completions", #"{"prompt":"a","priority":"high","timeout":2.5}"#, headers: headers
                ).status == 200)
            #expect(try await client.post("/v1/completions", #"{"prompt":"a"}"#, headers: headers).status == 200)
            for body in [
                #"{"prompt":"a","priority":"urgent"}"#, #"{"prompt":"a","priority":[3]}"#,
                #"{"prompt":"a","timeout":0}"#, #"{"prompt":"a","timeout":"soon"}"#,
            ] {
                let answer = try await client.post("/v1/completions", body, headers: headers)
                #expect(answer.status == 400)
                #expect(answer.error["param"] == (body.contains("priority") ? "priority" : "timeout"))
            }
        }
        let requests = generator.requests.sorted { $0.priority > $1.priority }
        #expect(requests.map(\.account) == [1, 1])
        #expect(requests.map(\.priority) == [.high, .normal])
        #expect(requests.map(\.timeout) == [.seconds(2.5), nil])
    }

    @Test("an engine that is not ready, overloaded or broken gives 503, 429 and 500, with a hint when to come back")
    func engineErrors() async throws {
        let cases: [(GenerationError, Int, Bool)] = [
            (.unavailable("No expert host."), 503, true),
            (.overloaded("Queue full.", retryAfter: .seconds(3)), 429, true), (.lost("Host lost."), 503, true),
            (.failed("Wrong shape."), 500, false),
            (.tooLarge("9 MiB of 1"), 400, false), (.deadline("too late"), 504, false),
        ]
        for (error, status, hasHint) in cases {
            try await withFront(ScriptedGenerator { _, _ in throw error }) { client in
                for stream in [true, false] {
                    let answer = try await client.post("/v1/completions", #"{"prompt":"a","stream":\#(stream)}"#)
                    #expect(answer.status == status)
                    #expect((answer.headers["retry-after"] != nil) == hasHint)
                    if status == 429 { #expect(answer.headers["retry-after"] == "3", "what the queue says") }
                    #expect(answer.error["message"] != nil)
                }
            }
        }
        try await withFront(ScriptedGenerator(readiness: .notReady("Loading 3 of 8 layers.")) { _, _ in .stop }) {
            client in
            let answer = try await client.post("/v1/completions", #"{"prompt":"a"}"#)
            #expect(answer.status == 503)
            #expect(answer.error["message"] == "Loading 3 of 8 layers.")
            #expect(answer.headers["retry-after"] != nil)
            #expect(try await client.get("/health").status == 503)
        }
    }

    @Test("an unforeseen error tells the client nothing of our insides")
    func internals() async throws {
        struct Secret: Error { let path = "/secret/file" }
        try await withFront(ScriptedGenerator { _, _ in throw Secret() }) { client in
            let answer = try await client.post("/v1/completions", #"{"prompt":"a"}"#)
            #expect(answer.status == 500)
            #expect(!answer.body.contains("ecret"))
        }
    }

    @Test("a body beyond the limit is refused by its announced length, and while it grows")
    func largeBody() async throws {
        let generator = ScriptedGenerator.saying([100])
        try await withFront(generator, FrontConfig(bodyBytesMax: 1000)) { client in
            // 100 MB announced, not sent: the refusal does not wait for them.
            let announced = try await client.withConnection { connection in
                try await connection.write(
                    Array((FrontClient.head("POST", "/v1/completions", length: 100_000_000) + "\r\n").utf8))
                return try await connection.read(until: "}}")
            }
            #expect(announced.hasPrefix("HTTP/1.1 413"))
            #expect(announced.contains("request_too_large"))
            let chunked = try await client.withConnection { connection in
                let chunk = "400\r\n" + String(repeating: "a", count: 1024) + "\r\n"
                try await connection.write(
                    Array(
                        (FrontClient.head(
                            "POST", "/v1/completions", length: nil, headers: ["Transfer-Encoding": "chunked"]) + "\r\n"
                            + chunk).utf8))
                return try await connection.read(until: "}}")
            }
            #expect(chunked.hasPrefix("HTTP/1.1 413"))
            #expect(
                try await client.post("/v1/completions", String(repeating: " ", count: 980) + #"{"prompt":"a"}"#).status
                    == 200)
        }
        #expect(generator.requests.count == 1)
    }

    @Test("100 MB sent in full are answered with 413, and the next request is served")
    func hugeBody() async throws {
        try await withFront(ScriptedGenerator.saying([100])) { client in
            let answer = try await client.send("POST", "/v1/completions", [UInt8](repeating: 0x20, count: 100_000_000))
            #expect(answer.status == 413)
            #expect(answer.error["code"] == "request_too_large")
            #expect(try await client.post("/v1/completions", #"{"prompt":"a"}"#).status == 200)
        }
    }
}
