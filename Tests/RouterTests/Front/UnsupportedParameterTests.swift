import JSON
import Testing

@testable import Router

@Suite("Well-known parameters") struct UnsupportedParameterTests {
    private static let endpoints: [(kind: Job.Kind, path: String, right: String)] = [
        (.chat, "/v1/chat/completions", #""messages":[{"role":"user","content":"hi"}],"max_tokens":2"#),
        (.completion, "/v1/completions", #""prompt":"hi","max_tokens":2"#),
        (.response, "/v1/responses", #""input":"hi","max_output_tokens":2"#),
    ]

    /// A value that asks for something, of a type that such a parameter may have.
    private func wish(besides harmless: [JSONValue]) -> JSONValue {
        switch harmless.first {
        case .bool(let value): .bool(!value)
        case .number: .number("7.5")
        case .array: ["x"]
        case .object: ["x": 1]
        case .string, .null, nil: "x"
        }
    }

    @Test("one that would change the answer is a 400 by name with a reason, unless it asks for what happens anyway")
    func refused() async throws {
        let generator = ScriptedGenerator.saying([100])
        try await withFront(generator) { client in
            for (kind, path, right) in Self.endpoints {
                for parameter in UnsupportedParameter.all where parameter.endpoint ?? kind == kind {
                    let wish = wish(besides: parameter.harmless)
                    let answer = try await client.post(path, #"{\#(right),"\#(parameter.name)":\#(wish.text())}"#)
                    #expect(answer.status == 400, "\(parameter.name) of \(path): \(answer.body)")
                    #expect(answer.error["param"] == .string(parameter.name), "\(answer.body)")
                    #expect(answer.error["code"] == "unsupported_parameter", "\(answer.body)")
                    guard case .string(let message)? = answer.error["message"] else {
                        Issue.record("no message: \(answer.body)")
                        continue
                    }
                    #expect(
                        message.contains("'\(parameter.name)'") && message.hasSuffix(parameter.reason), "\(message)")
                }
            }
        }
        #expect(generator.requests.isEmpty)
    }

    @Test("a null or a value that asks for what happens anyway is accepted")
    func accepted() async throws {
        try await withFront(ScriptedGenerator.saying([100])) { client in
            for (kind, path, right) in Self.endpoints {
                for parameter in UnsupportedParameter.all where parameter.endpoint ?? kind == kind {
                    for value in [.null] + parameter.harmless {
                        let answer = try await client.post(path, #"{\#(right),"\#(parameter.name)":\#(value.text())}"#)
                        #expect(answer.status == 200, "\(parameter.name) = \(value.text()): \(answer.body)")
                    }
                }
            }
            // A number is the same however it is written.
            #expect(try await client.post("/v1/completions", #"{"prompt":"hi","length_penalty":1.0}"#).status == 200)
        }
    }

    @Test("one that cannot change the answer is accepted with any value")
    func harmless() async throws {
        let generator = ScriptedGenerator.saying([100])
        let harmless = #"""
            "metadata":{"a":"b"},"store":true,"service_tier":"flex","safety_identifier":"u","request_id":"r","prompt_cache_key":"k",
            "prompt_cache_retention":"24h","prediction":{"type":"content","content":"x"},"cache_salt":"s","cache_prompt":true,"id_slot":1,
            "reasoning_effort":"high","include_reasoning":true,"thinking_token_budget":5,"parallel_tool_calls":false,
            "chat_template_kwargs":{"enable_thinking":false},"spaces_between_special_tokens":false,"kv_transfer_params":{},
            "add_special_tokens":true,"user":"u"
            """#
        try await withFront(generator) { client in
            for (_, path, right) in Self.endpoints {
                for more in ["", ",\(harmless)"] {
                    let answer = try await client.post(path, "{\(right)\(more)}")
                    #expect(answer.status == 200, "\(answer.body)")
                }
            }
        }
        let prompts = generator.requests.map(\.prompt)
        #expect(Set(prompts).count == 2, "the same two prompts as without them")
    }

    @Test("what nobody knows is passed over, and told by name; what is known is not among it")
    func unknown() async throws {
        let model = ScriptedGenerator.saying([]).model
        let more = #""nobody_knows_this":[1],"":null,"Temperature":1,"service_tier":"flex","temperature":null"#
        for (kind, _, right) in Self.endpoints {
            let fields = try RequestFields(Array("{\(right),\(more)}".utf8))
            switch kind {
            case .chat: _ = try ChatRequest(fields, model: model, seed: 1)
            case .completion: _ = try CompletionRequest(fields, model: model, seed: 1)
            case .response: _ = try ResponseRequest(fields, model: model, seed: 1)
            }
            #expect(UnsupportedParameter.unknown(fields) == ["", "Temperature", "nobody_knows_this"])
        }
    }

    @Test("clients make no more than so many series; long and odd names have none of their own")
    func boundedNames() {
        var names = BoundedNames()
        let odd = ["", "a b", "a\"b", "naïve", "a\n", String(repeating: "x", count: 65)]
        #expect(odd.allSatisfy { names.name(for: $0) == "other" })
        let all = (0 ..< 1000).map { names.name(for: "name_\($0)") }
        #expect(all.prefix(100).elementsEqual((0 ..< 100).map { "name_\($0)" }))
        #expect(Set(all.dropFirst(100)) == ["other"])
        #expect(names.name(for: "name_99") == "name_99")
    }

    @Test("each is named once for an endpoint")
    func namedOnce() {
        for (kind, _, _) in Self.endpoints {
            let names = UnsupportedParameter.all.filter { $0.endpoint ?? kind == kind }.map(\.name)
            #expect(Set(names).count == names.count)
        }
    }
}
