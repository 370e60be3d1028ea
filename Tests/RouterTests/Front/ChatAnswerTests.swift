import JSON
import Testing
import Tokenizer

@testable import Router

@Suite("Chat completions") struct ChatAnswerTests {
    private let question = #""messages":[{"role":"user","content":"hi"}]"#

    @Test("an answer has OpenAI's shape, with usage")
    func shape() async throws {
        let generator = ScriptedGenerator.saying(demoTokenizer.encode("Hello there"))
        try await withFront(generator) { client in
            let answer = try await client.post("/v1/chat/completions", #"{"model":"demo/model",\#(question)}"#)
            #expect(answer.status == 200)
            #expect(answer.headers["content-type"] == "application/json")
            let json = answer.json
            guard case .string(let id)? = json["id"], case .array(let choices)? = json["choices"] else {
                Issue.record("no id or choices: \(answer.body)")
                return
            }
            #expect(id.hasPrefix("chatcmpl-"))
            #expect(json["object"] == "chat.completion")
            #expect(json["model"] == "demo/model")
            #expect(json["system_fingerprint"] == "fp_test")
            #expect(
                choices == [
                    [
                        "index": .int(0), "message": ["role": "assistant", "content": "Hello there", "refusal": .null],
                        "logprobs": .null, "finish_reason": "stop",
                    ]
                ])
            let prompt = generator.requests[0].prompt.count
            let completion = demoTokenizer.encode("Hello there").count
            #expect(json["usage"] == Answer.json(Usage(prompt: prompt, completion: completion)))
        }
    }

    @Test("messages reach the engine through the chat template")
    func template() async throws {
        let generator = ScriptedGenerator.saying([100])
        try await withFront(generator) { client in
            let body =
                #"{"messages":[{"role":"developer","content":"Be kind."},{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},{"role":"assistant","content":null,"tool_calls":[{"id":"call_7","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"call_7","content":"{\"x\":1}"}],"tools":[{"type":"function","function":{"name":"f","description":"größer","parameters":{"z":1,"a":[1,2]}}}]}"#
            let answer = try await client.post("/v1/chat/completions", body)
            #expect(answer.status == 200, "\(answer.body)")
            let expected = """
                <beginning_of_sentence>system ai_setting=assistant
                Be kind.<end_of_sentence>
                <beginning_of_sentence>user name=user
                ab<end_of_sentence>
                <beginning_of_sentence>ai name=assistant
                <function_call>```typescript
                functions.f({})
                ```<end_of_sentence>
                <beginning_of_sentence>system function_response=functions
                {"name": "f", "response": {"x":1}}<end_of_sentence>
                <beginning_of_sentence>system function_setting=functions
                {"name": "f", "description": "größer", "parameters": {"z": 1, "a": [1, 2]}}<end_of_sentence>
                <beginning_of_sentence>ai name=assistant

                """
            #expect(demoTokenizer.decode(generator.requests[0].prompt, skippingSpecial: false) == expected)
        }
    }

    @Test("parameters reach the engine as given, and have OpenAI's defaults")
    func parameters() async throws {
        let generator = ScriptedGenerator.saying([100])
        try await withFront(generator) { client in
            let given =
                #""temperature":0.5,"top_p":0.9,"top_k":40,"min_p":0.1,"presence_penalty":-1,"frequency_penalty":1.5,"repetition_penalty":1.1,"logit_bias":{"7":-100},"seed":-5,"max_tokens":9,"max_completion_tokens":3,"logprobs":true,"top_logprobs":2,"ignore_eos":true"#
            let answer = try await client.post("/v1/chat/completions", "{\(question),\(given)}")
            #expect(answer.status == 200)
            let request = generator.requests[0]
            #expect(
                request.sampling
                    == SamplingParameters(
                        temperature: 0.5, topP: 0.9, topK: 40, minP: 0.1, presencePenalty: -1, frequencyPenalty: 1.5,
                        repetitionPenalty: 1.1,
                        logitBias: [7: -100], seed: UInt64(bitPattern: -5)))
            #expect(request.tokensMax == 3)
            #expect(request.topLogprobs == 2)
            #expect(request.ignoreEnd)
        }
        let plain = ScriptedGenerator.saying([100])
        try await withFront(plain) { client in
            let answer = try await client.post("/v1/chat/completions", "{\(question)}")
            #expect(answer.status == 200)
            let request = plain.requests[0]
            #expect(request.sampling == SamplingParameters(seed: request.sampling.seed))
            #expect(request.tokensMax == 2000 - request.prompt.count)
            #expect(request.topLogprobs == nil && !request.ignoreEnd)
        }
    }

    @Test("n choices run with seeds of their own and come in order")
    func choices() async throws {
        let generator = ScriptedGenerator { request, emit in
            // The later the choice, the earlier it ends.
            let index = Int(request.id.last?.wholeNumberValue ?? 0)
            try await Task.sleep(for: .milliseconds(60 - 20 * index))
            return try await ScriptedGenerator.say(demoTokenizer.encode("choice \(index)"), request, emit)
        }
        try await withFront(generator) { client in
            let answer = try await client.post("/v1/chat/completions", #"{\#(question),"n":3,"seed":1}"#)
            guard case .array(let choices)? = answer.json["choices"] else {
                Issue.record("\(answer.body)")
                return
            }
            #expect(choices.map { $0["index"] } == [.int(0), .int(1), .int(2)])
            #expect(choices.map { $0["message"]?["content"] } == ["choice 0", "choice 1", "choice 2"])
            #expect(Set(generator.requests.map(\.sampling.seed)).count == 3)
            #expect(generator.requests[0].sampling.seed == 1)
        }
    }

    @Test("a stop string ends the answer before it and stops the engine")
    func stop() async throws {
        let generator = ScriptedGenerator.saying(demoTokenizer.encode("one two three four five six"))
        try await withFront(generator) { client in
            let answer = try await client.post("/v1/chat/completions", #"{\#(question),"stop":["xyz"," thr"]}"#)
            guard case .array(let choices)? = answer.json["choices"] else {
                Issue.record("\(answer.body)")
                return
            }
            #expect(choices[0]["message"]?["content"] == "one two")
            #expect(choices[0]["finish_reason"] == "stop")
            guard case .number(let tokens)? = answer.json["usage"]?["completion_tokens"] else {
                Issue.record("no usage")
                return
            }
            #expect((Int(tokens) ?? 99) < demoTokenizer.encode("one two three four five six").count)
        }
    }

    @Test("logprobs list every token with its bytes and alternatives")
    func logprobs() async throws {
        // An emoji is several tokens, none of which is a character.
        let tokens = demoTokenizer.encode("Hi 😀")
        try await withFront(ScriptedGenerator.saying(tokens)) { client in
            let answer = try await client.post(
                "/v1/chat/completions", #"{\#(question),"logprobs":true,"top_logprobs":2}"#)
            guard case .array(let choices)? = answer.json["choices"],
                case .array(let content)? = choices[0]["logprobs"]?["content"]
            else {
                Issue.record("\(answer.body)")
                return
            }
            #expect(choices[0]["message"]?["content"] == "Hi 😀")
            #expect(content.count == tokens.count)
            var bytes: [UInt8] = []
            for (token, entry) in zip(tokens, content) {
                guard case .array(let values)? = entry["bytes"], case .array(let top)? = entry["top_logprobs"] else {
                    Issue.record("\(entry.text())")
                    return
                }
                #expect(entry["logprob"] == .number("-0.25"))
                #expect(top.count == 2)
                #expect(top[0]["token"] == entry["token"])
                #expect(entry["token"] == .string(TokenName(token, demoTokenizer).text))
                bytes += values.compactMap { if case .number(let digits) = $0 { UInt8(digits) } else { nil } }
            }
            #expect(String(decoding: bytes, as: UTF8.self) == "Hi 😀")
            #expect(answer.body.contains(#""token":"bytes:\\xf0"#))
        }
    }

    @Test("special tokens are counted but are no text")
    func specialTokens() async throws {
        let function: Int32 = 4092
        try await withFront(ScriptedGenerator.saying([function] + demoTokenizer.encode("x"))) { client in
            let answer = try await client.post("/v1/chat/completions", "{\(question)}")
            guard case .array(let choices)? = answer.json["choices"] else {
                Issue.record("\(answer.body)")
                return
            }
            #expect(choices[0]["message"]?["content"] == "x")
            #expect(answer.json["usage"]?["completion_tokens"] == .int(2))
        }
    }
}
