internal import Chat
internal import JSON

/// `/v1/messages`, as Anthropic answers it.
struct MessagesFormat: AnswerFormat {
    let idPrefix = "msg_"

    func whole(_ choices: [Answer.Choice], of answer: Answer, usage: Usage) -> JSONValue {
        let choice = choices[0]
        var content: [JSONValue] = [], calls = 0
        for part in choice.parts {
            switch part.kind {
            case .text: content.append(["type": "text", "text": .string(part.text)])
            case .reasoning:
                content.append(["type": "thinking", "thinking": .string(part.text), "signature": ""])
            case .call(let name):
                content.append(Self.call(answer, calls, name, input: ToolInput.whole(part.text)))
                calls += 1
            }
        }
        let end = MessagesEnd(choice.finish, stop: choice.stop, hasCalls: calls > 0, answer.job, usage)
        return Self.message(answer, content: content, end: end, usage: usage)
    }

    /// - Parameter end: nil while the answer goes on.
    static func message(_ answer: Answer, content: [JSONValue], end: MessagesEnd?, usage: Usage) -> JSONValue {
        [
            "id": .string(answer.id), "type": "message", "role": "assistant", "model": .string(answer.model.id),
            "content": .array(content), "stop_reason": .text(end?.reason), "stop_sequence": .text(end?.stop),
            "usage": json(usage),
        ]
    }

    /// A call of a tool; its id is another for each call of each answer.
    static func call(_ answer: Answer, _ index: Int, _ name: String, input: JSONValue) -> JSONValue {
        [
            "type": "tool_use", "id": .string("toolu_\(answer.code)_\(index)"), "name": .string(name), "input": input,
        ]
    }

    /// Anthropic counts the tokens of a prompt that were reused apart from the others. What this server keeps costs
    /// nothing to keep, so none count as written.
    static func json(_ usage: Usage) -> JSONValue {
        [
            "input_tokens": .int(usage.prompt - usage.cached), "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": .int(usage.cached), "output_tokens": .int(usage.completion),
            "output_tokens_details": ["thinking_tokens": .int(usage.reasoning)],
        ]
    }

    func stream(of answer: Answer) -> any AnswerStream { MessagesStream(answer) }
}

/// Why a message ended.
struct MessagesEnd: Equatable {
    let reason: String
    /// The stop sequence that ended it.
    let stop: String?

    init(_ finish: FinishReason?, stop: String?, hasCalls: Bool, _ job: Job, _ usage: Usage) {
        self.stop = stop
        switch finish {
        case .length:
            let isCut = usage.completion < job.tokensRequested ?? .max
            reason = isCut ? "model_context_window_exceeded" : "max_tokens"
        case .stop, nil: reason = stop != nil ? "stop_sequence" : hasCalls ? "tool_use" : "end_turn"
        }
    }
}
