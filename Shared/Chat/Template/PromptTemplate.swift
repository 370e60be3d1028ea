package import JSON
package import Tokenizer

/// Makes prompts of conversations.
package protocol PromptTemplate: Sendable {
    /// How the model that was trained on such prompts writes its answers.
    func syntax(_ tokenizer: BytePairTokenizer) -> AnswerSyntax

    /// The prompt of a conversation. Its borders are where later prompts may part from it: behind what many
    /// conversations have in common, and behind all messages.
    func render(
        _ conversation: Conversation, ending: PromptEnding, _ circumstances: PromptCircumstances
    ) throws(PromptTemplateError) -> PromptText
}

/// What a prompt may depend on besides its conversation.
package struct PromptCircumstances: Sendable {
    /// What the client gives the template by name (`chat_template_kwargs`).
    package var arguments: [JSONValue.Member]
    /// Seconds since 1970.
    package var now: Int
    /// Whether nobody wants the prompt any more.
    package var isCancelled: @Sendable () -> Bool

    /// - Parameters:
    ///   - arguments: variables of the template; none of them are messages or tools.
    ///   - now: seconds since 1970.
    ///   - isCancelled: asked again and again, to end long work early.
    package init(
        arguments: [JSONValue.Member] = [], now: Int = 0, isCancelled: @escaping @Sendable () -> Bool = { false }
    ) {
        self.arguments = arguments
        self.now = now
        self.isCancelled = isCancelled
    }
}

/// Why there is no prompt of a conversation.
package enum PromptTemplateError: Error, Equatable {
    /// The template does not take such a conversation; in words that are meant for the client.
    case refused(String)
    /// The template failed; in words for the client and the operator, with the template's name and the line.
    case failed(String)
    /// Nobody wants the prompt any more.
    case cancelled
}

/// Where a prompt ends, and so what the model goes on with.
package enum PromptEnding: Sendable, Equatable {
    /// Where the answer of the assistant begins.
    case answer
    /// Behind the last message.
    case messages
    /// Inside the last message, which is the assistant's and not over.
    case insideLastMessage
}
