internal import Chat
internal import Records
internal import Tensors
internal import Tokenizer

/// What the model is given by a request that continues a session.
struct SessionPrompt: Sendable, Equatable {
    let ids: [Int32]
    /// After how many of its tokens later requests are likely to go on from it, in ascending order.
    let keepAt: [Int]
}

/// What a request adds to the session that it names, in token ids.
///
/// Messages are encoded one by one. Each begins and ends with control tokens, across which nothing is merged, so the
/// ids are those that all messages rendered at once would have.
struct SessionAddition: Sendable, Equatable {
    /// As the client gave it.
    let id: String
    /// The new messages, or the new text.
    var turns: [Session.Turn] = []
    /// What the model reads this time only: the tools.
    var tools: [Int32] = []
    /// Where it reads them.
    var toolPlace = ChatTemplate.ToolPlace.behindMessages
    /// What the template writes before and behind an answer; belongs to it.
    var opening: [Int32] = []
    var closing: [Int32] = []
    /// Whose turn the answer is.
    var answerRole = "completion"

    /// The whole prompt, and where in it later requests are likely to go on.
    ///
    /// - Parameter session: the turns of the session.
    func prompt(after session: [Session.Turn]) -> SessionPrompt {
        let all = session + turns
        guard toolPlace == .behindSystem else {
            // The next request may bring other tools.
            let messages = all.flatMap(\.tokens)
            return SessionPrompt(ids: messages + tools + opening, keepAt: [messages.count].filter { $0 > 0 })
        }
        // A session that was made of a prompt has its instructions in there.
        let instructions = all.prefix { ["system", "prompt"].contains($0.role) }
        let common = instructions.flatMap(\.tokens) + tools
        let messages = common + all.dropFirst(instructions.count).flatMap(\.tokens)
        let isCommonKept =
            !tools.isEmpty && common.count >= KeepPolicy.commonLengthMin && common.count < messages.count
        let keepAt = (isCommonKept ? [common.count] : []) + [messages.count]
        return SessionPrompt(ids: messages + opening, keepAt: keepAt.filter { $0 > 0 })
    }

    /// What the session has more once the answer is there. The answer's tokens are the model's own: its text might be
    /// encoded otherwise.
    func turns(answeredBy answer: [Int32]) -> [Session.Turn] {
        turns + [Session.Turn(role: answerRole, tokens: opening + answer + closing)]
    }
}

extension SessionAddition {
    /// Messages of a chat, and the beginning of the answer to them.
    ///
    /// - Parameters:
    ///   - answer: what the answer has to begin with.
    ///   - encode: the ids of a part of the prompt.
    mutating func addChat(
        _ conversation: Conversation, opening answer: PromptText = PromptText(), encode: (PromptText) throws -> [Int32]
    ) rethrows {
        let template = ChatTemplate()
        turns = try conversation.messages.map { message in
            let text = template.render(Conversation(messages: [message]), ending: .messages)
            return Session.Turn(role: message.role, tokens: try encode(text))
        }
        tools = try encode(template.render(Conversation(tools: conversation.tools), ending: .messages))
        opening = try encode(template.render(Conversation(), ending: .answer) + answer)
        closing = try encode(ChatTemplate.answerEnd)
        answerRole = "assistant"
    }
}
