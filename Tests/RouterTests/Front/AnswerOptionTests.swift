import JSON
import Synchronization
import Testing
import Tokenizer

@testable import Router

/// What a request may wish of the shape and the length of its answer beyond OpenAI's own parameters.
@Suite("Options of an answer") struct AnswerOptionTests {
    private static let completions = "/v1/completions", chat = "/v1/chat/completions"
    private static let tokens = demoTokenizer.encode("one two three four")

    private func choice(_ answer: FrontClient.Answer) -> JSONValue {
        guard answer.status == 200, case .array(let choices)? = answer.json["choices"], let first = choices.first else {
            Issue.record("\(answer.status) \(answer.body)")
            return .null
        }
        return first
    }

    /// What `name` says in the choices of all chunks, joined.
    private func joined(_ name: String, of answer: FrontClient.Answer) -> [JSONValue] {
        answer.chunks.flatMap { chunk -> [JSONValue] in
            guard case .array(let choices)? = chunk["choices"], case .array(let list)? = choices.first?[name] else {
                return []
            }
            return list
        }
    }

    private func ids(_ ids: [Int32]) -> JSONValue { .array(ids.map { .int($0) }) }

    @Test("a stop token ends the answer and is no part of it, unless asked for")
    func stopTokens() async throws {
        let generator = ScriptedGenerator.saying(Self.tokens)
        try await withFront(generator) { client in
            let stop = try #require(demoTokenizer.encode(" three").first)
            let plain = try await client.post(
                Self.completions, #"{"prompt":"a","stop_token_ids":[\#(stop)],"logprobs":0}"#)
            #expect(choice(plain)["text"] == "one two")
            #expect(choice(plain)["finish_reason"] == "stop")
            #expect(
                choice(plain)["logprobs"]?["tokens"]
                    == .array(demoTokenizer.encode("one two").map { .string(TokenName($0, demoTokenizer).text) }))
            #expect(plain.json["usage"]?["completion_tokens"] == .int(demoTokenizer.encode("one two").count))
            let included = try await client.post(
                Self.completions, #"{"prompt":"a","stop_token_ids":[\#(stop)],"include_stop_str_in_output":true}"#)
            let first = demoTokenizer.decode(demoTokenizer.encode("one two") + [stop])
            #expect(choice(included)["text"] == .string(first))
            #expect(choice(included)["finish_reason"] == "stop")
        }
        #expect(generator.requests.allSatisfy { $0.stopTokens.count == 1 })
    }

    @Test("a stop string is part of the answer where that is asked for")
    func includedStop() async throws {
        try await withFront(ScriptedGenerator.saying(Self.tokens)) { client in
            for stream in [false, true] {
                let body = #"{"prompt":"a","stop":["wo thr"],"include_stop_str_in_output":true,"stream":\#(stream)}"#
                let answer = try await client.post(Self.completions, body)
                let parts =
                    stream
                    ? answer.chunks.compactMap { chunk -> JSONValue? in
                        if case .array(let choices)? = chunk["choices"] { choices.first } else { nil }
                    } : [choice(answer)]
                let texts = parts.map { part -> String in if case .string(let text)? = part["text"] { text } else { "" }
                }
                #expect(texts.joined() == "one two thr")
                #expect(parts.last?["finish_reason"] == "stop")
            }
        }
    }

    @Test("stop strings and stop tokens count only once min_tokens are there")
    func minTokens() async throws {
        let words = demoTokenizer.encode("a b a b a b")
        let generator = ScriptedGenerator.saying(words)
        try await withFront(generator) { client in
            let early = try await client.post(Self.completions, #"{"prompt":"x","stop":" b"}"#)
            #expect(choice(early)["text"] == "a")
            let least = words.count - 2
            let late = try await client.post(Self.completions, #"{"prompt":"x","stop":" b","min_tokens":\#(least)}"#)
            #expect(choice(late)["text"] == "a b a b a")
            #expect(choice(late)["finish_reason"] == "stop")
            let stop = try #require(demoTokenizer.encode(" b").first)
            let token = try await client.post(
                Self.completions, #"{"prompt":"x","stop_token_ids":[\#(stop)],"min_tokens":2}"#)
            #expect(choice(token)["text"] == "a b a")
            // Without a length asked for there is room for at least so many.
            _ = try await client.post(Self.completions, #"{"prompt":"x","min_tokens":40}"#)
        }
        #expect(generator.requests.map(\.sampling.tokensMin).sorted() == [0, 2, words.count - 2, 40].sorted())
        #expect(generator.requests.contains { $0.tokensMax == 40 })
    }

    @Test("special tokens have text where they are not to be skipped")
    func specialTokens() async throws {
        let special = try #require(demoTokenizer.id(of: "<function_call>"))
        try await withFront(ScriptedGenerator.saying([special] + Self.tokens)) { client in
            #expect(try await choice(client.post(Self.completions, #"{"prompt":"a"}"#))["text"] == "one two three four")
            let shown = try await client.post(Self.completions, #"{"prompt":"a","skip_special_tokens":false}"#)
            #expect(choice(shown)["text"] == "<function_call>one two three four")
        }
    }

    @Test("an answer that ends before its first token tells the prompt's ids, too, and once")
    func idsOfEmptyAnswer() async throws {
        try await withFront(ScriptedGenerator.saying([])) { client in
            let streamed = try await client.post(
                Self.completions, #"{"prompt":[7,8],"return_token_ids":true,"stream":true}"#)
            #expect(joined("prompt_token_ids", of: streamed) == [7, 8], "\(streamed.body)")
            #expect(joined("token_ids", of: streamed) == [])
        }
    }

    @Test("token ids of prompt and answer come where vLLM puts them, whole and streamed")
    func tokenIDs() async throws {
        let generator = ScriptedGenerator.saying(Self.tokens)
        try await withFront(generator) { client in
            let completion = try await client.post(Self.completions, #"{"prompt":[7,8],"return_token_ids":true}"#)
            #expect(choice(completion)["prompt_token_ids"] == [7, 8])
            #expect(choice(completion)["token_ids"] == ids(Self.tokens))
            let streamed = try await client.post(
                Self.completions, #"{"prompt":[7,8],"return_token_ids":true,"stream":true}"#)
            #expect(joined("prompt_token_ids", of: streamed) == [7, 8])
            #expect(joined("token_ids", of: streamed) == Self.tokens.map { .int($0) })

            let question = #""messages":[{"role":"user","content":"hi"}],"return_token_ids":true"#
            let chat = try await client.post(Self.chat, "{\(question)}")
            let prompt = ids(generator.requests.map(\.prompt).max { $0.count < $1.count } ?? [])
            #expect(chat.json["prompt_token_ids"] == prompt)
            #expect(choice(chat)["token_ids"] == ids(Self.tokens))
            let chunks = try await client.post(Self.chat, #"{\#(question),"stream":true}"#)
            #expect(chunks.chunks.first?["prompt_token_ids"] == prompt)
            #expect(chunks.chunks.count { $0["prompt_token_ids"] != nil } == 1)
            #expect(joined("token_ids", of: chunks) == Self.tokens.map { .int($0) })
            #expect(try await choice(client.post(Self.completions, #"{"prompt":"a"}"#))["token_ids"] == nil)
        }
    }

    @Test("log-probabilities name tokens by id where asked to")
    func namedByID() async throws {
        try await withFront(ScriptedGenerator.saying([104, 105])) { client in
            let answer = try await client.post(
                Self.completions, #"{"prompt":"a","logprobs":1,"return_tokens_as_token_ids":true}"#)
            #expect(choice(answer)["logprobs"]?["tokens"] == ["token_id:104", "token_id:105"])
        }
    }

    @Test("continuous usage counts a choice's tokens in every chunk")
    func continuousUsage() async throws {
        try await withFront(ScriptedGenerator.saying(Self.tokens)) { client in
            let options = #""stream":true,"stream_options":{"include_usage":true,"continuous_usage_stats":true}"#
            let answer = try await client.post(Self.completions, #"{"prompt":[7,8],\#(options)}"#)
            let usages = answer.chunks.map { $0["usage"] }
            #expect(
                usages.allSatisfy { $0?["prompt_tokens"] == 2 && $0?["prompt_tokens_details"]?["cached_tokens"] == 0 })
            let counts = usages.compactMap { $0?["completion_tokens"]?.integer }
            #expect(counts == counts.sorted() && counts.first == 1 && counts.last == Self.tokens.count)
        }
    }

    @Test("a prompt is cut to the length asked for, from the left or the right")
    func truncation() async throws {
        let generator = ScriptedGenerator.saying([100])
        try await withFront(generator) { client in
            let prompt = #""prompt":[1,2,3,4,5]"#
            for more in [
                #""truncate_prompt_tokens":2"#, #""truncate_prompt_tokens":2,"truncation_side":"right""#,
                #""truncate_prompt_tokens":9"#,
            ] {
                #expect(try await client.post(Self.completions, "{\(prompt),\(more)}").status == 200)
            }
            let long = "[" + [String](repeating: "7", count: 3000).joined(separator: ",") + "]"
            #expect(
                try await client.post(
                    Self.completions, #"{"prompt":\#(long),"truncate_prompt_tokens":-1,"max_tokens":50}"#
                ).status == 200)
            let echo = try await client.post(
                Self.completions, #"{"prompt":"one two three","truncate_prompt_tokens":1,"echo":true}"#)
            #expect(
                choice(echo)["text"]
                    == .string(demoTokenizer.decode(demoTokenizer.encode("one two three").suffix(1) + [100])))
        }
        let prompts = generator.requests.map(\.prompt)
        #expect(prompts.contains([4, 5]) && prompts.contains([1, 2]) && prompts.contains([1, 2, 3, 4, 5]))
        #expect(prompts.contains { $0.count == 1950 })
    }

    @Test("vLLM's integer priority: lower is more urgent")
    func priority() async throws {
        for (value, priority) in [("-3", Priority.high), ("0", .normal), ("1", .low), (#""high""#, .high)] {
            let generator = ScriptedGenerator.saying([100])
            try await withFront(generator) { client in
                let answer = try await client.post(Self.completions, #"{"prompt":"a","priority":\#(value)}"#)
                #expect(answer.status == 200)
            }
            #expect(generator.requests.map(\.priority) == [priority], "\(value)")
        }
    }

    @Test("a completion without a prompt begins a document")
    func noPrompt() async throws {
        let generator = ScriptedGenerator.saying(Self.tokens)
        try await withFront(generator) { client in
            for body in [#"{"prompt":null,"echo":true}"#, #"{"echo":true}"#] {
                #expect(try await choice(client.post(Self.completions, body))["text"] == "one two three four")
            }
            let chat = try await client.post(Self.completions, #"{"messages":[{"role":"user","content":"hi"}]}"#)
            #expect(chat.error["param"] == "messages")
        }
        #expect(generator.requests.map(\.prompt) == [[4091], [4091]])
    }

    @Test("n reaches 128, and all choices of a request together 1,024")
    func manyChoices() async throws {
        let generator = ScriptedGenerator.saying([100])
        try await withFront(generator) { client in
            let answer = try await client.post(Self.completions, #"{"prompt":"Once","max_tokens":1,"n":128}"#)
            guard case .array(let choices)? = answer.json["choices"] else {
                Issue.record("\(answer.body)")
                return
            }
            #expect(choices.map { $0["index"] } == (0 ..< 128).map { .int($0) })
            #expect(generator.requests.count == 128)
            let prompts = "[" + [String](repeating: "[5]", count: 9).joined(separator: ",") + "]"
            let tooMany = try await client.post(Self.completions, #"{"prompt":\#(prompts),"n":128}"#)
            #expect(tooMany.status == 400)
            #expect(tooMany.error["param"] == "n")
            #expect(generator.requests.count == 128)
        }
    }

    @Test("a full queue refuses a request by its first choice; later choices wait for room")
    func fullQueue() async throws {
        let full = GenerationError.overloaded("too many requests wait already", retryAfter: .milliseconds(1))
        let attempts = Mutex<[String: Int]>([:])
        let generator = ScriptedGenerator { request, emit in
            let attempt = attempts.withLock { attempts in
                attempts[request.id, default: 0] += 1
                return attempts[request.id] ?? 0
            }
            if !request.id.hasSuffix("-0"), attempt < 3 { throw full }
            return try await ScriptedGenerator.say(Self.tokens, request, emit)
        }
        try await withFront(generator) { client in
            for stream in [false, true] {
                let answer = try await client.post(Self.completions, #"{"prompt":"a","n":12,"stream":\#(stream)}"#)
                #expect(answer.status == 200)
                #expect(!answer.body.contains("error"), "\(answer.body)")
            }
        }
        try await withFront(ScriptedGenerator { _, _ in throw full }) { client in
            let answer = try await client.post(Self.completions, #"{"prompt":"a","n":12}"#)
            #expect(answer.status == 429)
        }
    }

    @Test("a later choice that fails after its first step is not begun anew")
    func begunChoice() async throws {
        let attempts = Mutex(0)
        let generator = ScriptedGenerator { request, emit in
            if request.id.hasSuffix("-0") { return try await ScriptedGenerator.say(Self.tokens, request, emit) }
            attempts.withLock { $0 += 1 }
            _ = try await emit(.begun(reused: 0))
            throw GenerationError.overloaded("there is no memory", retryAfter: .milliseconds(1))
        }
        try await withFront(generator) { client in
            let answer = try await client.post(Self.completions, #"{"prompt":"a","n":2}"#)
            #expect(answer.status == 429)
            #expect(attempts.withLock { $0 } == 1)
        }
    }
}
