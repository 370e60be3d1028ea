internal import Tokenizer

extension BytePairTokenizer {
    /// The ids of a request's prompt. Throws `APIError` for a text that cannot be encoded, `CancellationError` if nobody waits.
    ///
    /// - Parameter name: what the client calls its prompt.
    func ids(of prompt: PromptText, _ name: String) throws -> [Int32] {
        do {
            return try encode(prompt)
        } catch {
            switch error {
            case .cancelled: throw CancellationError()
            case .tooMuchWork:
                throw APIError.invalid(
                    name, "Invalid '\(name)': the patterns of this model's tokenizer take too long on this text.", code: "text_not_encodable")
            }
        }
    }
}
