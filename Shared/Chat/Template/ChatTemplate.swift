internal import JSON
package import Tokenizer

/// The prompt format of MiniMax-Text-01.
///
/// - Source: the `chat_template` in the tokenizer_config.json of MiniMaxAI/MiniMax-Text-01, from which ours differs in
///   three points: it drops the role "tool", which we read as "function"; it takes content as a list of parts only; and
///   it drops an assistant's calls, which we write as the function call guide of MiniMaxAI/MiniMax-VL-01 shows that the
///   model writes them.
package struct ChatTemplate: PromptTemplate {
    /// The token that begins each message.
    package static let begin = "<beginning_of_sentence>"

    private static let calls = AnswerSyntax.Calls.functionCall(begin: .init("<function_call>"), acceptsBareFence: false)
    private static let answerBegin: PromptText = "<beginning_of_sentence>ai name=assistant\n"

    /// What ends an answer of the assistant, and every other message.
    package static let answerEnd: PromptText = "<end_of_sentence>\n"

    /// Where the tools stand in a prompt.
    package enum ToolPlace: Sendable {
        /// Behind all messages, as the model was trained.
        case behindMessages
        /// Behind the system messages that the conversation begins with. A later turn, which has more messages, then
        /// begins with the same text, tools included.
        case behindSystem
    }
    /// Where tools stand.
    package let toolPlace: ToolPlace

    /// - Parameter toolPlace: the model was trained with tools behind all messages only.
    package init(toolPlace: ToolPlace = .behindMessages) { self.toolPlace = toolPlace }

    /// The prompt of `messages`; messages of an unknown role render nothing, as in the original.
    ///
    /// Its two borders are where a later prompt may part from it: behind the part that many conversations have in
    /// common (the system messages at the beginning, and the tools that stand behind them), and behind all messages,
    /// where the next turn adds its own. The two may be the same place.
    ///
    /// Where the prompt goes on inside the last message, tools stand before that message.
    package func render(_ conversation: Conversation, ending: PromptEnding = .answer) -> PromptText {
        var prompt = PromptText()
        let messages = conversation.messages, instructions = messages.prefix { $0.role == "system" }
        for message in instructions { prompt += render(message) }
        if toolPlace == .behindSystem { append(conversation.tools, to: &prompt) }
        prompt.markBorder()
        let open = ending == .insideLastMessage ? messages.suffix(1).filter { $0.role == "assistant" } : []
        for message in messages.dropFirst(instructions.count).dropLast(open.count) { prompt += render(message) }
        prompt.markBorder()
        if toolPlace == .behindMessages { append(conversation.tools, to: &prompt) }
        switch ending {
        case .answer: return prompt + Self.answerBegin
        case .messages: return prompt
        case .insideLastMessage: return open.reduce(prompt + Self.answerBegin) { $0 + content(ofAnswer: $1) }
        }
    }

    private func append(_ tools: [ToolDefinition], to prompt: inout PromptText) {
        for tool in tools { prompt += block("system function_setting=functions", "\(tool.text)") }
    }

    private func content(ofAnswer message: ChatMessage) -> PromptText {
        "\(message.content)" + Self.calls.written(message.calls)
    }

    private func render(_ message: ChatMessage) -> PromptText {
        switch message.role {
        case "system": return block("system ai_setting=assistant", "\(message.content)")
        case "user": return block("user name=user", "\(message.content)")
        case "assistant": return block("ai name=assistant", content(ofAnswer: message))
        case "function", "tool":
            // The response is JSON already, so it goes in without quotes.
            let name = JSONValue.string(message.name ?? "").text()
            return block("system function_response=functions", #"{"name": \#(name), "response": \#(message.content)}"#)
        default: return PromptText()
        }
    }

    private func block(_ head: PromptText, _ body: PromptText) -> PromptText {
        "<beginning_of_sentence>\(head)\n\(body)<end_of_sentence>\n"
    }
}

extension ChatTemplate {
    /// That of MiniMax-Text-01; with reasoning, where the tokenizer has tokens for it.
    package func syntax(_ tokenizer: BytePairTokenizer) -> AnswerSyntax {
        AnswerSyntax(tokenizer: tokenizer, template: nil)
    }

    /// Never fails, and does not depend on circumstances.
    package func render(
        _ conversation: Conversation, ending: PromptEnding, _: PromptCircumstances
    ) -> PromptText { render(conversation, ending: ending) }
}
