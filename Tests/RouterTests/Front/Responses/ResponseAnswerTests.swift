import JSON
import Testing
import Tokenizer

@testable import Router

@Suite("Responses") struct ResponseAnswerTests {
    @Test("an answer has OpenAI's shape, with usage, and repeats what it was asked")
    func shape() async throws {
        let generator = answering("Hello there")
        try await withFront(generator) { client in
            let answer = try await client.post(
                "/v1/responses",
                #"{"model":"demo/model","input":"hi","instructions":"Be kind.","temperature":0.5,"metadata":{"a":"b"},"user":"me"}"#
            )
            #expect(answer.status == 200, "\(answer.body)")
            let json = answer.json
            #expect(answer.id.hasPrefix("resp_") && json["object"] == "response" && json["status"] == "completed")
            #expect(json["model"] == "demo/model" && json["instructions"] == "Be kind.")
            #expect(json["temperature"] == .number("0.5") && json["metadata"] == ["a": "b"] && json["user"] == "me")
            #expect(json["error"] == .null && json["incomplete_details"] == .null && json["store"] == true)
            #expect(json["parallel_tool_calls"] == true && json["tool_choice"] == "auto" && json["tools"] == [])
            #expect(json["text"] == ["format": ["type": "text"]] && json["truncation"] == "disabled")
            let prompt = generator.requests[0].prompt.count, answered = demoTokenizer.encode("Hello there").count
            #expect(
                json["usage"] == [
                    "input_tokens": .int(prompt),
                    "input_tokens_details": ["cached_tokens": 0, "cache_write_tokens": 0],
                    "output_tokens": .int(answered), "output_tokens_details": ["reasoning_tokens": 0],
                    "total_tokens": .int(prompt + answered),
                ])
            let item = try #require(answer.output.first)
            #expect(answer.output.count == 1 && item["id"]?.string?.hasPrefix("msg_") == true)
            #expect(item["role"] == "assistant" && item["status"] == "completed" && item["type"] == "message")
            #expect(
                item["content"] == [
                    ["type": "output_text", "text": "Hello there", "annotations": [], "logprobs": []]
                ])
        }
    }

    @Test("the default length is the rest of the context; a shorter one ends the answer as incomplete")
    func length() async throws {
        let generator = answering("one two three four")
        try await withFront(generator) { client in
            _ = try await client.post("/v1/responses", #"{"input":"hi"}"#)
            #expect(generator.requests[0].tokensMax == 2000 - generator.requests[0].prompt.count)
            let cut = try await client.post("/v1/responses", #"{"input":"hi","max_output_tokens":2}"#)
            #expect(cut.json["status"] == "incomplete" && cut.json["completed_at"] == .null)
            #expect(cut.json["incomplete_details"] == ["reason": "max_output_tokens"])
            #expect(cut.output.last?["status"] == "incomplete")
            let streamed = try await client.post(
                "/v1/responses", #"{"input":"hi","max_output_tokens":2,"stream":true}"#)
            #expect(streamed.chunks.last?["type"] == "response.incomplete")
        }
    }

    @Test("reported tokens stand beside the text where the client asks for them")
    func logprobs() async throws {
        try await withFront(answering("Hi 😀")) { client in
            let asked = #""input":"hi","include":["message.output_text.logprobs"],"top_logprobs":2"#
            let answer = try await client.post("/v1/responses", "{\(asked)}")
            let tokens = answer.output[0]["content"]?.list[0]["logprobs"]?.list ?? []
            #expect(tokens.count == demoTokenizer.encode("Hi 😀").count && tokens[0]["top_logprobs"]?.list.count == 2)
            let streamed = try await client.post("/v1/responses", "{\(asked),\"stream\":true}")
            let deltas = streamed.chunks.filter { $0["type"] == "response.output_text.delta" }
            #expect(deltas.flatMap { $0["logprobs"]?.list ?? [] } == tokens)
            let without = try await client.post("/v1/responses", #"{"input":"hi"}"#)
            #expect(without.output[0]["content"]?.list[0]["logprobs"] == [])
        }
    }

    @Test("an empty answer is an empty message, whole and streamed")
    func empty() async throws {
        try await withFront(ScriptedGenerator.saying([])) { client in
            let whole = try await client.post("/v1/responses", #"{"input":"hi"}"#)
            #expect(whole.outputText == "" && whole.output.count == 1)
            let streamed = try await client.post("/v1/responses", #"{"input":"hi","stream":true}"#)
            #expect(streamed.chunks.last?["response"]?["output"]?.list.count == 1)
        }
    }

    @Test("a failure in mid-answer ends the stream with an error and a failed response")
    func failure() async throws {
        let generator = ScriptedGenerator { request, emit in
            _ = try await ScriptedGenerator.say(demoTokenizer.encode("Hello"), request, emit)
            throw GenerationError.lost("An expert host was lost.")
        }
        try await withFront(generator) { client in
            let answer = try await client.post("/v1/responses", #"{"input":"hi","stream":true}"#)
            #expect(answer.status == 200)
            let events = answer.chunks.suffix(2)
            #expect(events.first?["type"] == "error" && events.first?["message"] == "An expert host was lost.")
            let response = events.last?["response"]
            #expect(events.last?["type"] == "response.failed" && response?["status"] == "failed")
            #expect(response?["error"]?["code"] == "server_error")
        }
    }
}

@Suite("Streamed responses") struct ResponseStreamTests {
    /// Text, then two calls.
    private static let said =
        demoTokenizer.encode("Let me see 😀.") + saidCall("weather", #"{"city": "größer", "n": [1, 2]}"#)
        + saidCall("clock", "{}")
    private static let tools =
        #""tools":[{"type":"function","name":"weather","parameters":{}},{"type":"function","name":"clock","parameters":{}}]"#

    @Test("events come in OpenAI's order, numbered from 0, each named as its type")
    func order() async throws {
        try await withFront(answering("Hello")) { client in
            let answer = try await client.post("/v1/responses", #"{"input":"hi","stream":true}"#)
            #expect(answer.headers["content-type"] == "text/event-stream; charset=utf-8")
            let types = answer.chunks.compactMap { $0["type"]?.string }
            let deltas = types.filter { $0 == "response.output_text.delta" }
            #expect(
                types == ["response.created", "response.in_progress", "response.output_item.added"]
                    + ["response.content_part.added"] + deltas
                    + ["response.output_text.done", "response.content_part.done", "response.output_item.done"]
                    + ["response.completed"])
            #expect(answer.chunks.sequenceNumbers == Array(0 ..< types.count))
            let names = answer.body.split(separator: "\n").filter { $0.hasPrefix("event: ") }.map { $0.dropFirst(7) }
            #expect(names.map(String.init) == types)
            #expect(!answer.body.contains("[DONE]"))
        }
    }

    @Test("the deltas joined are the whole answer: text, calls and their arguments")
    func same() async throws {
        try await withFront(answering([Self.said])) { client in
            let body = "{\"input\":\"hi\",\(Self.tools)"
            let whole = try await client.post("/v1/responses", body + "}")
            let streamed = try await client.post("/v1/responses", body + ",\"stream\":true}")
            #expect(whole.output.map { $0["type"] } == ["message", "function_call", "function_call"])
            #expect(whole.outputText == "Let me see 😀.")
            #expect(whole.output[1]["name"] == "weather" && whole.output[2]["arguments"] == "{}")
            #expect(whole.output[1]["arguments"] == .string(#"{"city": "größer", "n": [1, 2]}"#))
            try Self.check(streamed, against: whole)
            #expect(streamed.chunks.last?["response"]?["usage"] == whole.json["usage"])
        }
    }

    /// The stream's items are those of the whole answer, and its deltas joined are the items.
    private static func check(_ streamed: FrontClient.Answer, against whole: FrontClient.Answer) throws {
        let last = try #require(streamed.chunks.last?["response"])
        let items = last["output"]?.list ?? []
        #expect(items.withoutIDs == whole.output.withoutIDs)
        let done = streamed.chunks.filter { $0["type"] == "response.output_item.done" }.compactMap { $0["item"] }
        #expect(done == items)
        for (index, item) in done.enumerated() {
            let deltas = streamed.chunks.filter { $0["output_index"] == .int(index) && $0["delta"] != nil }
            #expect(deltas.allSatisfy { $0["item_id"] == item["id"] })
            let text = item["arguments"]?.string ?? item["content"]?.list[0]["text"]?.string
            #expect(deltas.compactMap { $0["delta"]?.string }.joined() == text)
        }
    }

    @Test("a call that the limit cuts off is incomplete, one before it is not")
    func cutOff() async throws {
        let count = Self.said.count
        try await withFront(answering([Self.said])) { client in
            for length in 1 ... count {
                let body = "{\"input\":\"hi\",\(Self.tools),\"max_output_tokens\":\(length)"
                let whole = try await client.post("/v1/responses", body + "}")
                let streamed = try await client.post("/v1/responses", body + ",\"stream\":true}")
                try Self.check(streamed, against: whole)
                #expect(whole.output.dropLast().allSatisfy { $0["status"] == "completed" })
            }
        }
    }

    @Test("a call ends the answer where calls are not to come in parallel")
    func oneCall() async throws {
        try await withFront(answering([Self.said])) { client in
            let answer = try await client.post(
                "/v1/responses", "{\"input\":\"hi\",\(Self.tools),\"parallel_tool_calls\":false}")
            #expect(answer.output.map { $0["type"] } == ["message", "function_call"])
        }
    }
}

extension [JSONValue] {
    /// Items without what another answer has otherwise.
    fileprivate var withoutIDs: [JSONValue] {
        map { item in
            guard case .object(let members) = item else { return item }
            return .object(members.filter { !["id", "call_id"].contains($0.name) })
        }
    }
}
