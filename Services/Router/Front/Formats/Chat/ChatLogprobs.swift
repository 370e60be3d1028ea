internal import JSON

/// Log-probabilities as they stand in a chat's answer.
enum ChatLogprobs {
    static func json(_ reports: [TokenReport]) -> JSONValue {
        func members(_ name: TokenName, _ logprob: Float) -> [JSONValue.Member] {
            [
                JSONValue.Member(name: "token", value: .string(name.text)),
                JSONValue.Member(name: "logprob", value: .logprob(logprob)),
                JSONValue.Member(name: "bytes", value: .array(name.bytes.map { .int($0) })),
            ]
        }
        let content = reports.map { report in
            let top = report.top.map { JSONValue.object(members($0.name, $0.logprob)) }
            return JSONValue.object(
                members(report.name, report.logprob ?? -.infinity) + [
                    JSONValue.Member(name: "top_logprobs", value: .array(top))
                ])
        }
        return ["content": .array(content), "refusal": .null]
    }
}
