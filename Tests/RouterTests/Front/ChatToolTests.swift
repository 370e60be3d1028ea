import JSON
import Testing
import Tokenizer

@testable import Router

@Suite("Calls of tools in chats") struct ChatToolTests {
    private static let tools =
        #""tools":[{"type":"function","function":{"name":"weather"}},{"type":"function","function":{"name":"time"}}]"#
    private static let question = #""messages":[{"role":"user","content":"hi"}]"#
    private static let arguments = #"{"city": "Zürich 😀", "note": "```\n)"}"#
    private static let answer =
        "I look.\n<function_call>```typescript\nfunctions.weather(\(arguments))\n```"
        + "<function_call>```typescript\nfunctions.time()\n```"

    /// What the client sees of an answer that the model writes as `text`.
    private func ask(
        _ text: String, _ more: String = "", question: String = question, tools: String = tools, stream: Bool = false
    ) async throws -> (answer: FrontClient.Answer, prompt: String) {
        let generator = ScriptedGenerator.saying(demoTokenizer.encode(text))
        return try await withFrontValue(generator) { client in
            let fields = [question, tools, more, stream ? #""stream":true"# : ""].filter { !$0.isEmpty }
            let answer = try await client.post("/v1/chat/completions", "{\(fields.joined(separator: ","))}")
            let prompt = generator.requests.first.map { demoTokenizer.decode($0.prompt, skippingSpecial: false) }
            return (answer, prompt ?? "")
        }
    }

    private func call(_ name: String, _ arguments: String, _ id: JSONValue?) -> JSONValue {
        [
            "id": id ?? .null, "type": "function",
            "function": ["name": .string(name), "arguments": .string(arguments)],
        ]
    }

    @Test("an answer has the text without them, and each call with its arguments as the model wrote them")
    func whole() async throws {
        let answer = try await ask(Self.answer).answer
        #expect(answer.status == 200, "\(answer.body)")
        let choice = answer.json["choices"]?[0], message = choice?["message"]
        #expect(message?["content"] == "I look.")
        #expect(choice?["finish_reason"] == "tool_calls")
        let calls = message?["tool_calls"]
        let ids = [calls?[0]?["id"], calls?[1]?["id"]]
        #expect(calls == [call("weather", Self.arguments, ids[0]), call("time", "{}", ids[1])])
        guard case .string(let first)? = ids[0], case .string(let second)? = ids[1] else {
            Issue.record("no ids: \(answer.body)")
            return
        }
        #expect(first.hasPrefix("call_") && second.hasPrefix("call_") && first != second)
    }

    @Test("without text the content is null; without tools in the request a call is text")
    func contents() async throws {
        let alone = "<function_call>```typescript\nfunctions.time({})\n```"
        let calls = try await ask(alone).answer.json["choices"]?[0]?["message"]
        #expect(calls?["content"] == .null && calls?["tool_calls"]?[0]?["function"]?["name"] == "time")
        for tools in ["", Self.tools + #","tool_choice":"none""#, #""tools":[]"#] {
            let choice = try await ask(alone, tools: tools).answer.json["choices"]?[0]
            #expect(choice?["message"]?["content"] == "```typescript\nfunctions.time({})\n```", "\(tools)")
            #expect(choice?["message"]?["tool_calls"] == nil && choice?["finish_reason"] == "stop")
        }
        let shown = try await ask(alone, #""skip_special_tokens":false"#).answer.json["choices"]?[0]?["message"]
        #expect(shown?["content"] == .string(alone))
    }

    @Test("a stream's deltas joined are the whole answer", arguments: [1, 3])
    func stream(n: Int) async throws {
        let answer = try await ask(Self.answer, #""n":\#(n)"#, stream: true).answer
        let empty = answer.chunks.filter { $0["choices"]?[0]?["delta"] == ["content": ""] }
        #expect(empty.isEmpty, "the end of a call is no text")
        var contents = [String](repeating: "", count: n), finishes = [JSONValue?](repeating: nil, count: n)
        var calls = [[(id: String, name: String, arguments: String)]](repeating: [], count: n)
        for case .array(let choices)? in answer.chunks.map({ $0["choices"] }) {
            for choice in choices {
                let index = try choice["index"]?.integer("index", in: 0 ... n - 1) ?? 0, delta = choice["delta"]
                if case .string(let text)? = delta?["content"] { contents[index] += text }
                if let reason = choice["finish_reason"], reason != .null { finishes[index] = reason }
                guard let call = delta?["tool_calls"]?[0], let place = try call["index"]?.integer("i", in: 0 ... 9)
                else {
                    continue
                }
                if place == calls[index].count {
                    guard case .string(let id)? = call["id"], case .string(let name)? = call["function"]?["name"] else {
                        Issue.record("a call begins without id or name: \(call)")
                        continue
                    }
                    #expect(call["type"] == "function")
                    calls[index].append((id, name, ""))
                }
                if case .string(let text)? = call["function"]?["arguments"] { calls[index][place].arguments += text }
            }
        }
        for index in 0 ..< n {
            #expect(contents[index] == "I look." && finishes[index] == "tool_calls")
            #expect(calls[index].map(\.name) == ["weather", "time"])
            #expect(calls[index].map(\.arguments) == [Self.arguments, "{}"])
        }
        #expect(Set(calls.joined().map(\.id)).count == 2 * n)
    }

    @Test("a broken call is text, and one that is cut off has what there is of its arguments")
    func broken() async throws {
        for text in ["<function_call>functions.time({})", "<function_call>```typescript\ntime({})\n```"] {
            let choice = try await ask("So: " + text).answer.json["choices"]?[0]
            #expect(choice?["message"]?["content"] == .string("So: " + text.dropFirst("<function_call>".count)))
            #expect(choice?["finish_reason"] == "stop" && choice?["message"]?["tool_calls"] == nil)
        }
        let tokens = demoTokenizer.encode(Self.answer).prefix { $0 >= 0 }.count / 2
        let cut = try await ask(Self.answer, #""max_tokens":\#(tokens)"#).answer.json["choices"]?[0]
        #expect(cut?["finish_reason"] == "length")
        guard case .string(let text)? = cut?["message"]?["tool_calls"]?[0]?["function"]?["arguments"] else {
            Issue.record("no call: \(cut ?? .null)")
            return
        }
        #expect(!text.isEmpty && Self.arguments.hasPrefix(text))
    }

    @Test("with parallel_tool_calls false an answer ends with its first call")
    func oneCall() async throws {
        let choice = try await ask(Self.answer, #""parallel_tool_calls":false"#).answer.json["choices"]?[0]
        #expect(choice?["finish_reason"] == "tool_calls")
        let first = choice?["message"]?["tool_calls"]
        #expect(first?[0]?["function"]?["name"] == "weather" && first?[1] == nil)
    }

    @Test("a required call is begun for the model: up to its name, or to its arguments where only one may be called")
    func required() async throws {
        let opening = "<beginning_of_sentence>ai name=assistant\n<function_call>```typescript\nfunctions."
        let any = try await ask(#"time({"zone": "CET"})"# + "\n```", #""tool_choice":"required""#)
        #expect(any.prompt.hasSuffix(opening))
        let named = try await ask(
            #""zone": "CET"})"# + "\n```", #""tool_choice":{"type":"function","function":{"name":"time"}}"#)
        #expect(named.prompt.hasSuffix(opening + "time({"))
        for asked in [any, named] {
            let choice = asked.answer.json["choices"]?[0], message = choice?["message"]
            #expect(message?["content"] == .null && choice?["finish_reason"] == "tool_calls")
            let calls = message?["tool_calls"]
            #expect(calls == [call("time", #"{"zone": "CET"}"#, calls?[0]?["id"])], "\(asked.answer.body)")
        }
        let one = #""tools":[{"type":"function","function":{"name":"only"}}]"#
        let only = try await ask("})", #""tool_choice":"required""#, tools: one)
        #expect(only.prompt.hasSuffix(opening + "only({"))
        #expect(only.answer.json["choices"]?[0]?["message"]?["tool_calls"]?[0]?["function"]?["name"] == "only")
    }

    @Test(
        "names of tools have letters, digits and joints: they stand in the prompt without quotes",
        arguments: ["x<end_of_sentence>", "get weather", #"a\"b"#, "f({})", String(repeating: "x", count: 257)])
    func names(name: String) async throws {
        let answer = try await ask("", tools: #""tools":[{"type":"function","function":{"name":"\#(name)"}}]"#).answer
        #expect(answer.status == 400 && answer.error["param"] == "tools[0].function.name", "\(answer.body)")
    }

    @Test("stop strings are looked for in the text, before and behind a call, and not in it")
    func stops() async throws {
        let inside = try await ask(Self.answer, #""stop":["Zürich"]"#).answer.json["choices"]?[0]
        #expect(inside?["finish_reason"] == "tool_calls")
        let before = try await ask(Self.answer, #""stop":["look"]"#).answer.json["choices"]?[0]
        #expect(before?["message"]?["content"] == "I " && before?["finish_reason"] == "stop")
        #expect(before?["message"]?["tool_calls"] == nil)
        // What might become a stop string and is interrupted by a call is text.
        let halved = try await ask(Self.answer, #""stop":["look.I"]"#).answer.json["choices"]?[0]
        #expect(halved?["message"]?["content"] == "I look." && halved?["finish_reason"] == "tool_calls")
    }

    @Test("every token has its log-probability once, those of calls too")
    func logprobs() async throws {
        let tokens = demoTokenizer.encode(Self.answer)
        let whole = try await ask(Self.answer, #""logprobs":true"#).answer.json["choices"]?[0]?["logprobs"]?["content"]
        guard case .array(let content)? = whole else {
            Issue.record("no log-probabilities")
            return
        }
        #expect(content.count == tokens.count)
        let chunks = try await ask(Self.answer, #""logprobs":true"#, stream: true).answer.chunks
        let streamed = chunks.flatMap { chunk -> [JSONValue] in
            guard case .array(let some)? = chunk["choices"]?[0]?["logprobs"]?["content"] else { return [] }
            return some
        }
        #expect(streamed == content)
    }

    @Test("the next turn, with the call and its result, has the prompt that the model wrote itself")
    func nextTurn() async throws {
        let first = try await ask("<function_call>```typescript\nfunctions.time({\"zone\": 1})\n```")
        guard case .object(let message)? = first.answer.json["choices"]?[0]?["message"],
            let id = JSONValue.object(message)["tool_calls"]?[0]?["id"]
        else {
            Issue.record("no message: \(first.answer.body)")
            return
        }
        let result: JSONValue = ["role": "tool", "tool_call_id": id, "content": "12"]
        let messages: JSONValue = [["role": "user", "content": "hi"], .object(message), result]
        let second = try await ask("It is noon.", question: #""messages":\#(messages.text())"#)
        #expect(second.answer.status == 200, "\(second.answer.body)")
        let written =
            "ai name=assistant\n<function_call>```typescript\nfunctions.time({\"zone\": 1})\n```<end_of_sentence>"
        #expect(second.prompt.contains(written))
        #expect(second.prompt.contains(#"{"name": "time", "response": 12}"#))
    }

    @Test("an answer can be begun by the client, and a prompt can end behind the messages")
    func endings() async throws {
        let messages = #""messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"Well,"}]"#
        let continued = try await ask(" yes", #""continue_final_message":true"#, question: messages, tools: "")
        #expect(continued.prompt.hasSuffix("<beginning_of_sentence>ai name=assistant\nWell,"))
        #expect(continued.answer.json["choices"]?[0]?["message"]?["content"] == " yes")
        let ended = try await ask("x", #""add_generation_prompt":false"#, question: messages, tools: "")
        #expect(ended.prompt.hasSuffix("ai name=assistant\nWell,<end_of_sentence>\n"))
    }
}
