internal import JSON

/// Spells one answer as server-sent events: `data: {…}` and a blank line for each chunk, `data: [DONE]` at the end.
struct EventStream: Sendable {
    private let answer: Answer
    private var opened: [Bool]        // one per choice

    static let keepAlive = ": keep-alive\n\n"

    init(_ answer: Answer, choices: Int) {
        self.answer = answer
        opened = [Bool](repeating: false, count: choices)
    }

    mutating func text(for event: RunningJob.Event) -> String {
        switch event {
        case .quiet: Self.keepAlive
        case .delta(let delta): text(for: delta)
        }
    }

    /// All chunks of one delta, to be sent in one write.
    private mutating func text(for delta: ChoiceDelta) -> String {
        var text = ""
        let isFirst = !opened[delta.index]
        if isFirst {
            opened[delta.index] = true
            if let opening = answer.opening(delta) { text += Self.line(opening) }
        }
        if delta.hasContent { text += Self.line(answer.chunk(delta, isFirst: isFirst)) }
        if let finish = delta.finish {
            text += Self.line(answer.closing(delta, finish, isFirst: isFirst && !delta.hasContent))
        }
        return text
    }

    /// - Parameter usage: sent as a chunk of its own, if asked for.
    func end(usage: JSONValue?) -> String {
        (usage.map { Self.line(answer.usageChunk($0)) } ?? "") + "data: [DONE]\n\n"
    }

    /// The stream has begun, so the status is spent: an error travels as the last event, and no `[DONE]` follows.
    static func failure(_ error: APIError) -> String { line(error.json) }

    private static func line(_ json: JSONValue) -> String { "data: \(json.text().withEscapedLineEnds)\n\n" }
}

extension String {
    /// This JSON text with the characters escaped that some readers of events take for line ends: U+0085, U+2028 and
    /// U+2029.
    var withEscapedLineEnds: String {
        // The first bytes of their UTF-8.
        guard utf8.contains(where: { $0 == 0xC2 || $0 == 0xE2 }) else { return self }
        var text = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "\u{85}": text += "\\u0085"
            case "\u{2028}": text += "\\u2028"
            case "\u{2029}": text += "\\u2029"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
