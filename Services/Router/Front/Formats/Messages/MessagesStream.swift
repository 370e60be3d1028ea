internal import Chat
internal import JSON

/// Streams `/v1/messages` as Anthropic does: the message's beginning, each block of its content with a beginning,
/// pieces and an end, and how the message ended.
struct MessagesStream: AnswerStream {
    private enum Block: Equatable { case text, thinking, call }
    private let answer: Answer
    private var hasBegun = false
    /// The block that goes on.
    private var block: Block?
    /// How many blocks have begun.
    private var blocks = 0
    private var calls = 0
    private var input = ToolInput()
    private var finish: FinishReason?
    private var stop: String?

    init(_ answer: Answer) { self.answer = answer }

    /// Whoever sees a connection that is silent for long gives up.
    var keepAlive: String { Self.event("ping", []) }

    mutating func text(for delta: ChoiceDelta) -> String {
        var text = begin(cached: delta.cached)
        for piece in delta.pieces { text += self.text(for: piece) }
        guard let finish = delta.finish else { return text }
        (self.finish, stop) = (finish, delta.stop)
        return text + endBlock()
    }

    private mutating func text(for piece: AnswerPiece) -> String {
        switch piece {
        case .text(let text):
            return begin(.text, ["type": "text", "text": ""]) + delta(["type": "text_delta", "text": .string(text)])
        case .reasoning(let text):
            return begin(.thinking, ["type": "thinking", "thinking": "", "signature": ""])
                + delta(["type": "thinking_delta", "thinking": .string(text)])
        case .callBegins(let name):
            let before = endBlock()
            input = ToolInput()
            calls += 1
            return before + begin(.call, MessagesFormat.call(answer, calls - 1, name, input: [:]))
        case .callArguments(let text): return block == .call ? inputDelta(input.append(text)) : ""
        case .callEnds: return block == .call ? endBlock() : ""
        }
    }

    /// How many tokens of the prompt were reused is known with the first of the answer.
    private mutating func begin(cached: Int) -> String {
        guard !hasBegun else { return "" }
        hasBegun = true
        let usage = Usage(prompt: answer.job.promptTokens, cached: cached)
        let message = MessagesFormat.message(answer, content: [], end: nil, usage: usage)
        return Self.event("message_start", [JSONValue.Member(name: "message", value: message)])
    }

    /// Nothing where such a block goes on.
    private mutating func begin(_ kind: Block, _ json: JSONValue) -> String {
        guard block != kind else { return "" }
        let end = endBlock()
        block = kind
        blocks += 1
        return end + indexed("content_block_start", [JSONValue.Member(name: "content_block", value: json)])
    }

    private mutating func endBlock() -> String {
        guard let block else { return "" }
        let rest = block == .call ? inputDelta(input.end()) : ""
        self.block = nil
        return rest + indexed("content_block_stop", [])
    }

    private func inputDelta(_ text: String) -> String {
        text.isEmpty ? "" : delta(["type": "input_json_delta", "partial_json": .string(text)])
    }

    private func delta(_ json: JSONValue) -> String {
        indexed("content_block_delta", [JSONValue.Member(name: "delta", value: json)])
    }

    /// An event of the block that began last.
    private func indexed(_ name: String, _ members: [JSONValue.Member]) -> String {
        Self.event(name, [JSONValue.Member(name: "index", value: .int(blocks - 1))] + members)
    }

    private static func event(_ name: String, _ members: [JSONValue.Member]) -> String {
        ServerSentEvents.event(name, JSONValue(["type": .string(name)], and: members))
    }

    mutating func end(usage: Usage) -> String {
        let end = MessagesEnd(finish, stop: stop, hasCalls: calls > 0, answer.job, usage)
        let delta: JSONValue = ["stop_reason": .string(end.reason), "stop_sequence": .text(end.stop)]
        return begin(cached: usage.cached)
            + Self.event(
                "message_delta",
                [
                    JSONValue.Member(name: "delta", value: delta),
                    JSONValue.Member(name: "usage", value: MessagesFormat.json(usage)),
                ])
            + Self.event("message_stop", [])
    }

    mutating func failure(_ error: APIError) -> String { ServerSentEvents.event("error", error.messagesJSON()) }
}
