internal import FoundationEssentials
package import Logging

/// How a log line is written.
package enum LogFormat: String, CaseIterable, Sendable {
    case human
    case json

    /// One line without its end, whatever the texts contain.
    ///
    /// - human: `time level label: message key=value`, keys in order; a value with spaces is quoted.
    /// - json: an object with `time`, `level`, `logger`, `message` and, if there is any, `metadata`, in which numbers
    ///   are numbers.
    package func line(
        time: String, level: Logger.Level, label: String, message: String, metadata: Logger.Metadata
    ) -> String {
        let pairs = metadata.sorted { $0.key < $1.key }
        switch self {
        case .human:
            // The longest is "critical".
            let name = level.rawValue + String(repeating: " ", count: 8 - level.rawValue.count)
            let values = pairs.map { " \($0.key)=\(Self.quotedIfNeeded("\($0.value)"))" }.joined()
            return "\(time) \(name) \(label): \(Self.onOneLine(message))\(values)"
        case .json:
            var fields = [("time", time), ("level", level.rawValue), ("logger", label), ("message", message)]
                .map { "\"\($0)\":\(jsonString($1))" }
            if !pairs.isEmpty {
                fields.append(
                    "\"metadata\":{"
                        + pairs.map { "\(jsonString($0.key)):\(Self.jsonValue("\($0.value)", of: $0.key))" }.joined(
                            separator: ",") + "}")
            }
            return "{" + fields.joined(separator: ",") + "}"
        }
    }

    private static func quotedIfNeeded(_ value: String) -> String {
        let plain =
            !value.isEmpty
            && value.unicodeScalars.allSatisfy { $0 != " " && $0 != "\"" && $0 != "=" && !$0.steersTerminal }
        return plain ? value : jsonString(value)
    }

    private static func onOneLine(_ text: String) -> String {
        text.unicodeScalars.contains(where: \.steersTerminal) ? String(jsonString(text).dropFirst().dropLast()) : text
    }

    /// Interpolation has made a text of everything, so a number is known by its looks. A name may look like one and
    /// stays a text.
    private static func jsonValue(_ value: String, of key: String) -> String {
        namingKeys.contains(key) || !isNumber(value) ? jsonString(value) : value
    }

    private static let namingKeys: Set = [
        "error", "host", "id", "key", "message", "model", "name", "path", "peer", "reason", "request.id", "user", "why",
    ]

    /// Whether JSON has it as a number that every reader can hold: no leading zeros, nothing beyond 2^53.
    private static func isNumber(_ value: String) -> Bool {
        let digits = value.utf8.drop { $0 == UInt8(ascii: "-") }
        let whole = digits.prefix { isDigit($0) }, rest = digits[whole.endIndex...]
        guard digits.count >= value.utf8.count - 1, (1 ... 15).contains(whole.count),
            whole.count == 1 || whole.first != UInt8(ascii: "0")
        else { return false }
        guard rest.first == UInt8(ascii: ".") else { return rest.isEmpty }
        return (2 ... 20).contains(rest.count) && rest.dropFirst().allSatisfy(isDigit)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0") ... UInt8(ascii: "9")).contains(byte) }
}

/// Writes log lines to standard error, one `write` each, so that lines of different threads do not mix.
package struct StandardErrorLogHandler: LogHandler {
    private let label: String
    private let format: LogFormat
    /// The least severe messages that are written.
    package var logLevel: Logger.Level
    /// What every line of this handler carries; a message's own metadata wins over it.
    package var metadata: Logger.Metadata = [:]
    /// Asked for more metadata at each line, which wins over the handler's; nil: nobody is asked.
    package var metadataProvider: Logger.MetadataProvider?

    /// Begins without metadata; every line names the label.
    package init(label: String, format: LogFormat, level: Logger.Level) {
        self.label = label
        self.format = format
        self.logLevel = level
    }

    /// The metadata of this handler under one key; nil where there is none.
    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes one line with the time of the call, and an error of the event under the key `error`.
    package func log(event: LogEvent) {
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { _, new in new } }
        if let own = event.metadata { all.merge(own) { _, new in new } }
        if let error = event.error { all["error"] = "\(error)" }
        let time = Date().formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        writeToStandardError(
            format.line(time: time, level: event.level, label: label, message: event.message.description, metadata: all)
                + "\n")
    }
}
