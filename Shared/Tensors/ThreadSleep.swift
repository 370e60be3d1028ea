internal import CKernels
internal import Dispatch
internal import Foundation
internal import Synchronization

/// Where one thread waits: it spins for a moment, then sleeps until it is woken.
final class ThreadSleep: Sendable {
    private let isAsleep = Atomic(false)
    private let semaphore = DispatchSemaphore(value: 0)

    /// Whether the thread sleeps now, or is about to.
    var isResting: Bool { isAsleep.load(ordering: .sequentiallyConsistent) }

    /// Returns when `condition` holds. Whoever makes it true calls `wake` afterwards.
    func wait(spinning time: Duration, until condition: () -> Bool) {
        if Spin.wait(for: time, until: condition) { return }
        while !condition() { sleep(unless: condition) }
    }

    /// Sleeps until woken, unless `condition` holds already; may return early.
    func sleep(unless condition: () -> Bool) {
        isAsleep.store(true, ordering: .sequentiallyConsistent)
        // A waker that saw the mark has signalled or is about to; its signal must not stay for the next wait.
        if condition(), isAsleep.exchange(false, ordering: .sequentiallyConsistent) { return }
        semaphore.wait()
    }

    func wake() {
        if isResting, isAsleep.exchange(false, ordering: .sequentiallyConsistent) { semaphore.signal() }
    }
}

/// Waiting without sleep, for what usually comes within microseconds.
enum Spin {
    /// - Returns: whether `condition` holds; false when the time is over.
    static func wait(for time: Duration, until condition: () -> Bool) -> Bool {
        if condition() { return true }
        guard time > .zero else { return false }
        let end = ContinuousClock.now + time
        repeat {
            for _ in 0 ..< 16 {
                if condition() { return true }
                kernels_pause()
            }
        } while ContinuousClock.now < end
        return condition()
    }

    /// Waits for as long as it takes. After a moment, a thread of this or another process that could use the core is
    /// given it.
    static func wait(until condition: () -> Bool) {
        while !wait(for: politeAfter, until: condition) { sched_yield() }
    }

    private static let politeAfter = Duration.microseconds(20)
}
