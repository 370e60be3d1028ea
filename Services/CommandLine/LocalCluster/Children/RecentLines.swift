internal import Synchronization

/// The last lines that each child wrote to its standard error, for when one dies.
package final class RecentLines: Sendable {
    private static let linesMax = 12
    private let lines = Mutex<[String: [String]]>([:])

    /// Without lines.
    package init() {}

    /// Notes a line. What follows a trap's message is its backtrace, which would push the message out, and is left out.
    package func add(_ line: String, of name: String) {
        lines.withLock { lines in
            let known = lines[name] ?? []
            guard known.last?.contains("Fatal error: ") != true else { return }
            lines[name] = Array((known + [line]).suffix(Self.linesMax))
        }
    }

    /// The sentence in which a process of ours tells why it ends: its last line, `PROGRAM: SENTENCE`, or the first of
    /// what the parser of its flags says.
    func complaint(of name: String, program: String) -> String? {
        let mark = "Error: "
        if let refused = of(name).first(where: { $0.hasPrefix(mark) }) { return String(refused.dropFirst(mark.count)) }
        guard let last = of(name).last, last.hasPrefix("\(program): ") else { return nil }
        return String(last.dropFirst(program.count + 2))
    }

    /// The last lines of the child with this name.
    package func of(_ name: String) -> [String] { lines.withLock { $0[name] ?? [] } }
}
