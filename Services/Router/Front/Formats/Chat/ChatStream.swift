internal import Chat
internal import JSON

/// Streams `/v1/chat/completions` as OpenAI does.
struct ChatStream: AnswerStream {
    private struct Progress {
        var isOpened = false
        var calls = 0
    }
    private static let object = "chat.completion.chunk"
    private let answer: Answer
    private var choices: [Progress]

    init(_ answer: Answer) {
        self.answer = answer
        choices = answer.job.choices.map { _ in Progress() }
    }

    mutating func text(for delta: ChoiceDelta) -> String {
        var text = ""
        if !choices[delta.index].isOpened {
            choices[delta.index].isOpened = true
            let opening = ChoiceDelta(index: delta.index, cached: delta.cached)
            text += chunk(opening, ["role": "assistant", "content": ""], more: answer.promptIDs(ofChoice: 0))
        }
        if delta.hasContent { text += content(delta) }
        if let finish = delta.finish {
            let reason = ChatFormat.reason(finish, hasCalls: choices[delta.index].calls > 0)
            text += chunk(delta, [:], finish: .string(reason))
        }
        return text
    }

    /// One chunk for each of its pieces; what belongs to the delta as a whole stands in the last.
    private mutating func content(_ delta: ChoiceDelta) -> String {
        var fields = delta.pieces.compactMap { field($0, choice: delta.index) }
        if fields.isEmpty {
            // That a call has ended is told by what follows.
            guard !delta.reports.isEmpty || !delta.ids.isEmpty else { return "" }
            fields = [["content": ""]]
        }
        let logprobs = answer.job.topLogprobs == nil ? .null : ChatLogprobs.json(delta.reports)
        let last = fields.removeLast()
        return fields.reduce("") { $0 + chunk(delta, $1, ids: answer.ids([])) }
            + chunk(delta, last, logprobs: logprobs, ids: answer.ids(delta.ids))
    }

    private mutating func field(_ piece: AnswerPiece, choice: Int) -> JSONValue? {
        switch piece {
        case .text(let text): return ["content": .string(text)]
        case .reasoning(let text): return ["reasoning_content": .string(text)]
        case .callBegins(let name):
            choices[choice].calls += 1
            let call = choices[choice].calls - 1
            return [
                "tool_calls": [
                    [
                        "index": .int(call), "id": .string(answer.callID(choice: choice, call: call)),
                        "type": "function", "function": ["name": .string(name), "arguments": ""],
                    ]
                ]
            ]
        case .callArguments(let text):
            let call = JSONValue.int(choices[choice].calls - 1)
            return ["tool_calls": [["index": call, "function": ["arguments": .string(text)]]]]
        case .callEnds: return nil
        }
    }

    /// - Parameters:
    ///   - more: members of the chunk.
    ///   - ids: members of the choice.
    private func chunk(
        _ delta: ChoiceDelta, _ fields: JSONValue, logprobs: JSONValue = .null, finish: JSONValue = .null,
        more: [JSONValue.Member] = [], ids: [JSONValue.Member] = []
    ) -> String {
        let choice = JSONValue(
            ["index": .int(delta.index), "delta": fields, "logprobs": logprobs, "finish_reason": finish], and: ids)
        return ServerSentEvents.event(
            answer.envelope(object: Self.object, choices: [choice], more: more + answer.usage(besides: delta)))
    }

    mutating func end(usage: Usage) -> String { answer.end(chunks: Self.object, usage: usage) }

    mutating func failure(_ error: APIError) -> String { ServerSentEvents.event(error.json) }
}
