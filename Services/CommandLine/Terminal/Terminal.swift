internal import Foundation

/// A terminal that lines can be redrawn on.
package struct Terminal: Sendable, Equatable {
    /// Its width in characters.
    package let columns: Int
    /// Its height in lines; nil where that is unknown.
    package let rows: Int?
    /// Whether the person wants colours.
    package let colours: Bool
}

extension Terminal {
    /// The terminal behind `output`; nil where there is none, as in a pipe or a file.
    init?(_ output: FileHandle, environment: [String: String] = ProcessInfo.processInfo.environment) {
        guard isatty(output.fileDescriptor) == 1, environment["TERM"] != "dumb" else { return nil }
        var size = winsize()
        let isKnown = unsafe ioctl(output.fileDescriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        self.init(
            columns: isKnown ? Int(size.ws_col) : 80, rows: isKnown ? Int(size.ws_row) : nil,
            colours: (environment["NO_COLOR"] ?? "").isEmpty)
    }
}
