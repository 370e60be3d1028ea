internal import CKernels
internal import Dispatch
internal import Foundation
internal import Synchronization

/// The compute threads of a process beside the one that asks: they take parts of one piece of work at a time, spin for a moment
/// after it, since more usually follows, and park when nothing does.
final class ComputePool: Sendable {
    /// How long a thread looks for work, or for the end of the others' work, before it parks. Longer than the pause between two
    /// kernels of a layer, shorter than a turn of another process.
    static let spinTime = Duration.microseconds(10)

    private let workers: [Worker]
    private let isBusy = Atomic(false)
    private let countdown = Countdown()

    /// - Parameter threads: how many work on a piece, the asking one included.
    init(threads: Int) {
        Self.keepFreedMemory
        workers = (1 ..< max(2, threads)).prefix(threads - 1).map { _ in Worker() }
        for (index, worker) in workers.enumerated() {
            Thread {
                Thread.current.name = "compute-\(index + 1)"
                worker.run()
            }.start()
        }
    }

    deinit { for worker in workers { worker.stop() } }

    /// Activations of many rows come and go with every product.
    private static let keepFreedMemory: Void = kernels_keep_freed_memory()

    var threads: Int { workers.count + 1 }

    /// Calls `body` once for each of `0 ..< parts`, at most `threads`, each on a thread of its own, and returns when all have returned.
    /// While another thread's work is under way, all parts run on the calling thread.
    func run(_ parts: Int, _ body: (Int) -> Void) {
        precondition(parts <= threads, "\(parts) parts for \(threads) threads")
        guard parts > 1, !isBusy.exchange(true, ordering: .acquiring) else {
            for part in 0 ..< parts { body(part) }
            return
        }
        defer { isBusy.store(false, ordering: .releasing) }
        withoutActuallyEscaping(body) { concurrent in       // all calls return before this function does
            countdown.begin(parts - 1)
            for part in 1 ..< parts { workers[part - 1].take(Order(part: part, body: concurrent, countdown: countdown)) }
            concurrent(0)
            countdown.wait()
        }
    }
}

/// A part of a piece of work.
private struct Order {
    let part: Int
    let body: (Int) -> Void
    let countdown: Countdown
}

/// One thread's letter box. There is one giver at a time, and it waits for the order to be done before it gives another.
@safe private final class Worker: @unchecked Sendable {     // `order` is written before `number` says so, and read after
    private var order: Order?
    /// Counts the orders; -1 ends the thread.
    private let number = Atomic(0)
    private let parking = Parking()

    func take(_ order: Order) {
        self.order = order
        number.add(1, ordering: .releasing)
        parking.wake()
    }

    func stop() {
        number.store(-1, ordering: .releasing)
        parking.wake()
    }

    func run() {
        var seen = 0
        while true {
            parking.wait { number.load(ordering: .acquiring) != seen }
            seen = number.load(ordering: .acquiring)
            guard seen >= 0, let countdown = perform() else { return }
            countdown.countDown()
        }
    }

    /// A function of its own, so that nothing holds the order's body any more when its giver is told.
    @inline(never) private func perform() -> Countdown? {
        guard let order = order.take() else { return nil }
        order.body(order.part)
        return order.countdown
    }
}

/// Lets one thread wait until the others are done.
private final class Countdown: Sendable {
    private let left = Atomic(0)
    private let parking = Parking()

    func begin(_ count: Int) { left.store(count, ordering: .relaxed) }

    func countDown() {
        if left.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 { parking.wake() }
    }

    func wait() { parking.wait { left.load(ordering: .acquiring) == 0 } }
}

/// Where one thread waits: it spins for a moment, then sleeps until it is woken.
final class Parking: Sendable {
    private let isParked = Atomic(false)
    private let semaphore = DispatchSemaphore(value: 0)

    /// Returns when `condition` holds. Whoever makes it true calls `wake` afterwards.
    func wait(until condition: () -> Bool) {
        if spin(until: condition) { return }
        while true {
            isParked.store(true, ordering: .sequentiallyConsistent)
            if condition() {
                // A waker that saw the mark has signalled or is about to; its signal must not stay for the next wait.
                if !isParked.exchange(false, ordering: .sequentiallyConsistent) { semaphore.wait() }
                return
            }
            semaphore.wait()
            if condition() { return }
        }
    }

    func wake() {
        if isParked.exchange(false, ordering: .sequentiallyConsistent) { semaphore.signal() }
    }

    private func spin(until condition: () -> Bool) -> Bool {
        let end = ContinuousClock.now + ComputePool.spinTime
        repeat {
            for _ in 0 ..< 8 {
                if condition() { return true }
                kernels_pause()
            }
        } while ContinuousClock.now < end
        return condition()
    }
}
