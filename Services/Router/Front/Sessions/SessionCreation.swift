internal import Chat
internal import JSON
internal import Records
internal import Tensors
internal import Tokenizer

/// Reads the body of `POST /v1/sessions`.
struct SessionCreation: Sendable {
    let turns: [Session.Turn]
    let metadata: [String: String]
    let priority: Priority
    let prefix: PrefixFields

    var tokens: [Int32] { turns.flatMap(\.tokens) }

    /// - Parameters:
    ///   - config: tells how messages are rendered, and whether control tokens that they spell are control tokens; else
    ///     they are text.
    ///   - cancellation: ends the work early.
    init(
        _ fields: RequestFields, model: ServedModel, _ tokenizer: BytePairTokenizer, _ config: FrontConfig,
        _ cancellation: CancellationFlag
    ) throws {
        for parameter in UnsupportedParameter.ofSessions { try parameter.check(fields, of: .chat) }
        metadata = try SessionMetadata.read(fields)
        priority = try fields.priority()
        prefix = try PrefixFields(fields)
        let name = fields.value("messages") == nil ? "prompt" : "messages"
        func encode(_ text: PromptText) throws -> [Int32] { try tokenizer.encoded(text, name, cancellation).ids }
        /// Refuses a text that cannot fit whatever its tokens are, before the work of finding them.
        func check(bytes: Int) throws(APIError) {
            try Self.check(tokenizer.tokenCountMin(bytes: bytes), name, model, isLeast: true)
        }
        switch (fields.value("messages"), fields.value("prompt")) {
        case (nil, nil): turns = []
        case (_?, nil):
            let conversation = Conversation(messages: try ChatMessages.read(fields))
            let template = try config.templateOfSessions("messages")
            try check(bytes: template.render(conversation, ending: .messages).byteCount)
            var addition = SessionAddition(id: "")
            try addition.addChat(conversation) { try encode(config.trustsSpecialTokens ? $0.trusted : $0) }
            turns = addition.turns
        case (nil, .string(let text)?):
            try check(bytes: text.utf8.count)
            turns = [Session.Turn(role: "prompt", tokens: try encode(PromptText(template: text)))]
        case (nil, .array?):
            let tokens = try fields.tokenIDs("prompt", vocabularySize: model.vocabularySize)
            turns = [Session.Turn(role: "prompt", tokens: tokens)]
        case (nil, let other?): throw APIError.wrongType("prompt", expected: "a string or token ids", found: other)
        case (_?, _?):
            throw APIError.invalid("prompt", "'messages' and 'prompt' are both given; a session begins with one.")
        }
        try Self.check(tokens.count, name, model, isLeast: false)
    }

    /// There has to be room for one token of an answer.
    private static func check(_ tokens: Int, _ name: String, _ model: ServedModel, isLeast: Bool) throws(APIError) {
        guard tokens >= model.contextLength else { return }
        throw .contextExceeded(name, contextLength: model.contextLength, prompt: tokens, answer: 1, isLeast: isLeast)
    }
}
