internal import Logging
internal import NIOCore
internal import Transport

/// One line for the log, as the value that decided on it left it.
struct LogLine: Sendable, Equatable {
    let level: Logger.Level
    let message: Logger.Message
    let metadata: Logger.Metadata

    init(_ level: Logger.Level, _ message: Logger.Message, _ metadata: Logger.Metadata) {
        (self.level, self.message, self.metadata) = (level, message, metadata)
    }

    /// The line where the allowance has room for it, with the number of lines that were left out before it.
    func within(_ allowance: inout LineAllowance, at now: Duration) -> LogLine? {
        let nanoseconds = now.components.seconds * 1_000_000_000 + now.components.attoseconds / 1_000_000_000
        guard let leftOut = allowance.take(at: .uptimeNanoseconds(UInt64(max(0, nanoseconds)))) else { return nil }
        guard leftOut > 0 else { return self }
        return LogLine(level, message, metadata.merging(["lines_left_out": "\(leftOut)"]) { $1 })
    }
}
