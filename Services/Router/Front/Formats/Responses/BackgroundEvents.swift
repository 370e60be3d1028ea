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
        var event = ""
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.isEmpty {
                if !event.isEmpty { events.append(event + "\n") }
                event = ""
            } else {
                event += line + "\n"
            }
        }
        return events
    }

    /// Those behind the one of a sequence number.
    static func behind(_ number: Int?, _ events: [String]) -> ArraySlice<String> {
        events.dropFirst(number.map { $0 + 1 } ?? 0)
    }
}
