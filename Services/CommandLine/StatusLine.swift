internal import Cluster
internal import Foundation

/// What a long run is doing: one line that is redrawn in place on a terminal, plain lines elsewhere.
struct StatusLine: Sendable {
    private let output: FileHandle
    private let terminal: Terminal?
    private static let interval = Duration.milliseconds(100)

    init(output: FileHandle = .standardError) {
        self.output = output
        terminal = Terminal(output)
    }

    /// Nil where lines cannot be redrawn.
    var columns: Int? { terminal?.columns }

    func show(_ text: String) {
        let text = shown(text)
        write(terminal.map { "\r\u{1B}[2K\(text.prefix(max($0.columns - 1, 1)))" } ?? "\(text)\n")
    }

    /// The same for what changes too often for plain lines.
    func show(detail text: String) { if terminal != nil { show(text) } }

    /// Leaves an empty line behind, for what follows.
    func clear() { if terminal != nil { write("\r\u{1B}[2K") } }

    /// Leaves the line as it is, for what follows below it.
    func keep() { if terminal != nil { write("\n") } }

    /// Calls `draw` again and again until `work` ends, then a last time.
    func redrawing<R>(_ draw: @escaping @Sendable () -> Void, during work: () async throws -> R) async rethrows -> R {
        async let _ = Self.repeating(draw)              // cancelled, and waited for, when this function ends
        return try await work()
    }

    private static func repeating(_ draw: @Sendable () -> Void) async {
        while !Task.isCancelled {
            draw()
            try? await Task.sleep(for: interval)
        }
        draw()
    }

    private func write(_ text: String) { try? output.write(contentsOf: Data(text.utf8)) }
}
