/// What a template writes at the end of a prompt, behind where another message would part from it: with that, the place
/// is known without rendering the conversation once more. Found by rendering small conversations; a template that ends
/// them in different ways, such as one that looks back at the messages, has none.
struct PromptEndings: Sendable, Equatable {
    /// Where an answer is to begin.
    private var answer: String?
    /// Where the prompt ends with the messages.
    private var messages: String?

    /// A message like no other.
    static let stranger = ChatMessage(role: "user", content: "\u{E000}")

    /// None.
    init() {}

    /// - Parameter render: renders a conversation, with the beginning of an answer or without; nil: that failed.
    init(tools: [ToolDefinition], _ render: (Conversation, Bool) -> String?) {
        answer = Self.ending(tools, adds: true, render)
        messages = Self.ending(tools, adds: false, render)
    }

    /// After how many bytes a prompt parts from that of the same conversation with another message; nil: not known.
    func border(of prompt: String, _ ending: PromptEnding) -> Int? {
        let known: String?
        switch ending {
        case .answer: known = answer
        case .messages: known = messages
        case .insideLastMessage: known = nil
        }
        guard let known, prompt.utf8.count >= known.utf8.count,
            prompt.utf8.suffix(known.utf8.count).elementsEqual(known.utf8)
        else { return nil }
        return prompt.utf8.count - known.utf8.count
    }

    private static func ending(
        _ tools: [ToolDefinition], adds: Bool, _ render: (Conversation, Bool) -> String?
    ) -> String? {
        let system = ChatMessage(role: "system", content: "Be kind."),
            question = ChatMessage(role: "user", content: "A")
        let answer = ChatMessage(role: "assistant", content: "B"), more = ChatMessage(role: "user", content: "C D")
        let conversations = [
            [question], [system, more], [question, answer, more], [system, question, answer, more, answer, question],
        ]
        var found: String?
        for messages in conversations {
            guard let prompt = render(Conversation(messages: messages, tools: tools), adds),
                let other = render(Conversation(messages: messages + [stranger], tools: tools), true)
            else { return nil }
            let ending = String(decoding: prompt.utf8.dropFirst(prompt.commonBytes(with: other)), as: UTF8.self)
            guard found == nil || found == ending else { return nil }
            found = ending
        }
        return found
    }
}

extension String {
    /// How many bytes it begins with that another one begins with, too.
    func commonBytes(with other: String) -> Int {
        var (count, others) = (0, other.utf8.makeIterator())
        for byte in utf8 {
            guard byte == others.next() else { break }
            count += 1
        }
        return count
    }
}
