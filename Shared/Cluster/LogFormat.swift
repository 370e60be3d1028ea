internal import FoundationEssentials
package import Logging

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// How a log line is written.
package enum LogFormat: String, CaseIterable, Sendable {
    case human
    case json

    /// One line without its end, whatever the texts contain.
    ///
    /// - human: `time level label: message key=value`, keys in order; a value with spaces is quoted.
    /// - json: an object with `time`, `level`, `logger`, `message` and, if there is any, `metadata`.
    package func line(time: String, level: Logger.Level, label: String, message: String, metadata: Logger.Metadata) -> String {
        let pairs = metadata.sorted { $0.key < $1.key }
        switch self {
        case .human:
            let name = level.rawValue + String(repeating: " ", count: 8 - level.rawValue.count)    // the longest is "critical"
            let values = pairs.map { " \($0.key)=\(Self.quotedIfNeeded("\($0.value)"))" }.joined()
            return "\(time) \(name) \(label): \(Self.onOneLine(message))\(values)"
        case .json:
            var fields = [("time", time), ("level", level.rawValue), ("logger", label), ("message", message)]
                .map { "\"\($0)\":\(jsonString($1))" }
            if !pairs.isEmpty {
                fields.append("\"metadata\":{" + pairs.map { "\(jsonString($0.key)):\(jsonString("\($0.value)"))" }.joined(separator: ",") + "}")
            }
            return "{" + fields.joined(separator: ",") + "}"
        }
    }

    private static func quotedIfNeeded(_ value: String) -> String {
        let plain = !value.isEmpty && value.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "=") }
        return plain ? value : jsonString(value)
    }

    private static func onOneLine(_ text: String) -> String {
        text.utf8.contains { $0 < 0x20 } ? String(jsonString(text).dropFirst().dropLast()) : text
    }
}

/// `text` as a JSON string, quotes included.
package func jsonString(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": result += "\\\""
        case "\\": result += "\\\\"
        case "\n": result += "\\n"
        case "\r": result += "\\r"
        case "\t": result += "\\t"
        case _ where scalar.value < 0x20 || scalar.value == 0x7F:
            let digits = String(scalar.value, radix: 16)
            result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result + "\""
}

/// Writes log lines to standard error, one `write` each, so that lines of different threads do not mix.
package struct StandardErrorLogHandler: LogHandler {
    private let label: String
    private let format: LogFormat
    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?

    package init(label: String, format: LogFormat, level: Logger.Level) {
        self.label = label
        self.format = format
        self.logLevel = level
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { _, new in new } }
        if let own = event.metadata { all.merge(own) { _, new in new } }
        if let error = event.error { all["error"] = "\(error)" }
        let time = Date().formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        writeToStandardError(
            format.line(time: time, level: event.level, label: label, message: event.message.description, metadata: all) + "\n")
    }
}

/// Writes `text` to standard error; what cannot be written (a closed pipe) is lost, as nobody reads it.
package func writeToStandardError(_ text: String) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
        let written = unsafe bytes.withUnsafeBytes { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
        if written < 0, errno == EINTR { continue }
        guard written > 0 else { return }
        bytes = bytes.dropFirst(written)
    }
}
