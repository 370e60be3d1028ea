internal import Console
package import Foundation
internal import Synchronization

/// Shows what a long piece of work is doing: on a terminal as lines at its end that are redrawn in place, elsewhere, as
/// in a log, as plain lines one after the other.
package final class ProgressDisplay: Sendable {
    /// The terminal that lines are redrawn on; nil where there is none.
    package let terminal: Terminal?
    private let output: FileHandle
    /// How many lines at the end of the terminal are ours to redraw.
    private let linesDrawn = Mutex(0)

    private static let interval = Duration.milliseconds(100)

    /// - Parameter output: standard output or standard error.
    package convenience init(_ output: FileHandle = .standardError) { self.init(output, on: Terminal(output)) }

    /// - Parameter terminal: what `output` is.
    init(_ output: FileHandle, on terminal: Terminal?) {
        self.output = output
        self.terminal = terminal
    }

    /// Draws `lines`, each narrower than the terminal, in place of those drawn last. Without a terminal it does
    /// nothing.
    package func draw(_ lines: [String]) {
        guard terminal != nil else { return }
        linesDrawn.withLock { drawn in
            write(Self.backTo(drawn) + lines.map { "\(Self.eraseLine)\($0)\n" }.joined())
            drawn = lines.count
        }
    }

    /// Shows one line in place of those drawn last, cut to the terminal's width; without a terminal as a plain line.
    package func show(_ text: String) {
        let text = shown(text)
        guard let terminal else { return write("\(text)\n") }
        draw([String(text.prefix(max(terminal.columns - 1, 1)))])
    }

    /// Shows what changes too often for plain lines: only on a terminal.
    package func show(detail text: String) { if terminal != nil { show(text) } }

    /// Writes a line that stays, below what is drawn, which then stays as well.
    package func line(_ text: String) {
        keep()
        write(shown(text, keepingLines: true) + "\n")
    }

    /// Leaves what is drawn as it is, for what follows below it.
    package func keep() { linesDrawn.withLock { $0 = 0 } }

    /// Takes away what is drawn, for what follows in its place.
    package func clear() {
        linesDrawn.withLock { drawn in
            guard drawn > 0 else { return }
            write(Self.backTo(drawn) + Self.eraseToEnd)
            drawn = 0
        }
    }

    /// Calls `redraw` again and again until `work` ends, then a last time.
    package func redrawing<R>(
        _ redraw: @escaping @Sendable () -> Void, during work: () async throws -> R
    ) async rethrows -> R {
        async let _ = Self.repeating(redraw)        // cancelled, and waited for, when this function ends
        return try await work()
    }

    /// Shows a line until `work` ends: on a terminal redrawn in place, elsewhere a plain line now and then.
    ///
    /// - Parameter text: makes the line, given the seconds that have passed.
    package func showing<R>(
        _ text: @escaping @Sendable (_ seconds: Double) -> String, during work: () async throws -> R
    ) async rethrows -> R {
        let begin = ContinuousClock.now
        let pace = Mutex(LogPace())
        defer { clear() }
        return try await redrawing(
            {
                let seconds = (ContinuousClock.now - begin) / .seconds(1)
                if self.terminal != nil || pace.withLock({ $0.isDue(at: seconds) }) { self.show(text(seconds)) }
            }, during: work)
    }

    private static func repeating(_ redraw: @Sendable () -> Void) async {
        while !Task.isCancelled {
            redraw()
            try? await Task.sleep(for: interval)
        }
        redraw()
    }

    private static let eraseLine = "\u{1B}[2K", eraseToEnd = "\u{1B}[J"
    private static func backTo(_ lines: Int) -> String { lines == 0 ? "" : "\u{1B}[\(lines)A" }

    private func write(_ text: String) { try? output.write(contentsOf: Data(text.utf8)) }
}
