internal import JSON

/// What one event of a stream of completions says.
struct CompletionChunk: Sendable, Equatable {
    /// New text. Where an answer consists of printable tokens, it is one token or none.
    var text = ""
    var finishReason: String?
    /// How many tokens the whole answer has, as the server counted them.
    var completionTokens: Int?
    /// How many tokens of the prompt need not be computed, where the server tells.
    var cachedTokens: Int?
    /// Why the answer ends here.
    var failure: String?

    var isToken: Bool { !text.isEmpty }
}

extension CompletionChunk {
    /// - Parameter data: of a server-sent event that is not `[DONE]`.
    /// - Returns: nil when that is no completion.
    init?(_ data: String) {
        guard let json = try? JSONReader.read(Array(data.utf8)), case .object = json else { return nil }
        if let error = json["error"] {
            guard let message = error["message"]?.string else { return nil }
            failure = message
            return
        }
        guard case .array(let choices) = json["choices"] else { return nil }
        text = choices.first?["text"]?.string ?? ""
        finishReason = choices.first?["finish_reason"]?.string
        completionTokens = json["usage"]?["completion_tokens"]?.integer
        cachedTokens = json["usage"]?["prompt_tokens_details"]?["cached_tokens"]?.integer
    }
}

extension JSONValue {
    fileprivate var string: String? { if case .string(let text) = self { text } else { nil } }
}
