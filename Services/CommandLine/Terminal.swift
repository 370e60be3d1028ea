internal import Foundation

/// A terminal that lines can be redrawn on.
struct Terminal: Sendable, Equatable {
    var columns: Int
    /// Nil: unknown.
    var rows: Int?
    /// Whether the person wants colours.
    var colours: Bool

    init(columns: Int, rows: Int?, colours: Bool) {
        self.columns = columns
        self.rows = rows
        self.colours = colours
    }

    /// The one behind `output`; nil where there is none, as in a pipe or a file.
    init?(_ output: FileHandle, environment: [String: String] = ProcessInfo.processInfo.environment) {
        guard isatty(output.fileDescriptor) == 1, environment["TERM"] != "dumb" else { return nil }
        var size = winsize()
        let isKnown = unsafe ioctl(output.fileDescriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        self.init(
            columns: isKnown ? Int(size.ws_col) : 80, rows: isKnown ? Int(size.ws_row) : nil,
            colours: (environment["NO_COLOR"] ?? "").isEmpty)
    }
}
