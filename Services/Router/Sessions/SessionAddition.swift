internal import Records
internal import Tensors
internal import Tokenizer

/// What a request adds to the session that it names, in token ids.
///
/// Messages are encoded one by one. Each begins and ends with control tokens, across which nothing is merged, so the
/// ids are those that all messages rendered at once would have.
struct SessionAddition: Sendable, Equatable {
    /// As the client gave it.
    let id: String
    /// The new messages, or the new text.
    var turns: [Session.Turn] = []
    /// What the model reads behind them this time only: the tools, which stand behind all messages.
    var tools: [Int32] = []
    /// What the template writes before and behind an answer; belongs to it.
    var opening: [Int32] = []
    var closing: [Int32] = []
    /// Whose turn the answer is.
    var answerRole = "completion"

    /// The whole prompt.
    ///
    /// - Parameter tokens: of the session.
    func prompt(after tokens: [Int32]) -> [Int32] { tokens + turns.flatMap(\.tokens) + tools + opening }

    /// What the session has more once the answer is there. The answer's tokens are the model's own: its text might be
    /// encoded otherwise.
    func turns(answeredBy answer: [Int32]) -> [Session.Turn] {
        turns + [Session.Turn(role: answerRole, tokens: opening + answer + closing)]
    }
}

extension SessionAddition {
    /// Messages of a chat, and the beginning of the answer to them.
    ///
    /// - Parameter encode: the ids of a part of the prompt.
    mutating func addChat(
        _ messages: [ChatMessage], tools: [String], encode: (PromptText) throws -> [Int32]
    ) rethrows {
        let template = ChatTemplate()
        turns = try messages.map { message in
            Session.Turn(
                role: message.role, tokens: try encode(template.render([message], addingGenerationPrompt: false)))
        }
        self.tools = try encode(template.render([], tools: tools, addingGenerationPrompt: false))
        opening = try encode(template.render([], addingGenerationPrompt: true))
        closing = try encode(ChatTemplate.answerEnd)
        answerRole = "assistant"
    }
}
