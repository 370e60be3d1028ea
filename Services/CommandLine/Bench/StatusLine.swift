internal import Cluster
internal import Foundation

/// What a long run is doing, on standard error: one line that is redrawn on a terminal, plain lines elsewhere.
struct StatusLine: Sendable {
    private let isTerminal = isatty(STDERR_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"

    func show(_ text: String) { writeToStandardError(isTerminal ? "\r\u{1B}[2K\(text)" : "\(text)\n") }

    /// The same for what changes too often for plain lines.
    func show(detail text: String) { if isTerminal { show(text) } }

    /// Leaves an empty line behind, for what follows.
    func clear() { if isTerminal { writeToStandardError("\r\u{1B}[2K") } }
}
