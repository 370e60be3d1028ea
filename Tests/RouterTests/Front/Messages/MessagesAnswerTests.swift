import Chat
import JSON
import Testing
import Tokenizer

@testable import Router

@Suite("Anthropic's messages: answers") struct MessagesAnswerTests {
    static let question = #""max_tokens":100,"messages":[{"role":"user","content":"hi"}]"#
    static let tools =
        #""tools":[{"name":"get_weather","input_schema":{"type":"object"}},{"name":"now","input_schema":{"type":"object"}}]"#

    private func answer(_ says: String, _ more: String = "") async throws -> JSONValue {
        let generator = ScriptedGenerator.saying(modelTokens(says))
        let (answers, continuation) = AsyncStream<JSONValue>.makeStream()
        try await withFront(generator) { client in
            let answer = try await client.post("/v1/messages", "{\(Self.question)\(more)}")
            #expect(answer.status == 200, "\(answer.body)")
            continuation.yield(answer.json)
        }
        continuation.finish()
        for await answer in answers { return answer }
        return .null
    }

    @Test("an answer has Anthropic's shape, with usage and a request id")
    func shape() async throws {
        let generator = ScriptedGenerator.saying(modelTokens("Hello there"))
        try await withFront(generator) { client in
            let answer = try await client.post("/v1/messages", #"{"model":"demo/model",\#(Self.question)}"#)
            #expect(answer.status == 200)
            #expect(answer.headers["content-type"] == "application/json")
            #expect(answer.headers["request-id"] == answer.headers["x-request-id"])
            #expect(answer.headers["request-id"] != nil)
            guard case .string(let id)? = answer.json["id"] else {
                Issue.record("\(answer.body)")
                return
            }
            #expect(id.hasPrefix("msg_"))
            let usage: JSONValue = [
                "input_tokens": .int(generator.requests[0].prompt.count), "cache_creation_input_tokens": 0,
                "cache_read_input_tokens": 0, "output_tokens": .int(modelTokens("Hello there").count),
                "output_tokens_details": ["thinking_tokens": 0],
            ]
            #expect(
                answer.json == [
                    "id": .string(id), "type": "message", "role": "assistant", "model": "demo/model",
                    "content": [["type": "text", "text": "Hello there"]], "stop_reason": "end_turn",
                    "stop_sequence": .null, "usage": usage,
                ])
        }
    }

    @Test("tokens that were reused are counted apart, whole and streamed")
    func cached() async throws {
        let generator = ScriptedGenerator { request, emit in
            guard try await emit(.begun(reused: 5)) else { return .stop }
            return try await ScriptedGenerator.say([100], request, emit)
        }
        try await withFront(generator) { client in
            let whole = try await client.post("/v1/messages", "{\(Self.question)}")
            let prompt = generator.requests[0].prompt.count
            #expect(whole.json["usage"]?["input_tokens"] == .int(prompt - 5))
            #expect(whole.json["usage"]?["cache_read_input_tokens"] == .int(5))
            let stream = JoinedMessage(
                try await client.post("/v1/messages", #"{\#(Self.question),"stream":true}"#).events)
            for usage in [stream.message["usage"], stream.end["usage"]] {
                #expect(usage?["input_tokens"] == .int(prompt - 5))
                #expect(usage?["cache_read_input_tokens"] == .int(5))
            }
        }
    }

    @Test(
        "the stop sequence that was met is told, and the text ends before it",
        arguments: [
            (#"["five","three"]"#, "one two ", "three"), (#"["ee","o th"]"#, "one tw", "o th"),
            (#"["hree","three"]"#, "one two ", "three"), (#"["😀"]"#, "one two three four ", "😀"),
        ])
    func stopSequence(stops: String, text: String, met: String) async throws {
        let message = try await answer("one two three four 😀 five", #","stop_sequences":\#(stops)"#)
        #expect(message["content"] == [["type": "text", "text": .string(text)]])
        #expect(message["stop_reason"] == "stop_sequence")
        #expect(message["stop_sequence"] == .string(met))
    }

    @Test("an answer without a stop sequence ends its turn, and an empty one has no content")
    func endTurn() async throws {
        let message = try await answer("one", #","stop_sequences":["three"]"#)
        #expect(message["stop_reason"] == "end_turn" && message["stop_sequence"] == .null)
        #expect(try await answer("")["content"] == [])
    }

    @Test("max_tokens cuts an answer; so does the end of the context, however much was asked for")
    func lengths() async throws {
        let generator = ScriptedGenerator.saying([Int32](repeating: 100, count: 3000))
        try await withFront(generator) { client in
            let short = try await client.post(
                "/v1/messages", #"{"max_tokens":3,"messages":[{"role":"user","content":"hi"}]}"#)
            #expect(short.json["stop_reason"] == "max_tokens")
            #expect(short.json["usage"]?["output_tokens"] == 3)
            for tokens in [2000, 32_000] {
                let long = try await client.post(
                    "/v1/messages", #"{"max_tokens":\#(tokens),"messages":[{"role":"user","content":"hi"}]}"#)
                #expect(long.json["stop_reason"] == "model_context_window_exceeded", "\(long.body)")
                let prompt = try #require(long.json["usage"]?["input_tokens"]?.integer)
                #expect(long.json["usage"]?["output_tokens"] == .int(2000 - prompt))
            }
            #expect(generator.requests.map(\.tokensMax).max() == 2000 - generator.requests[0].prompt.count)
        }
    }

    @Test("text and calls are blocks in their order; each call has an id of its own and its input as an object")
    func calls() async throws {
        let says =
            "Let me see." + modelCall("get_weather", #"{"city": "Zürich", "days": 3}"#) + modelCall("now", "{}")
        let message = try await answer(says, ",\(Self.tools)")
        #expect(
            message["content"]?.withoutIDs == [
                ["type": "text", "text": "Let me see."],
                ["type": "tool_use", "name": "get_weather", "input": ["city": "Zürich", "days": .int(3)]],
                ["type": "tool_use", "name": "now", "input": [:]],
            ])
        #expect(message["stop_reason"] == "tool_use")
        let ids = (message["content"]?.elements ?? []).dropFirst().map { $0["id"]?.text() ?? "" }
        #expect(ids.allSatisfy { $0.hasPrefix("\"toolu_") } && Set(ids).count == 2, "\(ids)")
    }

    @Test("without tools a call is text; with disable_parallel_tool_use an answer ends with its first one")
    func callsWanted() async throws {
        let says = modelCall("now", "{}") + modelCall("get_weather", "{}")
        let text = try await answer(says)
        #expect(text["content"]?.elements.map { $0["type"] } == ["text"])
        let one = try await answer(
            says, #",\#(Self.tools),"tool_choice":{"type":"auto","disable_parallel_tool_use":true}"#)
        #expect(one["content"]?.withoutIDs == [["type": "tool_use", "name": "now", "input": [:]]])
        #expect(one["stop_reason"] == "tool_use")
    }

    @Test("a forced call is the answer's beginning, which the prompt writes")
    func forcedCalls() async throws {
        for (choice, says) in [
            (#"{"type":"tool","name":"now"}"#, "\"a\": 1})\n```"), (#"{"type":"any"}"#, "now({\"a\": 1})\n```"),
        ] {
            let message = try await answer(says, #",\#(Self.tools),"tool_choice":\#(choice)"#)
            #expect(
                message["content"]?.withoutIDs == [["type": "tool_use", "name": "now", "input": ["a": .int(1)]]],
                "\(message.text())")
        }
    }

    @Test(
        "arguments that are no object are told in one, as a text, and no arguments are an empty object",
        arguments: [
            ("", "{}"), (" \n", "{}"), (#"{"a": [1, {"b": null}]}"#, #"{"a":[1,{"b":null}]}"#),
            ("\"Rome\"", #"{"INVALID_JSON":"\"Rome\""}"#), ("[1, 2]", #"{"INVALID_JSON":"[1, 2]"}"#),
            ("Rome", #"{"INVALID_JSON":"Rome"}"#), (#"{"a": 1, b}"#, #"{"INVALID_JSON":"{\"a\": 1, b}"}"#),
            (#"{"a": 1, "b"#, #"{"INVALID_JSON":"{\"a\": 1, \"b"}"#), ("1e400", #"{"INVALID_JSON":"1e400"}"#),
        ])
    func inputs(arguments: String, input: String) {
        let whole = ToolInput.whole(arguments)
        #expect(whole.text() == input)
        // What the client sends back is what the model wrote.
        let back = ToolInput.arguments(whole)
        #expect(arguments.allSatisfy(\.isWhitespace) ? back == "{}" : back == arguments)
    }

    @Test("streamed input is the same text in whichever pieces it comes, and JSON unless the model broke an object off")
    func streamedInputs() throws {
        for arguments in ["", "  ", #"  {"a": [1, "é😀"]}"#, #""Rome""#, "[1]", "Rome", #"{"a": 1, b}"#] {
            var expected: String?
            for size in 1 ... 7 {
                var input = ToolInput(), text = "", rest = Array(arguments.unicodeScalars)[...]
                while !rest.isEmpty {
                    text += input.append(rest.prefix(size).reduce(into: "") { $0.unicodeScalars.append($1) })
                    rest = rest.dropFirst(size)
                }
                text += input.end()
                #expect(text == expected ?? text, "\(arguments) in pieces of \(size)")
                expected = text
            }
            let whole = ToolInput.whole(arguments)
            if whole["INVALID_JSON"] == nil || !arguments.hasPrefix("{") {
                let joined = try #require(expected)
                #expect(joined.isEmpty ? whole == [:] : try JSONReader.read(Array(joined.utf8)) == whole)
            } else {
                #expect(expected == arguments)
            }
        }
    }

    @Test("reasoning is a block with an empty signature; what follows it is another")
    func thinking() throws {
        var choice = Answer.Choice()
        var delta = ChoiceDelta(index: 0)
        delta.pieces = [.reasoning("Hm"), .reasoning("m."), .text("Yes."), .callBegins(name: "f"), .callEnds]
        delta.finish = .stop
        choice.add(delta)
        let message = MessagesFormat().whole([choice], of: try anyAnswer(), usage: Usage(completion: 9, reasoning: 4))
        #expect(
            message["content"]?.withoutIDs == [
                ["type": "thinking", "thinking": "Hmm.", "signature": ""], ["type": "text", "text": "Yes."],
                ["type": "tool_use", "name": "f", "input": [:]],
            ])
        #expect(message["usage"]?["output_tokens_details"] == ["thinking_tokens": .int(4)])
    }

    @Test("a last message of the assistant is gone on with, and only what is new comes back")
    func prefill() async throws {
        let generator = ScriptedGenerator.saying(modelTokens("B) Helios"))
        try await withFront(generator) { client in
            let body =
                #"{"max_tokens":9,"messages":[{"role":"user","content":"Sun?"},{"role":"assistant","content":"It is ("}]}"#
            let answer = try await client.post("/v1/messages", body)
            #expect(answer.json["content"] == [["type": "text", "text": "B) Helios"]])
        }
        #expect(
            demoTokenizer.decode(generator.requests[0].prompt, skippingSpecial: false)
                .hasSuffix("<beginning_of_sentence>ai name=assistant\nIt is ("))
    }
}

/// An answer to a request in Anthropic's form, about to be spelled.
func anyAnswer() throws -> Answer {
    let model = ScriptedGenerator.saying([]).model
    let fields = try RequestFields(Array("{\(MessagesAnswerTests.question)}".utf8))
    var job = try MessagesRequest(fields, model: model, seed: 0).job
    job.prompts = [Job.Prompt(ids: [1, 2, 3])]
    return Answer(job, in: MessagesFormat(), model: model)
}
