internal import Records

/// A place in a session, as `fork` and `rewind` are told it.
enum SessionPoint: Sendable, Equatable {
    case end
    /// Behind so many of its messages.
    case messages(Int)
    /// Behind so many of its tokens.
    case tokens(Int)

    static let range = 0 ... Int(Int32.max)

    /// Reads `messages` or `tokens`; with neither, it is the end.
    init(_ fields: RequestFields) throws(APIError) {
        switch (
            try fields.integer("messages", in: Self.range), try fields.integer("tokens", in: Self.range)
        ) {
        case (let count?, nil): self = .messages(count)
        case (nil, let count?): self = .tokens(count)
        case (nil, nil): self = .end
        case (_?, _?):
            throw .invalid("messages", "'messages' and 'tokens' are both given; one of them tells the place.")
        }
    }

    /// How many tokens of the session are before this place.
    func tokens(of session: Session) throws(APIError) -> Int {
        switch self {
        case .end: return session.facts.tokens
        case .messages(let count):
            try Self.check(count, "messages", within: session.facts.turns, session)
            return count == 0 ? 0 : session.positions[count - 1]
        case .tokens(let count):
            try Self.check(count, "tokens", within: session.facts.tokens, session)
            return count
        }
    }

    private static func check(
        _ count: Int, _ name: String, within length: Int, _ session: Session
    ) throws(APIError) {
        guard count > length else { return }
        let message =
            "Invalid '\(name)': expected at most the \(length) \(name) that session \(session.facts.id) has, but got "
            + "\(count) instead."
        throw .invalid(name, message, code: "integer_above_max_value")
    }
}
