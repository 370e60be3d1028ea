internal import Chat
internal import JSON
internal import Tensors
internal import Tokenizer

/// Reads the body of `POST /tokenize`, which vLLM has as well: a text, or a chat as the model would read it.
struct Tokenization {
    let ids: [Int32]
    /// Whether the answer also spells the tokens.
    let returnsSpellings: Bool

    /// - Parameter prompts: makes the prompt of a chat.
    init(_ fields: RequestFields, _ prompts: ConversationPrompts) throws {
        returnsSpellings = try fields.bool("return_token_strs", default: false)
        // This model's tokenizer puts no tokens around a text, so either value is what happens anyway.
        _ = try fields.bool("add_special_tokens", default: false)
        let isChat = fields.value("messages") != nil
        for parameter in UnsupportedParameter.ofTokenizing {
            try parameter.check(fields, of: isChat ? .chat : .completion)
        }
        switch (isChat, fields.value("prompt")) {
        case (true, nil):
            ids = try prompts.encoded(try Self.turn(fields)).ids
        case (true, _?):
            throw APIError.invalid("prompt", "'messages' and 'prompt' are both given; send one of them.")
        case (false, let value):
            guard let value else { throw APIError.missing("prompt") }
            guard case .string(let text) = value else {
                throw APIError.wrongType("prompt", expected: "a string", found: value)
            }
            // What only a chat has changes nothing, but a wrong one is a mistake all the same.
            _ = (try ChatTools.read(fields), try ChatTools.choice(fields), try ChatRequest.templateArguments(fields))
            _ = try ChatRequest.ending(fields, [])
            ids = try prompts.tokenizer.encoded(PromptText(template: text), "prompt", prompts.cancellation).ids
        }
    }

    private static func turn(_ fields: RequestFields) throws(APIError) -> ChatTurn {
        let conversation = Conversation(messages: try ChatMessages.read(fields), tools: try ChatTools.read(fields))
        return ChatTurn(
            conversation: conversation, ending: try ChatRequest.ending(fields, conversation.messages),
            choice: try ChatTools.choice(fields),
            arguments: try ChatRequest.templateArguments(fields))
    }

    /// The answer as JSON text. It may have millions of tokens, so no tree of values is made of it.
    func answer(_ tokenizer: BytePairTokenizer, lengthMax: Int) -> String {
        var text = "{\"count\":\(ids.count),\"max_model_len\":\(lengthMax),\"tokens\":["
        for (index, id) in ids.enumerated() { text += index == 0 ? "\(id)" : ",\(id)" }
        guard returnsSpellings else { return text + "],\"token_strs\":null}" }
        text += "],\"token_strs\":["
        for (index, id) in ids.enumerated() {
            text += (index == 0 ? "" : ",") + JSONValue.string(tokenizer.spelling(of: id) ?? "").text()
        }
        return text + "]}"
    }
}
