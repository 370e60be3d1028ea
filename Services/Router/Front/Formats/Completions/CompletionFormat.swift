internal import JSON

/// `/v1/completions`, as OpenAI answers it.
struct CompletionFormat: AnswerFormat {
    let idPrefix = "cmpl-"

    func whole(_ choices: [Answer.Choice], of answer: Answer, usage: Usage) -> JSONValue {
        answer.envelope(
            object: "text_completion",
            choices: choices.enumerated().map { index, choice in
                JSONValue(
                    [
                        "text": .string(choice.text), "index": .int(index),
                        "logprobs": answer.job.topLogprobs == nil ? .null : CompletionLogprobs.json(choice.reports),
                        "finish_reason": .text(choice.finish?.rawValue),
                    ],
                    and: answer.promptIDs(ofChoice: index) + answer.promptLogprobs(ofChoice: index)
                        + answer.ids(choice.ids))
            },
            more: [JSONValue.Member(name: "usage", value: Answer.json(usage))])
    }

    func stream(of answer: Answer) -> any AnswerStream { CompletionStream(answer) }
}

/// Streams `/v1/completions` as OpenAI does.
struct CompletionStream: AnswerStream {
    private let answer: Answer
    private var isOpened: [Bool]        // one per choice

    init(_ answer: Answer) {
        self.answer = answer
        isOpened = answer.job.choices.map { _ in false }
    }

    mutating func text(for delta: ChoiceDelta) -> String {
        var promptIDs = isOpened[delta.index] ? [] : answer.promptIDs(ofChoice: delta.index)
        isOpened[delta.index] = true
        var text = ""
        if delta.hasContent {
            let logprobs = answer.job.topLogprobs == nil ? .null : CompletionLogprobs.json(delta.reports)
            text += chunk(delta, delta.text, logprobs: logprobs, ids: promptIDs + answer.ids(delta.ids))
            promptIDs = []
        }
        if let finish = delta.finish { text += chunk(delta, "", finish: .string(finish.rawValue), ids: promptIDs) }
        return text
    }

    /// - Parameter ids: members of the choice.
    private func chunk(
        _ delta: ChoiceDelta, _ text: String, logprobs: JSONValue = .null, finish: JSONValue = .null,
        ids: [JSONValue.Member]
    ) -> String {
        let choice = JSONValue(
            ["text": .string(text), "index": .int(delta.index), "logprobs": logprobs, "finish_reason": finish],
            and: ids)
        return ServerSentEvents.event(
            answer.envelope(object: "text_completion", choices: [choice], more: answer.usage(besides: delta)))
    }

    mutating func end(usage: Usage) -> String { answer.end(chunks: "text_completion", usage: usage) }

    mutating func failure(_ error: APIError) -> String { ServerSentEvents.event(error.json) }
}
