internal import Synchronization

/// The last lines that each child wrote to its standard error, for when one dies.
final class RecentLines: Sendable {
    private static let linesMax = 12
    private let lines = Mutex<[String: [String]]>([:])

    /// What follows a trap's message is its backtrace, which would push the message out.
    func add(_ line: String, of name: String) {
        lines.withLock { lines in
            let known = lines[name] ?? []
            guard known.last?.contains("Fatal error: ") != true else { return }
            lines[name] = Array((known + [line]).suffix(Self.linesMax))
        }
    }

    func of(_ name: String) -> [String] { lines.withLock { $0[name] ?? [] } }
}
