/// What an answer to a chat says of its tokens.
struct TokenUsage: Sendable, Equatable {
    /// Tokens of the prompt.
    var prompt: Int
    /// Those of them that need not be computed: `prompt_tokens_details.cached_tokens`.
    var cached: Int
    /// Tokens of the answer.
    var completion: Int
}

/// An answer to a chat.
struct ChatReply: Sendable, Equatable {
    /// From the request to its first token.
    var seconds: Double
    var text: String
    var usage: TokenUsage
}
