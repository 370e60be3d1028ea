import JSON
import Testing
import Tokenizer

@testable import Router

/// `/tokenize`, `/detokenize` and what else needs no model.
@Suite("Endpoints of texts and tokens") struct TextEndpointTests {
    private static let text = "Once upon <end_of_sentence> a time: naïve 😀"

    private func ids(_ value: JSONValue?) -> [Int32]? {
        guard case .array(let elements)? = value else { return nil }
        return elements.map { Int32($0.integer ?? -1) }
    }

    private func body(_ members: [(String, JSONValue)]) -> String {
        JSONValue.object(members.map { .init(name: $0.0, value: $0.1) }).text()
    }

    @Test("a text is tokenized as a prompt of completions is, and comes back from its ids", arguments: ["", "/v1"])
    func roundTrip(prefix: String) async throws {
        let expected = demoTokenizer.encode(Self.text)
        let endID = try #require(demoTokenizer.id(of: "<end_of_sentence>"))
        #expect(expected.contains(endID))
        // Whether the cluster can serve does not matter.
        try await withFront(ScriptedGenerator(readiness: .notReady("no hosts")) { _, _ in .stop }) { client in
            let answer = try await client.post(
                prefix + "/tokenize",
                body([("model", "demo/model"), ("prompt", .string(Self.text)), ("add_special_tokens", false)]))
            #expect(answer.status == 200)
            #expect(
                answer.json == [
                    "count": .int(expected.count), "max_model_len": 2000, "tokens": .array(expected.map { .int($0) }),
                    "token_strs": .null,
                ])
            let back = try await client.post(
                prefix + "/detokenize", body([("tokens", .array(expected.map { .int($0) }))]))
            #expect(back.json == ["prompt": .string(Self.text)])
            let none = try await client.post(prefix + "/detokenize", #"{"tokens":[]}"#)
            #expect(none.json == ["prompt": ""])
            let empty = try await client.post(prefix + "/tokenize", #"{"prompt":""}"#)
            #expect(empty.json["count"] == 0 && empty.json["tokens"] == [])
        }
    }

    @Test("tokens are spelled on request as tokenizer.json spells them")
    func spellings() async throws {
        try await withFront(ScriptedGenerator.saying([])) { client in
            let answer = try await client.post(
                "/tokenize", body([("prompt", .string(Self.text + "\n\"\\")), ("return_token_strs", true)]))
            guard case .array(let spellings)? = answer.json["token_strs"] else {
                Issue.record("no spellings: \(answer.body)")
                return
            }
            let texts = spellings.map { if case .string(let text) = $0 { text } else { "" } }
            #expect(texts.compactMap { demoTokenizer.id(of: $0) } == ids(answer.json["tokens"]))
            #expect(texts.contains("<end_of_sentence>") && texts.contains { $0.hasPrefix("Ġ") })
        }
    }

    @Test("messages are tokenized as a chat's prompt: with and without the beginning of the answer, and with tools")
    func messages() async throws {
        let messages: JSONValue = [
            ["role": "system", "content": "Be brief."], ["role": "user", "content": "a<end_of_sentence>b"],
        ]
        let tools: JSONValue = [["type": "function", "function": ["name": "f"]]]
        let generator = ScriptedGenerator.saying([100])
        try await withFront(generator) { client in
            for more in [[], [("tools", tools)]] as [[(String, JSONValue)]] {
                _ = try await client.post("/v1/chat/completions", body([("messages", messages)] + more))
                let answer = try await client.post("/tokenize", body([("messages", messages)] + more))
                let whole = try #require(ids(answer.json["tokens"]))
                #expect(generator.requests.contains { $0.prompt == whole }, "\(answer.body)")
                let open = try await client.post(
                    "/tokenize", body([("messages", messages), ("add_generation_prompt", false)] + more))
                let shorter = try #require(ids(open.json["tokens"]))
                #expect(!shorter.isEmpty && shorter.count < whole.count && whole.starts(with: shorter))
            }
        }
    }

    @Test("what cannot be honoured is a 400 that names it")
    func refused() async throws {
        let hello = #""messages":[{"role":"user","content":"hi"}]"#
        let wrong: [(path: String, body: String, param: JSONValue, code: JSONValue)] = [
            ("/tokenize", "{}", "prompt", "missing_required_parameter"),
            ("/tokenize", #"{"prompt":[5]}"#, "prompt", "invalid_type"),
            ("/tokenize", #"{"prompt":"a",\#(hello)}"#, "prompt", .null),
            ("/tokenize", #"{"prompt":"a","return_token_strs":1}"#, "return_token_strs", "invalid_type"),
            (
                "/tokenize", #"{"prompt":"a","truncate_prompt_tokens":1}"#, "truncate_prompt_tokens",
                "unsupported_parameter"
            ),
            ("/tokenize", #"{"prompt":"a","continue_final_message":"x"}"#, "continue_final_message", "invalid_type"),
            ("/tokenize", #"{"prompt":"a","tool_choice":5}"#, "tool_choice", "invalid_type"),
            ("/tokenize", #"{"prompt":"a","chat_template_kwargs":5}"#, "chat_template_kwargs", "invalid_type"),
            ("/tokenize", #"{"messages":[]}"#, "messages", "empty_array"),
            (
                "/tokenize", #"{\#(hello),"continue_final_message":true}"#, "continue_final_message", "invalid_value"
            ),
            ("/tokenize", #"{\#(hello),"chat_template":"x"}"#, "chat_template", "unsupported_parameter"),
            ("/tokenize", #"{\#(hello),"add_generation_prompt":"x"}"#, "add_generation_prompt", "invalid_type"),
            ("/detokenize", "{}", "tokens", "missing_required_parameter"),
            ("/detokenize", #"{"tokens":"a"}"#, "tokens", "invalid_type"),
            ("/detokenize", #"{"tokens":[1,4096]}"#, "tokens", "integer_above_max_value"),
            ("/detokenize", #"{"tokens":[-1]}"#, "tokens", "integer_below_min_value"),
            ("/detokenize", #"{"tokens":[1.5]}"#, "tokens", "invalid_type"),
        ]
        try await withFront(ScriptedGenerator.saying([])) { client in
            for (path, body, param, code) in wrong {
                let answer = try await client.post(path, body)
                #expect(answer.status == 400, "\(path) \(body): \(answer.body)")
                #expect(
                    answer.error["param"] == param && answer.error["code"] ?? .null == code,
                    "\(path) \(body): \(answer.body)")
            }
            let fine = try await client.post(
                "/tokenize", #"{\#(hello),"continue_final_message":false,"chat_template_kwargs":{"a":1},"tools":[]}"#)
            #expect(fine.status == 200)
            #expect(try await client.post("/tokenize", #"{"model":"x","prompt":"a"}"#).status == 404)
            #expect(try await client.get("/tokenize").headers["allow"] == "POST, OPTIONS")
            #expect(try await client.post("/tokenizer_info", "{}").headers["allow"] == "GET, HEAD, OPTIONS")
        }
    }

    @Test("a megabyte of text comes back from its tokens")
    func large() async throws {
        let text = String(repeating: "All happy families are alike. 漢字\n", count: 30_000)
        try await withFront(ScriptedGenerator.saying([])) { client in
            let tokens = try await client.post("/tokenize", body([("prompt", .string(text))])).json["tokens"] ?? .null
            let answer = try await client.post("/detokenize", body([("tokens", tokens)]))
            #expect(answer.json["prompt"] == .string(text))
        }
    }

    @Test("API keys count for these endpoints, too; the version is everybody's")
    func keys() async throws {
        var config = FrontConfig()
        config.apiKeys = ["secret"]
        try await withFront(ScriptedGenerator.saying([]), config) { client in
            for prefix in ["", "/v1"] {
                for (method, path) in [("POST", "/tokenize"), ("POST", "/detokenize"), ("GET", "/tokenizer_info")] {
                    let content = method == "POST" ? Array(#"{"prompt":"a","tokens":[5]}"#.utf8) : nil
                    #expect(try await client.send(method, prefix + path, content).status == 401, "\(prefix)\(path)")
                    let answer = try await client.send(
                        method, prefix + path, content, headers: ["Authorization": "Bearer secret"])
                    #expect(answer.status == 200, "\(prefix)\(path): \(answer.body)")
                }
            }
            #expect(try await client.post("/v1/embeddings", #"{"input":"a"}"#).status == 401)
            let version = try await client.get("/version")
            #expect(version.status == 200)
            guard case .string(let name)? = version.json["version"] else {
                Issue.record("no version: \(version.body)")
                return
            }
            #expect(name.split(separator: ".").count == 3)
        }
    }

    @Test("what lm-eval's remote tokenizer looks for is in tokenizer_info")
    func info() async throws {
        try await withFront(ScriptedGenerator.saying([])) { client in
            let info = try await client.get("/tokenizer_info").json
            #expect(info["eos_token"] == "<end_of_sentence>" && info["bos_token"] == "<beginning_of_sentence>")
            #expect(info["tokenizer_class"] == "PreTrainedTokenizerFast" && info["model_max_length"] == 1_048_576)
            guard case .string(let template)? = info["chat_template"] else {
                Issue.record("no template")
                return
            }
            #expect(template.hasPrefix("{% for message in messages %}"))
            // As it finds the id of the end.
            let endID = try #require(demoTokenizer.id(of: "<end_of_sentence>"))
            let end = try await client.post("/tokenize", #"{"prompt":"<end_of_sentence>","add_special_tokens":false}"#)
            #expect(ids(end.json["tokens"]) == [endID])
        }
    }

    @Test(
        "what other servers have and this one has not is a 404 that says so, and what there is instead",
        arguments: [
            ("/v1/score", "/v1/embeddings"), ("/score", "/v1/embeddings"), ("/v1/rerank", "/v1/embeddings"),
            ("/rerank", "/v1/embeddings"), ("/pooling", "/v1/embeddings"), ("/v1/moderations", "classify"),
            ("/v1/audio/speech", "text"), ("/v1/images/generations", "text"), ("/v1/fine_tuning/jobs", "train"),
            ("/v1/batches", "/v1/chat/completions"), ("/v1/messages/batches", "/v1/chat/completions"),
            ("/v1/responses/compact", "/v1/responses"), ("/api/chat", "/v1/chat/completions"),
            ("/v1/files", "/v1/chat/completions"),
            ("/v1/files/file-1/content", "/v1/chat/completions"), ("/v1/assistants", "/v1/sessions"),
            ("/v1/threads/a/runs", "/v1/sessions"),
        ])
    func notOffered(path: String, instead: String) async throws {
        try await withFront(ScriptedGenerator.saying([])) { client in
            let answer = try await client.post(path, "{}")
            #expect(answer.status == 404)
            guard case .string(let message)? = answer.error["message"] else {
                Issue.record("no message: \(answer.body)")
                return
            }
            #expect(message.hasPrefix("Unknown request URL: POST \(path). This server "), "\(message)")
            #expect(message.contains(instead), "\(message)")
        }
    }

    @Test("any other path is just unknown")
    func unknown() async throws {
        try await withFront(ScriptedGenerator.saying([])) { client in
            for path in ["/v1/audiobooks", "/v1/scores", "/v1/nothing"] {
                let answer = try await client.post(path, "{}")
                #expect(answer.status == 404)
                #expect(answer.error["message"] == .string("Unknown request URL: POST \(path)."))
            }
        }
    }
}
