internal import JSON
internal import Tensors
internal import Tokenizer

/// `bad_words`: what an answer must not say, as a request brings it and as vLLM understands it.
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

    /// The token ids of each word as a text begins with it, and of those that another token begins behind a blank, also
    /// as it stands there. A word may spell a special token, which is then what is forbidden.
    static func sequences(
        of words: [String], by tokenizer: BytePairTokenizer, _ cancellation: CancellationFlag
    ) throws -> [[Int32]] {
        try words.flatMap { word in
            let bare = String(word.drop { $0.isWhitespace })
            let forms = try [bare, " " + bare].map {
                try tokenizer.encoded(PromptText(template: $0), name, cancellation).ids
            }
            let isAnother = forms[0].first != forms[1].first && forms[0].count == forms[1].count
            return (isAnother ? forms : [forms[0]]).filter { !$0.isEmpty }
        }
    }
}
