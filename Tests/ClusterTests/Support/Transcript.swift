import JSON

@testable import Router

/// What a client has seen of a streamed completion: everything but how it was cut into events.
struct Transcript: Equatable, Sendable {
    let text: String
    let tokens: [JSONValue]
    /// As they were written, digit for digit.
    let logprobs: [JSONValue]
    let alternatives: [JSONValue]
    let finish: String?
    let isDone: Bool
    let error: JSONValue?

    init(_ stream: RESTCluster.Stream) {
        let reports = stream.events.compactMap { $0["choices"]?[0]?["logprobs"] }
        func all(_ name: String) -> [JSONValue] { reports.flatMap { $0[name]?.elements ?? [] } }
        (text, finish, isDone) = (stream.text(), stream.finish, stream.isDone)
        (tokens, logprobs, alternatives) = (all("tokens"), all("token_logprobs"), all("top_logprobs"))
        error = stream.events.lazy.compactMap { $0["error"] }.first
    }

    /// In which way this is not the other one; nil where it is.
    func difference(from other: Transcript) -> String? {
        guard self != other else { return nil }
        if let error { return "after \(tokens.count) tokens the error \(error.text())" }
        if let index = zip(tokens, other.tokens).enumerated().first(where: { $0.element.0 != $0.element.1 })?.offset {
            return "token \(index) is \(tokens[index].text()), expected \(other.tokens[index].text())"
        }
        if let index = zip(logprobs, other.logprobs).enumerated().first(where: { $0.element.0 != $0.element.1 })?.offset
        {
            return
                """
                the log-probability of token \(index) is \(logprobs[index].text()), expected \
                \(other.logprobs[index].text())
                """
        }
        return
            """
            \(tokens.count) tokens, end \(finish ?? "none"), done: \(isDone); expected \(other.tokens.count), end \
            \(other.finish ?? "none"), done: \(other.isDone)
            """
    }
}
