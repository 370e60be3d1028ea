internal import JSON

/// The text of server-sent events.
enum ServerSentEvents {
    /// An event without a name.
    static func event(_ data: JSONValue) -> String { event(data.text()) }

    /// An event without a name, whose data is a text of one line.
    static func event(_ data: String) -> String { "data: \(data.withEscapedLineEnds)\n\n" }

    /// An event with a name.
    static func event(_ name: String, _ data: JSONValue) -> String { "event: \(name)\n" + event(data) }
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
