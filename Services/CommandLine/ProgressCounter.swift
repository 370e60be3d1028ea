internal import Synchronization

/// How much of a long piece of work is done; any thread may add to it.
final class ProgressCounter: Sendable {
    private let count = Atomic<Int>(0)
    /// What a log was last told.
    private let told = Atomic<Int>(0)

    var done: Int { count.load(ordering: .relaxed) }
    func add(_ amount: Int) { count.add(amount, ordering: .relaxed) }

    /// How much was done when this was last asked, and now.
    fileprivate func step() -> (before: Int, now: Int) {
        let now = done
        return (told.exchange(now, ordering: .relaxed), now)
    }
}

extension StatusLine {
    /// Shows what `work` adds to the counter until it ends: on a terminal as a bar, elsewhere a plain line for each tenth.
    func showing<R>(_ line: ProgressLine, during work: (ProgressCounter) async throws -> R) async rethrows -> R {
        let counter = ProgressCounter()
        let begin = ContinuousClock.now
        defer { keep() }
        return try await redrawing({
            if let columns {
                show(line.text(done: counter.done, seconds: (ContinuousClock.now - begin) / .seconds(1), width: columns))
            } else {
                let (before, now) = counter.step()
                if let change = line.change(from: before, to: now) { show(change) }
            }
        }) { try await work(counter) }
    }
}
