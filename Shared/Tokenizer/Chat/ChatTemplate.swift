/// One message of a conversation, its content already joined to one text.
package struct ChatMessage: Sendable, Equatable {
    /// "system", "user", "assistant", "function" or "tool".
    package var role: String
    package var content: String
    /// For function results: the function's name.
    package var name: String?

    package init(role: String, content: String, name: String? = nil) {
        self.role = role
        self.content = content
        self.name = name
    }
}

/// The prompt format of MiniMax-Text-01.
///
/// - Source: the `chat_template` in the tokenizer_config.json of MiniMaxAI/MiniMax-Text-01, which differs from ours in two points:
///   it drops the role "tool", which we read as "function", and it takes content as a list of parts only.
package struct ChatTemplate: Sendable {
    package static let begin = "<beginning_of_sentence>"
    private static let end = "<end_of_sentence>\n"

    package init() {}

    /// The prompt of `messages`; messages of an unknown role render nothing, as in the original.
    ///
    /// - Parameters:
    ///   - tools: each the JSON text of one tool, inserted as it is; they stand behind all messages.
    ///   - addingGenerationPrompt: whether the prompt ends where the assistant's answer begins.
    package func render(_ messages: [ChatMessage], tools: [String] = [], addingGenerationPrompt: Bool = true) -> String {
        var prompt = ""
        for message in messages {
            switch message.role {
            case "system": prompt += block("system ai_setting=assistant", message.content)
            case "user": prompt += block("user name=user", message.content)
            case "assistant": prompt += block("ai name=assistant", message.content)
            case "function", "tool":
                // The response is JSON already, so it goes in without quotes.
                prompt += block("system function_response=functions", #"{"name": "\#(message.name ?? "")", "response": \#(message.content)}"#)
            default: break
            }
        }
        for tool in tools { prompt += block("system function_setting=functions", tool) }
        return addingGenerationPrompt ? prompt + "\(Self.begin)ai name=assistant\n" : prompt
    }

    private func block(_ head: String, _ body: String) -> String { "\(Self.begin)\(head)\n\(body)\(Self.end)" }
}
