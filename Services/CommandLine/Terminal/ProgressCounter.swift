internal import Synchronization

/// How much of a long piece of work is done; any thread may add to it.
package final class ProgressCounter: Sendable {
    private let count = Atomic<Int>(0)
    /// What a log was last told.
    private let told = Atomic<Int>(0)

    /// Nothing is done.
    package init() {}

    /// How much is done.
    var done: Int { count.load(ordering: .relaxed) }

    /// So much more is done.
    package func add(_ amount: Int) { count.add(amount, ordering: .relaxed) }

    /// How much was done when this was last asked, and now.
    fileprivate func step() -> (before: Int, now: Int) {
        let now = done
        return (told.exchange(now, ordering: .relaxed), now)
    }
}

extension ProgressDisplay {
    /// Shows what `work` adds to the counter until it ends: on a terminal as a bar, elsewhere a plain line for each
    /// tenth.
    package func showing<R>(
        _ bar: ProgressBar, during work: (ProgressCounter) async throws -> R
    ) async rethrows -> R {
        let counter = ProgressCounter()
        let begin = ContinuousClock.now
        defer { keep() }
        return try await redrawing({ self.show(bar, counter, since: begin) }) { try await work(counter) }
    }

    private func show(_ bar: ProgressBar, _ counter: ProgressCounter, since begin: ContinuousClock.Instant) {
        if let terminal {
            let seconds = (ContinuousClock.now - begin) / .seconds(1)
            show(bar.text(done: counter.done, seconds: seconds, width: terminal.columns))
        } else {
            let (before, now) = counter.step()
            if let change = bar.change(from: before, to: now) { show(change) }
        }
    }
}
