internal import JSON
internal import Tensors
internal import Tokenizer

/// `bad_words`: what an answer must not say, as a request brings it.
enum BadWordStrings {
    static let countMax = 256
    /// Of each, in Unicode scalars.
    static let lengthMax = 256
    private static let name = "bad_words"

    static func read(_ fields: RequestFields) throws(APIError) -> [String] {
        guard let value = fields.value(name) else { return [] }
        guard case .array(let elements) = value else {
            throw .wrongType(name, expected: "an array of strings", found: value)
        }
        return try StopStrings.list(elements, named: name, countMax: countMax, lengthMax: lengthMax)
    }

    /// The token ids of each word as a text begins with it, and as it stands behind a blank. (vLLM leaves the second
    /// out where it has another number of tokens, and so misses words that are one token behind a blank and several at
    /// the beginning.) A word may spell a special token, which is then what is forbidden.
    static func sequences(
        of words: [String], by tokenizer: BytePairTokenizer, _ cancellation: CancellationFlag
    ) throws -> [[Int32]] {
        try words.flatMap { word in
            let bare = String(word.drop { $0.isWhitespace })
            guard !bare.isEmpty else { return [try ids(word, tokenizer, cancellation)] }
            return try [bare, " " + bare].map { try ids($0, tokenizer, cancellation) }
        }
    }

    private static func ids(
        _ text: String, _ tokenizer: BytePairTokenizer, _ cancellation: CancellationFlag
    ) throws -> [Int32] {
        try tokenizer.encoded(PromptText(template: text), name, cancellation).ids
    }
}
