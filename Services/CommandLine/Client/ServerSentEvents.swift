/// Reads a stream of server-sent events, however its bytes are cut.
///
/// Source: WHATWG HTML, section 9.2.6: lines end in CR, LF or both; lines of `data` are joined by LF; a line that
/// begins with a colon is a comment (the router's keep-alive); an empty line ends the event.
package struct ServerSentEvents: Sendable {
    /// One event of the stream.
    package struct Event: Equatable, Sendable {
        /// Its type; `message` where the stream names none.
        package var name = "message"
        /// Its data lines, joined.
        package var data: String
    }
    /// Thrown when an event does not end.
    package struct TooLong: Error, CustomStringConvertible {
        /// The limit, in words.
        package var description: String { "a server-sent event is longer than \(ServerSentEvents.eventBytesMax) bytes" }
    }

    /// The longest event that is read; a longer one may never end.
    static let eventBytesMax = 16 << 20

    private var line: [UInt8] = []
    private var lastWasCarriageReturn = false
    private var isFirstLine = true
    private var name = ""
    private var data: [UInt8]?

    /// A reader at the beginning of a stream.
    package init() {}

    /// Takes the next bytes; returns the events that they complete.
    ///
    /// - Throws: `TooLong`.
    package mutating func append(_ bytes: [UInt8]) throws -> [Event] {
        var events: [Event] = []
        for byte in bytes {
            let followsCarriageReturn = lastWasCarriageReturn
            lastWasCarriageReturn = byte == UInt8(ascii: "\r")
            switch byte {
            case UInt8(ascii: "\n") where followsCarriageReturn: continue
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                if let event = endLine() { events.append(event) }
            default:
                line.append(byte)
                guard line.count + (data?.count ?? 0) <= Self.eventBytesMax else { throw TooLong() }
            }
        }
        return events
    }

    private mutating func endLine() -> Event? {
        defer { line.removeAll(keepingCapacity: true) }
        if isFirstLine {
            isFirstLine = false
            if line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
        }
        guard !line.isEmpty else { return endEvent() }
        let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
        var value = line[colon...].dropFirst()
        if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        switch String(decoding: line[..<colon], as: UTF8.self) {
        case "data": data = data.map { $0 + [UInt8(ascii: "\n")] + value } ?? Array(value)
        case "event": name = String(decoding: value, as: UTF8.self)
        default: break        // a comment, or a field we have no use for
        }
        return nil
    }

    private mutating func endEvent() -> Event? {
        defer { (name, data) = ("", nil) }
        return data.map { Event(name: name.isEmpty ? "message" : name, data: String(decoding: $0, as: UTF8.self)) }
    }
}
