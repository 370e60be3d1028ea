import JSON

/// How an answer is asked for. The tokens of an answer are a function of its prompt and this.
struct StoryQuestion: Sendable, Hashable {
    var tokensMax: Int
    var seed: Int

    /// The members that a request's body has for it.
    func members(chat: Bool) -> [JSONValue.Member] {
        [
            .init("max_tokens", .int(tokensMax)), .init("seed", .int(seed)), .init("temperature", .number("0.8")),
            .init("logprobs", chat ? .bool(true) : .int(0)), .init("return_token_ids", true),
        ]
    }
}
