internal import Chat
internal import JSON

/// Streams a response, in the events and the order of OpenAI's. Which events there are depends on the answer alone, so
/// an answer that is made once more has the same.
struct ResponseStream: AnswerStream {
    private let format: ResponseFormat
    private let answer: Answer
    /// All that has come.
    private var choice = Answer.Choice()
    /// How many events there were.
    private(set) var events = 0
    private var isOpened = false
    /// How many items have begun.
    private var begun = 0
    /// How many of them are calls.
    private var calls = 0
    /// What the last of them is, if it has not ended.
    private var open: Answer.Part.Kind?
    /// Of the item that began last.
    private var itemID = ""

    init(_ format: ResponseFormat, _ answer: Answer) { (self.format, self.answer) = (format, answer) }

    mutating func text(for delta: ChoiceDelta) -> String {
        choice.add(delta)
        var text = opening()
        let lastText = delta.pieces.lastIndex { if case .text = $0 { true } else { false } }
        for (index, piece) in delta.pieces.enumerated() {
            text += event(for: piece, index == lastText ? delta.reports : [])
        }
        // Tokens without a text of their own belong to the text around them.
        if lastText == nil, !delta.reports.isEmpty, open == .text { text += textDelta("", delta.reports) }
        return text
    }

    mutating func end(usage: Usage) -> String {
        var text = opening() + close()
        if begun == 0 { text += begin(.text) + close() }
        let response = format.json(choice, of: answer, usage: usage)
        let type = choice.finish == .length ? "response.incomplete" : "response.completed"
        text += event(type, ["response": response])
        return text
    }

    /// Goes on behind events that were sent already.
    mutating func skip(to events: Int) { (self.events, isOpened) = (events, events > 0) }

    mutating func failure(_ error: APIError) -> String {
        let state = ResponseFacts.State(
            status: "failed", output: choice.parts.isEmpty ? [] : format.items(choice, of: answer), error: error)
        return opening() + event("error", Self.members(of: error))
            + event("response.failed", ["response": format.json(state, of: answer)])
    }

    private static func members(of error: APIError) -> KeyValuePairs<String, JSONValue> {
        ["code": .text(error.code), "message": .string(error.message), "param": .text(error.param)]
    }

    /// All events of a response of which nothing is known but what is stored.
    ///
    /// - Parameters:
    ///   - queued: as it was stored when it was asked for.
    ///   - ended: as it is in the end.
    ///   - error: why it failed; nil where it did not.
    static func events(_ queued: JSONValue, _ ended: JSONValue, _ error: APIError?) -> String {
        var events: [(type: String, members: KeyValuePairs<String, JSONValue>)] = [
            ("response.created", ["response": queued]), ("response.queued", ["response": queued]),
            ("response.in_progress", ["response": queued.replacing("status", "in_progress")]),
        ]
        if let error { events += [("error", members(of: error)), ("response.failed", ["response": ended])] }
        return events.enumerated().map { number, event in
            Self.event(
                event.type, number, event.members.map { JSONValue.Member(name: $0.key, value: $0.value) })
        }.joined()
    }

    /// The events that a response begins with; nothing if they were told.
    mutating func opening() -> String {
        guard !isOpened else { return "" }
        isOpened = true
        let working = format.json(ResponseFacts.State(), of: answer)
        guard format.facts.isBackground else {
            return event("response.created", ["response": working])
                + event("response.in_progress", ["response": working])
        }
        let queued = format.json(ResponseFacts.State(status: "queued"), of: answer)
        return event("response.created", ["response": queued]) + event("response.queued", ["response": queued])
            + event("response.in_progress", ["response": working])
    }

    private mutating func event(for piece: AnswerPiece, _ reports: [TokenReport]) -> String {
        switch piece {
        case .text(let text): return begin(.text) + textDelta(text, reports)
        case .reasoning(let text):
            return begin(.reasoning) + inPart("response.reasoning_text.delta", ["delta": .string(text)])
        case .callBegins(let name): return close() + begin(.call(name: name))
        case .callArguments(let text):
            return event(
                "response.function_call_arguments.delta",
                place + [JSONValue.Member(name: "delta", value: .string(text))])
        case .callEnds: return close()
        }
    }

    private mutating func textDelta(_ text: String, _ reports: [TokenReport]) -> String {
        inPart("response.output_text.delta", ["delta": .string(text), "logprobs": logprobs(reports)])
    }

    private func logprobs(_ reports: [TokenReport]) -> JSONValue {
        answer.job.topLogprobs == nil ? [] : ResponseFormat.logprobs(reports)
    }

    /// Begins an item, unless the last one is of this kind and goes on.
    private mutating func begin(_ kind: Answer.Part.Kind) -> String {
        guard open != kind else { return "" }
        var text = close()
        open = kind
        begun += 1
        if case .call = kind { calls += 1 }
        var item = item(Answer.Part(kind: kind, text: ""), .inProgress)
        itemID = item.id
        switch item.content {
        case .message(let role, _): item.content = .message(role: role, [])
        case .reasoning: item.content = .reasoning([], summary: [])
        case .call, .result: break
        }
        text += event("response.output_item.added", ["output_index": .int(begun - 1), "item": item.json])
        switch kind {
        case .text: text += inPart("response.content_part.added", ["part": format.part("", [], of: answer).json])
        case .reasoning: text += inPart("response.content_part.added", ["part": ResponseItem.reasoningPart("")])
        case .call: break
        }
        return text
    }

    /// Ends the item that is open, if one is.
    private mutating func close() -> String {
        guard let kind = open else { return "" }
        open = nil
        let index = begun - 1
        let part = choice.parts.indices.contains(index) ? choice.parts[index] : Answer.Part(kind: kind, text: "")
        let isCutOff = index >= choice.parts.count - 1 && choice.finish == .length && !part.isWhole
        let whole = JSONValue.string(part.text)
        var text = ""
        switch kind {
        case .text:
            text += inPart("response.output_text.done", ["text": whole, "logprobs": logprobs(part.reports)])
            text += inPart(
                "response.content_part.done", ["part": format.part(part.text, part.reports, of: answer).json])
        case .reasoning:
            text += inPart("response.reasoning_text.done", ["text": whole])
            text += inPart("response.content_part.done", ["part": ResponseItem.reasoningPart(part.text)])
        case .call:
            let function = JSONValue.string(name(ofCall: kind))
            text += event(
                "response.function_call_arguments.done",
                place + [
                    JSONValue.Member(name: "name", value: function), JSONValue.Member(name: "arguments", value: whole),
                ])
        }
        let item = item(part, isCutOff ? .incomplete : .completed)
        return text + event("response.output_item.done", ["output_index": .int(index), "item": item.json])
    }

    private func name(ofCall kind: Answer.Part.Kind) -> String {
        if case .call(let name) = kind { format.facts.tools.function(name).name } else { "" }
    }

    /// The item that began last.
    private func item(_ part: Answer.Part, _ status: ResponseItem.Status) -> ResponseItem {
        format.item(part, at: begun - 1, call: max(0, calls - 1), status, of: answer)
    }

    /// Where the item that began last is.
    private var place: [JSONValue.Member] {
        [
            JSONValue.Member(name: "item_id", value: .string(itemID)),
            JSONValue.Member(name: "output_index", value: .int(begun - 1)),
        ]
    }

    /// An event about the only part of the item that began last.
    private mutating func inPart(_ type: String, _ members: KeyValuePairs<String, JSONValue>) -> String {
        let index = [JSONValue.Member(name: "content_index", value: 0)]
        return event(type, place + index + members.map { JSONValue.Member(name: $0.key, value: $0.value) })
    }

    private mutating func event(_ type: String, _ members: KeyValuePairs<String, JSONValue>) -> String {
        event(type, members.map { JSONValue.Member(name: $0.key, value: $0.value) })
    }

    private mutating func event(_ type: String, _ members: [JSONValue.Member]) -> String {
        defer { events += 1 }
        return Self.event(type, events, members)
    }

    private static func event(_ type: String, _ number: Int, _ members: [JSONValue.Member]) -> String {
        ServerSentEvents.event(
            type, JSONValue(["type": .string(type), "sequence_number": .int(number)], and: members))
    }
}
