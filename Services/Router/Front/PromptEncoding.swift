internal import Tensors
internal import Tokenizer

extension BytePairTokenizer {
    /// A request's prompt in token ids. Throws `APIError` for a text that cannot be encoded, `CancellationError` if
    /// nobody waits.
    ///
    /// - Parameters:
    ///   - name: what the client calls its prompt.
    ///   - cancellation: ends the work early.
    func encoded(_ prompt: PromptText, _ name: String, _ cancellation: CancellationFlag) throws -> EncodedPrompt {
        do {
            return try encodeWithBorders(prompt, isCancelled: { cancellation.isSet })
        } catch {
            switch error {
            case .cancelled: throw CancellationError()
            case .tooMuchWork:
                throw APIError.invalid(
                    name, "Invalid '\(name)': the patterns of this model's tokenizer take too long on this text.",
                    code: "text_not_encodable")
            }
        }
    }
}
