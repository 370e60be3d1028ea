internal import Chat
internal import JSON

/// `/v1/chat/completions`, as OpenAI answers it; reasoning stands where vLLM puts it.
struct ChatFormat: AnswerFormat {
    let idPrefix = "chatcmpl-"

    func whole(_ choices: [Answer.Choice], of answer: Answer, usage: Usage) -> JSONValue {
        answer.envelope(
            object: "chat.completion",
            choices: choices.enumerated().map { index, choice in
                let calls = choice.calls
                return JSONValue(
                    [
                        "index": .int(index), "message": Self.message(choice, calls, index, answer),
                        "logprobs": answer.job.topLogprobs == nil ? .null : ChatLogprobs.json(choice.reports),
                        "finish_reason": .text(choice.finish.map { Self.reason($0, hasCalls: !calls.isEmpty) }),
                    ], and: answer.ids(choice.ids))
            },
            more: answer.promptIDs(ofChoice: 0) + answer.promptLogprobs(ofChoice: 0) + [
                JSONValue.Member(name: "usage", value: Answer.json(usage))
            ])
    }

    private static func message(
        _ choice: Answer.Choice, _ calls: [FunctionCall], _ index: Int, _ answer: Answer
    ) -> JSONValue {
        let (text, reasoning) = (choice.text, choice.reasoning)
        var more: [JSONValue.Member] = []
        if !reasoning.isEmpty { more.append(JSONValue.Member(name: "reasoning_content", value: .string(reasoning))) }
        if !calls.isEmpty {
            let json = calls.enumerated().map { call, function in
                Self.call(answer.callID(choice: index, call: call), function)
            }
            more.append(JSONValue.Member(name: "tool_calls", value: .array(json)))
        }
        let content = text.isEmpty && !calls.isEmpty ? JSONValue.null : .string(text)
        return JSONValue(["role": "assistant", "content": content, "refusal": .null], and: more)
    }

    private static func call(_ id: String, _ function: FunctionCall) -> JSONValue {
        [
            "id": .string(id), "type": "function",
            "function": ["name": .string(function.name), "arguments": .string(function.arguments)],
        ]
    }

    /// An answer whose last word is a call waits for its result.
    static func reason(_ reason: FinishReason, hasCalls: Bool) -> String {
        reason == .stop && hasCalls ? "tool_calls" : reason.rawValue
    }

    func stream(of answer: Answer) -> any AnswerStream { ChatStream(answer) }
}
