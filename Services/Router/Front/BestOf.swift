/// `best_of`: more answers are generated than asked for, and the likeliest are the client's.
extension Job {
    /// How many answers to each prompt are generated.
    static func bestOf(_ fields: RequestFields, of kind: Kind, n: Int, stream: Bool) throws(APIError) -> Int {
        guard let bestOf = try fields.integer("best_of", in: 1 ... Int(Int32.max)), bestOf != n else { return n }
        guard kind == .completion else {
            throw .notSupported("best_of", "'best_of' is not supported for chats unless it equals 'n'.")
        }
        guard bestOf <= choicesPerPromptMax else {
            throw .outOfRange("best_of", .integer, .above, limit: "\(choicesPerPromptMax)", found: "\(bestOf)")
        }
        guard bestOf > n else {
            let message =
                """
                You requested that the server return more choices than it will generate (HINT: you must set 'n' \
                (currently \(n)) to be at most 'best_of' (currently \(bestOf)), or omit either parameter if you don't \
                specifically want to use them.)
                """
            throw .invalid("best_of", message, code: "integer_below_min_value")
        }
        guard !stream else {
            throw .invalid(
                "best_of", "Invalid 'best_of': results cannot be streamed where 'best_of' is greater than 'n'.",
                code: "invalid_value")
        }
        return bestOf
    }

    /// Whether answers are told apart by how likely they are.
    var ranksChoices: Bool { bestOf > choicesPerPrompt }

    /// Of the answers to each prompt those that the client gets: the ones whose tokens are the likeliest on average,
    /// the best first; of equally likely ones, those that were begun first.
    func best(of choices: [Answer.Choice]) -> [Answer.Choice] {
        guard ranksChoices else { return choices }
        return prompts.indices.flatMap { prompt in
            let candidates = choices[prompt * bestOf ..< (prompt + 1) * bestOf]
            let ranked = candidates.enumerated().sorted {
                ($1.element.meanLogprob, $0.offset) < ($0.element.meanLogprob, $1.offset)
            }
            return ranked.prefix(choicesPerPrompt).map(\.element)
        }
    }
}
