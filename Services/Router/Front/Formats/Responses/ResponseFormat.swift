internal import Chat
internal import Foundation
internal import JSON
internal import Synchronization

/// `/v1/responses`, as OpenAI answers it.
struct ResponseFormat: AnswerFormat {
    let idPrefix = "resp_"
    let facts: ResponseFacts
    /// When the response was complete: the first who asks decides, so that all who are told are told the same.
    private let completion = Completion()

    init(_ facts: ResponseFacts) { self.facts = facts }

    func whole(_ choices: [Answer.Choice], of answer: Answer, usage: Usage) -> JSONValue {
        json(choices.first ?? Answer.Choice(), of: answer, usage: usage)
    }

    /// The response once it is over.
    func json(_ choice: Answer.Choice, of answer: Answer, usage: Usage) -> JSONValue {
        let isCutOff = choice.finish == .length
        return json(
            ResponseFacts.State(
                status: isCutOff ? "incomplete" : "completed", output: items(choice, of: answer), usage: usage,
                completed: isCutOff ? nil : completion.seconds), of: answer)
    }

    func json(_ state: ResponseFacts.State, of answer: Answer) -> JSONValue {
        facts.json(answer.id, model: answer.model.id, created: answer.created, state)
    }

    func stream(of answer: Answer) -> any AnswerStream { ResponseStream(self, answer) }

    /// What the model has said, so far or in the end. An answer of nothing is an empty message.
    func items(_ choice: Answer.Choice, of answer: Answer) -> [ResponseItem] {
        let parts = choice.parts.isEmpty ? [Answer.Part(kind: .text, text: "")] : choice.parts
        var calls = 0
        return parts.enumerated().map { index, part in
            defer { if case .call = part.kind { calls += 1 } }
            let isCutOff = index == parts.count - 1 && choice.finish == .length && !part.isWhole
            return item(part, at: index, call: calls, isCutOff ? .incomplete : .completed, of: answer)
        }
    }

    /// - Parameters:
    ///   - index: the item's place in the answer.
    ///   - call: how many calls came before.
    func item(
        _ part: Answer.Part, at index: Int, call: Int, _ status: ResponseItem.Status, of answer: Answer
    ) -> ResponseItem {
        let content: ResponseItem.Content
        let prefix: String
        switch part.kind {
        case .text:
            prefix = "msg_"
            content = .message(role: "assistant", [self.part(part.text, part.reports, of: answer)])
        case .reasoning:
            prefix = "rs_"
            content = .reasoning([part.text], summary: [])
        case .call(let name):
            prefix = "fc_"
            let function = facts.tools.function(name)
            content = .call(
                ResponseItem.Call(
                    id: answer.callID(choice: 0, call: call), namespace: function.namespace, name: function.name,
                    arguments: part.text))
        }
        return ResponseItem(id: "\(prefix)\(answer.code)\(index)", status: status, content: content)
    }

    func part(_ text: String, _ reports: [TokenReport], of answer: Answer) -> ResponseItem.Part {
        ResponseItem.Part(
            kind: .output, text: text, logprobs: answer.job.topLogprobs == nil ? nil : Self.logprobs(reports))
    }

    static func logprobs(_ reports: [TokenReport]) -> JSONValue { ChatLogprobs.json(reports)["content"] ?? [] }
}

/// A moment that is set once.
private final class Completion: Sendable {
    private let moment = Mutex<Int?>(nil)

    /// Seconds since 1970.
    var seconds: Int {
        moment.withLock { moment in
            let seconds = moment ?? Int(Date.now.timeIntervalSince1970)
            moment = seconds
            return seconds
        }
    }
}
