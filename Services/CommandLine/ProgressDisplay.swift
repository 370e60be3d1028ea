internal import Cluster
internal import Foundation

/// Shows a starting cluster on a terminal as lines that are redrawn in place, elsewhere as plain lines.
struct ProgressDisplay {
    private let output: FileHandle
    private let view: ProgressView?             // nil: no terminal
    private var rows: [ProcessRow]
    private var linesDrawn = 0

    /// - Parameter output: standard output or standard error.
    init(_ output: FileHandle, names: [String], environment: [String: String] = ProcessInfo.processInfo.environment) {
        self.output = output
        self.rows = names.map { ProcessRow(name: $0) }
        let terminal = Terminal(output, environment: environment)
        // What does not fit on the screen cannot be redrawn.
        let fits = terminal?.rows.map { names.count + 2 < $0 } ?? true
        self.view = terminal.flatMap { fits ? ProgressView(width: $0.columns, colours: $0.colours) : nil }
    }

    subscript(name: String) -> ProcessRow? {
        get { rows.first { $0.name == name } }
        set {
            guard let newValue, let index = rows.firstIndex(where: { $0.name == name }) else { return }
            if view == nil, let line = ProgressView.change(from: rows[index], to: newValue) { write(line + "\n") }
            rows[index] = newValue
        }
    }

    /// Redraws; does nothing where there is no terminal.
    mutating func draw() {
        guard let view else { return }
        let lines = view.lines(rows)
        let up = linesDrawn == 0 ? "" : "\u{1B}[\(linesDrawn)A"
        write(up + lines.map { "\u{1B}[2K\($0)\n" }.joined())
        linesDrawn = lines.count
    }

    /// Writes a line below what is drawn, which then stays as it is.
    mutating func say(_ line: String) {
        draw()
        linesDrawn = 0
        self.line(line)
    }

    /// Writes a line and nothing else; for when the display has done its work.
    func line(_ line: String) { write(shown(line, keepingLines: true) + "\n") }

    private func write(_ text: String) { try? output.write(contentsOf: Data(text.utf8)) }
}
