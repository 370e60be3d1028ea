package import Chat
internal import JSON
package import Tokenizer

extension ChatTemplate {
    /// The prompt of messages and of tools that are given as JSON texts.
    ///
    /// - Parameter addingGenerationPrompt: whether it ends where the answer begins, or behind the messages.
    package func render(
        _ messages: [ChatMessage], tools: [String] = [], addingGenerationPrompt: Bool = true
    ) -> PromptText {
        render(Conversation(messages, tools: tools), ending: addingGenerationPrompt ? .answer : .messages)
    }
}

extension Conversation {
    /// Messages, and tools that are given as JSON texts; another text is a tool that is a string.
    package init(_ messages: [ChatMessage], tools: [String] = []) {
        self.init(
            messages: messages,
            tools: tools.map { text in
                let function = (try? JSONReader.read(Array(text.utf8))) ?? .string(text)
                return ToolDefinition(name: "", function: function)
            })
    }
}
