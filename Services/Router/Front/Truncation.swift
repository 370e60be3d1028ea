internal import JSON

extension Job {
    /// Which of a prompt's tokens are left where it is too long.
    struct Truncation: Sendable {
        enum Side: Sendable { case left, right }
        /// nil: as many as the context has room for.
        var tokensMax: Int?
        /// Where tokens are cut off.
        var side: Side
    }
}

extension Job.Truncation {
    /// vLLM's `truncate_prompt_tokens`, where -1 stands for what fits, and `truncation_side`.
    init?(_ fields: RequestFields) throws(APIError) {
        switch try fields.string("truncation_side") {
        case nil, "left": side = .left
        case "right": side = .right
        case let other?:
            let message = "Invalid 'truncation_side': expected 'left' or 'right', but got '\(other.echoed)' instead."
            throw .invalid("truncation_side", message, code: "invalid_value")
        }
        guard let count = try fields.integer("truncate_prompt_tokens", in: -1 ... Int(Int32.max)) else { return nil }
        guard count != 0 else {
            let message = "Invalid 'truncate_prompt_tokens': expected -1 or a value above 0, but got 0 instead."
            throw .invalid("truncate_prompt_tokens", message, code: "integer_below_min_value")
        }
        tokensMax = count == -1 ? nil : count
    }
}

extension Job.Prompt {
    /// - Parameter room: most tokens where the client gave no number.
    mutating func truncate(_ truncation: Job.Truncation, room: Int) {
        let most = max(1, truncation.tokensMax ?? room)
        guard ids.count > most else { return }
        let cut = ids.count - most
        switch truncation.side {
        case .left: (ids, keepAt) = (Array(ids.suffix(most)), keepAt.map { $0 - cut }.filter { $0 > 0 })
        case .right: (ids, keepAt) = (Array(ids.prefix(most)), keepAt.filter { $0 <= most })
        }
        text = nil        // what is echoed is what is left
    }
}
