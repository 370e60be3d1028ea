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

    /// The sentence in which a process of ours tells why it ends: its last line, `PROGRAM: SENTENCE`, or the first of what the parser of
    /// its flags says.
    func complaint(of name: String, program: String) -> String? {
        let mark = "Error: "
        if let refused = of(name).first(where: { $0.hasPrefix(mark) }) { return String(refused.dropFirst(mark.count)) }
        guard let last = of(name).last, last.hasPrefix("\(program): ") else { return nil }
        return String(last.dropFirst(program.count + 2))
    }

    func of(_ name: String) -> [String] { lines.withLock { $0[name] ?? [] } }
}
