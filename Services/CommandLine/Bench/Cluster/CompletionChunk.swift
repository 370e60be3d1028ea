internal import JSON

/// What one event of a stream of completions says.
struct CompletionChunk: Sendable, Equatable {
    /// Whether it brings text, which with an answer of printable tokens is one token.
    var isToken = false
    var finishReason: String?
    /// Tokens of the whole answer, as the server counted them.
    var completionTokens: Int?
    /// Why the answer ends here.
    var failure: String?
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
        isToken = choices.first?["text"]?.string?.isEmpty == false
        finishReason = choices.first?["finish_reason"]?.string
        completionTokens = json["usage"]?["completion_tokens"]?.integer
    }
}

extension JSONValue {
    fileprivate var string: String? { if case .string(let text) = self { text } else { nil } }
}
