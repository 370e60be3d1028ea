import JSON

@testable import Router

/// What a client reads of an answer: everything that is a function of the prompt, and nothing else.
struct GivenAnswer: Sendable, Equatable {
    var prompt: [Int] = []
    var tokens: [Int] = []
    /// As they were written, digit for digit.
    var logprobs: [JSONValue] = []
    var text = ""
    var finish: String?
    /// Tokens of the prompt that were not computed; two equal answers may differ in it.
    var cached = 0

    /// - Parameter reply: of either endpoint, whole.
    init(_ reply: RESTCluster.Reply) { add(reply.json) }

    /// As far as the stream came.
    init(_ stream: RESTCluster.Stream) { for event in stream.events { add(event) } }

    private mutating func add(_ json: JSONValue) {
        cached = json["usage"]?["prompt_tokens_details"]?["cached_tokens"]?.int ?? cached
        let choice = json["choices"]?[0]
        if let ids = (json["prompt_token_ids"] ?? choice?["prompt_token_ids"])?.ints { prompt = ids }
        tokens += choice?["token_ids"]?.ints ?? []
        logprobs += choice?["logprobs"]?["token_logprobs"]?.elements ?? []
        logprobs += (choice?["logprobs"]?["content"]?.elements ?? []).compactMap { $0["logprob"] }
        text += choice?["text"]?.text ?? (choice?["message"] ?? choice?["delta"])?["content"]?.text ?? ""
        finish = choice?["finish_reason"]?.text ?? finish
    }

    /// In which way this is not the other one; nil where it is.
    func difference(from other: GivenAnswer) -> String? {
        if let difference = beginning(of: other) { return difference }
        guard tokens.count == other.tokens.count, text == other.text, finish == other.finish else {
            return
                """
                \(tokens.count) tokens, end \(finish ?? "none"), text '\(text)'; expected \(other.tokens.count), end \
                \(other.finish ?? "none"), text '\(other.text)'
                """
        }
        return nil
    }

    /// In which way this is not the beginning of the other one; nil where it is.
    func beginning(of other: GivenAnswer) -> String? {
        if prompt != other.prompt { return "the prompt is \(prompt), expected \(other.prompt)" }
        for (index, token) in tokens.enumerated() {
            guard index < other.tokens.count else { return "more than the \(other.tokens.count) tokens expected" }
            if token != other.tokens[index] { return "token \(index) is \(token), expected \(other.tokens[index])" }
        }
        for (index, pair) in zip(logprobs, other.logprobs).enumerated() where pair.0 != pair.1 {
            return "the log-probability of token \(index) is \(pair.0.text()), expected \(pair.1.text())"
        }
        return logprobs.count == tokens.count ? nil : "\(logprobs.count) log-probabilities of \(tokens.count) tokens"
    }
}

extension JSONValue {
    var ints: [Int]? { elements?.compactMap(\.int) }
}
