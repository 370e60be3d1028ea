/// The events of a response that is made in the background, in the order of their sequence numbers. A value: what is
/// told to whom is decided outside.
struct BackgroundEvents: Sendable {
    private(set) var told: [String] = []

    /// Takes the events of a part of the response. Where the response is made once more, the first ones are those that
    /// were told already.
    ///
    /// - Parameters:
    ///   - text: whole events.
    ///   - position: how many came before in this attempt.
    /// - Returns: those that are new.
    mutating func add(_ text: String, at position: Int) -> [String] {
        let new = Self.events(text).dropFirst(max(0, told.count - position))
        told += new
        return Array(new)
    }

    /// Single events of a text of several.
    static func events(_ text: String) -> [String] {
        var events: [String] = []
        let newline = UInt8(ascii: "\n"), bytes = text.utf8
        var begin = bytes.startIndex, previous: UInt8?
        for index in bytes.indices {
            defer { previous = bytes[index] }
            guard bytes[index] == newline, previous == newline else { continue }        // an empty line
            events.append(String(text[begin ... index]))
            begin = bytes.index(after: index)
        }
        return events
    }

    /// What is left for a reader of a response that is over. One that had seen more events than there are now, since
    /// the response could not be made once more, is told how it ended.
    ///
    /// - Parameter first: the number of the first event that the reader wants.
    static func rest(from first: Int, _ events: [String]) -> ArraySlice<String> {
        first > events.count ? events.suffix(1).filter(isEnd)[...] : events.dropFirst(first)
    }

    private static func isEnd(_ event: String) -> Bool {
        ["completed", "incomplete", "failed"].contains { event.hasPrefix("event: response.\($0)\n") }
    }
}
