internal import Foundation
internal import Synchronization

/// How much of a long piece of work is done; any thread may add to it.
final class ProgressCounter: Sendable {
    private let count = Atomic<Int>(0)

    var done: Int { count.load(ordering: .relaxed) }
    func add(_ amount: Int) { count.add(amount, ordering: .relaxed) }
}

/// Shows how far a long piece of work is: on a terminal one line that is redrawn in place, elsewhere a plain line for each tenth.
struct ProgressBar: Sendable {
    private let line: ProgressLine
    private let output: FileHandle
    private let terminal: Terminal?
    private static let interval = Duration.milliseconds(100)

    init(_ line: ProgressLine, output: FileHandle = .standardError) {
        self.line = line
        self.output = output
        terminal = Terminal(output)
    }

    /// Shows what `work` adds to the counter until it ends.
    func during<R>(_ work: (ProgressCounter) async throws -> R) async rethrows -> R {
        let counter = ProgressCounter()
        async let _ = show(counter, since: .now)        // cancelled, and waited for, when this function ends
        return try await work(counter)
    }

    /// Draws again and again until the task is cancelled, then a last time.
    private func show(_ counter: ProgressCounter, since begin: ContinuousClock.Instant) async {
        var shown = 0
        while true {
            let isLast = Task.isCancelled
            let done = counter.done
            if let terminal {
                let seconds = (ContinuousClock.now - begin) / .seconds(1)
                write("\r\u{1B}[2K\(line.text(done: done, seconds: seconds, width: terminal.columns))\(isLast ? "\n" : "")")
            } else if let change = line.change(from: shown, to: done) {
                write(change + "\n")
            }
            shown = done
            if isLast { return }
            try? await Task.sleep(for: Self.interval)
        }
    }

    private func write(_ text: String) { try? output.write(contentsOf: Data(text.utf8)) }
}
