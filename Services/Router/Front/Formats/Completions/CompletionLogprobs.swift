internal import JSON

/// Log-probabilities as they stand in a plain completion.
enum CompletionLogprobs {
    /// Parallel lists. Each map of alternatives also holds the token itself, as OpenAI's do.
    static func json(_ reports: [TokenReport]) -> JSONValue {
        [
            "tokens": .array(reports.map { .string($0.name.text) }),
            "token_logprobs": .array(reports.map { $0.logprob.map { .logprob($0) } ?? .null }),
            "top_logprobs": .array(reports.map { alternatives($0) }),
            "text_offset": .array(reports.map { .int($0.offset) }),
        ]
    }

    private static func alternatives(_ report: TokenReport) -> JSONValue {
        guard let logprob = report.logprob else { return .null }
        var members: [JSONValue.Member] = []
        for (name, logprob) in report.top.map({ ($0.name.text, $0.logprob) }) + [(report.name.text, logprob)]
        where !members.contains(where: { $0.name == name }) {
            members.append(JSONValue.Member(name: name, value: .logprob(logprob)))
        }
        return .object(members)
    }
}
