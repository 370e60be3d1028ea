internal import Tensors
internal import Tokenizer

extension BytePairTokenizer {
    /// The ids of a request's prompt. Throws `APIError` for a text that cannot be encoded, `CancellationError` if
    /// nobody waits.
    ///
    /// - Parameters:
    ///   - name: what the client calls its prompt.
    ///   - cancellation: ends the work early.
    func ids(of prompt: PromptText, _ name: String, _ cancellation: CancellationFlag) throws -> [Int32] {
        do {
            return try encode(prompt, isCancelled: { cancellation.isSet })
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
