import JSON
import Testing
import Tokenizer

@testable import Router

@Suite("Completions") struct CompletionAnswerTests {
    private func choices(_ answer: FrontClient.Answer) -> [JSONValue] {
        guard answer.status == 200, case .array(let choices)? = answer.json["choices"] else {
            Issue.record("\(answer.status) \(answer.body)")
            return []
        }
        return choices
    }

    @Test("an answer has OpenAI's shape; 16 tokens unless asked for more")
    func shape() async throws {
        let generator = ScriptedGenerator.saying([Int32](repeating: 100, count: 40))
        try await withFront(generator) { client in
            let answer = try await client.post("/v1/completions", #"{"prompt":"Once"}"#)
            let choices = choices(answer)
            #expect(answer.json["object"] == "text_completion")
            let text = demoTokenizer.decode([Int32](repeating: 100, count: 16))
            #expect(
                choices == [["text": .string(text), "index": .int(0), "logprobs": .null, "finish_reason": "length"]])
            #expect(generator.requests[0].prompt == demoTokenizer.encode("Once"))
        }
    }

    @Test("prompts may be token ids, and several at once; choices count through all of them")
    func prompts() async throws {
        let generator = ScriptedGenerator { request, emit in
            try await ScriptedGenerator.say(request.prompt, request, emit)
        }
        try await withFront(generator) { client in
            #expect(
                try await choices(client.post("/v1/completions", #"{"prompt":[104,105]}"#)).map { $0["text"] } == [
                    .string(demoTokenizer.decode([104, 105]))
                ])
            let texts = try await choices(client.post("/v1/completions", #"{"prompt":["one","two"],"n":2,"seed":0}"#))
            #expect(texts.map { $0["text"] } == ["one", "one", "two", "two"])
            #expect(texts.map { $0["index"] } == [.int(0), .int(1), .int(2), .int(3)])
            let ids = try await client.post("/v1/completions", #"{"prompt":[[104],[105,106]]}"#)
            #expect(
                choices(ids).map { $0["text"] } == [
                    .string(demoTokenizer.decode([104])), .string(demoTokenizer.decode([105, 106])),
                ])
            #expect(ids.json["usage"] == Answer.json(Usage(prompt: 3, completion: 3)))
        }
    }

    @Test("echo puts the prompt before the answer, in text as it came")
    func echo() async throws {
        try await withFront(ScriptedGenerator.saying(demoTokenizer.encode(" time"))) { client in
            let whole = try await client.post("/v1/completions", #"{"prompt":"Once","echo":true}"#)
            #expect(choices(whole)[0]["text"] == "Once time")
            let nothingMore = try await client.post("/v1/completions", #"{"prompt":"Once","echo":true,"max_tokens":0}"#)
            #expect(choices(nothingMore)[0]["text"] == "Once")
            let ids = "[4091" + demoTokenizer.encode("Once").map { ",\($0)" }.joined() + "]"
            let fromIds = try await client.post("/v1/completions", #"{"prompt":\#(ids),"echo":true}"#)
            #expect(choices(fromIds)[0]["text"] == "<beginning_of_sentence>Once time")
        }
    }

    @Test("echo with logprobs gives the prompt's too, the first of which is null")
    func echoLogprobs() async throws {
        let prompt = demoTokenizer.encode("Once upon")
        let continuation = demoTokenizer.encode(" a tíme")
        try await withFront(ScriptedGenerator.saying(continuation)) { client in
            for stream in [false, true] {
                let answer = try await client.post(
                    "/v1/completions", #"{"prompt":"Once upon","echo":true,"logprobs":2,"stream":\#(stream)}"#)
                #expect(answer.status == 200)
                let parts =
                    stream
                    ? answer.chunks.compactMap { chunk -> JSONValue? in
                        if case .array(let choices)? = chunk["choices"] { choices.first } else { nil }
                    } : choices(answer)
                func joined(_ name: String) -> [JSONValue] {
                    parts.flatMap { part -> [JSONValue] in
                        if case .array(let list)? = part["logprobs"]?[name] { list } else { [] }
                    }
                }
                let all = prompt + continuation
                #expect(joined("tokens") == all.map { .string(TokenName($0, demoTokenizer).text) })
                #expect(
                    joined("token_logprobs") == [.null] + [JSONValue](repeating: .number("-0.25"), count: all.count - 1)
                )
                let tops = joined("top_logprobs")
                #expect(tops.count == all.count)
                #expect(tops.first == .null)
                #expect(tops.last?[TokenName(all[all.count - 1], demoTokenizer).text] == .number("-0.25"))
                // Offsets cut the text into the tokens: in scalars, as Python counts.
                var offsets: [JSONValue] = []
                var decoder = StreamDecoder(demoTokenizer)
                var length = 0
                for id in all {
                    offsets.append(.int(length))
                    length += decoder.append(id).unicodeScalars.count
                }
                #expect(joined("text_offset") == offsets)
            }
        }
    }

    @Test("logprobs 0 reports the token itself and nothing else")
    func zeroAlternatives() async throws {
        try await withFront(ScriptedGenerator.saying([104])) { client in
            let logprobs = try await choices(client.post("/v1/completions", #"{"prompt":"a","logprobs":0}"#))[0][
                "logprobs"]
            let name = TokenName(104, demoTokenizer).text
            #expect(logprobs?["top_logprobs"] == [.object([JSONValue.Member(name: name, value: .number("-0.25"))])])
        }
    }

    @Test("a stop string takes its tokens' logprobs with it")
    func stopLogprobs() async throws {
        let tokens = demoTokenizer.encode("one two three four")
        try await withFront(ScriptedGenerator.saying(tokens)) { client in
            let choice = try await choices(
                client.post("/v1/completions", #"{"prompt":"a","logprobs":1,"stop":" three"}"#))[0]
            #expect(choice["text"] == "one two")
            #expect(
                choice["logprobs"]?["tokens"]
                    == .array(demoTokenizer.encode("one two").map { .string(TokenName($0, demoTokenizer).text) }))
        }
    }

    @Test("a prompt that leaves no room is refused before the engine hears of it")
    func context() async throws {
        let generator = ScriptedGenerator.saying([100])
        try await withFront(generator) { client in
            let long = "[" + [String](repeating: "104", count: 2000).joined(separator: ",") + "]"
            let room = "[" + [String](repeating: "104", count: 1990).joined(separator: ",") + "]"
            for body in [
                #"{"prompt":\#(long)}"#, #"{"prompt":\#(room),"max_tokens":11}"#,
                #"{"prompt":["a",\#("\"" + String(repeating: "word ", count: 3000) + "\"")]}"#,
                #"{"prompt":"a","max_tokens":2001}"#, #"{"prompt":"a","max_tokens":2147483647}"#,
            ] {
                let answer = try await client.post("/v1/completions", body)
                #expect(answer.status == 400)
                #expect(answer.error["code"] == "context_length_exceeded")
                #expect(answer.error["param"] == "prompt")
            }
            #expect(generator.requests.isEmpty)
            #expect(try await client.post("/v1/completions", #"{"prompt":\#(room),"max_tokens":10}"#).status == 200)
            // The default of 16 gives way to the context.
            #expect(try await client.post("/v1/completions", #"{"prompt":\#(room)}"#).status == 200)
            #expect(generator.requests.map(\.tokensMax) == [10, 10])
            // The whole context means as much as there is room for.
            #expect(try await client.post("/v1/completions", #"{"prompt":\#(room),"max_tokens":2000}"#).status == 200)
            #expect(generator.requests.last?.tokensMax == 10)
            let chat = try await client.post(
                "/v1/chat/completions",
                #"{"messages":[{"role":"user","content":"\#(String(repeating: "word ", count: 3000))"}]}"#)
            #expect(chat.error["code"] == "context_length_exceeded")
            #expect(chat.error["param"] == "messages")
        }
    }
}
