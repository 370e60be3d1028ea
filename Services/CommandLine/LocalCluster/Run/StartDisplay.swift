internal import Foundation
internal import TerminalOutput

/// Shows what the processes of a starting cluster do: on a terminal a table that is redrawn in place, elsewhere a line
/// for each change.
struct StartDisplay {
    private let display: ProgressDisplay
    /// The table; nil where it cannot be redrawn.
    private let view: StartView?
    private var rows: [ProcessRow]

    init(_ display: ProgressDisplay, names: [String]) {
        self.display = display
        rows = names.map { ProcessRow(name: $0) }
        view = display.terminal.flatMap { terminal in
            // What does not fit on the screen cannot be redrawn.
            let fits = terminal.rows.map { names.count + 2 < $0 } ?? true
            return fits ? StartView(width: terminal.columns, colours: terminal.colours) : nil
        }
    }

    /// What is known of the process of this name; nil: there is none.
    subscript(name: String) -> ProcessRow? {
        get { rows.first { $0.name == name } }
        set {
            guard let newValue, let index = rows.firstIndex(where: { $0.name == name }) else { return }
            if view == nil, let change = StartView.change(from: rows[index], to: newValue) { display.line(change) }
            rows[index] = newValue
        }
    }

    /// Redraws the table, where there is one.
    func draw() { if let view { display.draw(view.lines(rows)) } }

    /// Leaves the table as it is then, and an empty line below it.
    func end() {
        draw()
        display.line("")
    }
}
