internal import CKernels
internal import Foundation
internal import Synchronization

/// The compute threads of a process beside the one that asks.
///
/// They sleep between calls. For the length of a call they are gathered: woken once, they then look for its regions for
/// a while before they sleep again, so that a region costs a microsecond or less. The thread that asks is one of them,
/// number 0.
final class ComputePool: Sendable {
    private let board: RegionBoard
    private let workers: [Worker]
    private let isInRegion = Atomic(false)
    private let gathered: Gathering

    /// - Parameters:
    ///   - threads: how many work on a region, the asking one included.
    ///   - spinning: how long they wait for another call before they sleep; where the process has no cores of its own,
    ///     others want them.
    init(threads: Int, spinning: Duration = .zero) {
        Self.keepFreedMemory
        let board = RegionBoard(threads: threads), gathered = Gathering()
        (self.board, self.gathered) = (board, gathered)
        workers = (1 ..< max(2, threads)).prefix(threads - 1).map { Worker($0, board, gathered, spinning: spinning) }
        for worker in workers {
            let thread = Thread { [crew = workers] in
                Thread.current.name = "compute-\(worker.index)"
                worker.run(beside: crew)
            }
            thread.stackSize = 8 << 20        // kernels keep half a megabyte of sums on it
            thread.start()
        }
    }

    deinit {
        gathered.stop()
        for worker in workers { worker.rest.wake() }
    }

    /// Activations of many rows come and go with every product.
    private static let keepFreedMemory: Void = kernels_keep_freed_memory()

    var threads: Int { workers.count + 1 }

    /// How many threads would be there for a call without being woken, the asking one included.
    var threadsAwake: Int { 1 + workers.count { !$0.rest.isResting } }

    /// Gathers the first `count` threads for as long as `body` runs, which is told how many it has: one where another
    /// thread has gathered them.
    func gather<R>(_ count: Int, _ body: (Int) throws -> R) rethrows -> R {
        let count = min(count, threads)
        guard count > 1, gathered.begin(count) else { return try body(1) }
        defer { gathered.end() }
        wake(count)
        return try body(count)
    }

    /// Calls `body` once for each of `0 ..< chunks`, on the first `count` of the threads that are gathered, and returns
    /// when all calls have returned. Inside another region, all are made on the calling thread.
    func run(_ chunks: Int, on count: Int, _ body: (Int) -> Void) {
        let threads = min(count, chunks)
        guard threads > 1, chunks <= RegionBoard.chunksMax, !isInRegion.exchange(true, ordering: .acquiring) else {
            for chunk in 0 ..< chunks { body(chunk) }
            return
        }
        defer { isInRegion.store(false, ordering: .releasing) }
        precondition(threads <= gathered.count, "a region on \(threads) threads, while \(gathered.count) are gathered")
        withoutActuallyEscaping(body) { body in        // all calls return before this function does
            let work = RegionBoard.Work(body)
            board.begin(chunks: chunks, threads: threads, work)
            wake(threads)
            board.finish()
            withExtendedLifetime(work) {}
        }
    }

    /// Wakes those of the first `count` that sleep: the first few, and one of each further group, which wakes its own.
    private func wake(_ count: Int) {
        // From the last to the first: while a group's first thread still sleeps, its others are left for it to wake.
        for worker in workers.prefix(count - 1).reversed() where worker.rest.isResting {
            let leader = worker.index / RegionBoard.groupSize * RegionBoard.groupSize
            let isWokenByLeader = leader > 0 && leader != worker.index && workers[leader - 1].rest.isResting
            if !isWokenByLeader { worker.rest.wake() }
        }
    }
}

/// How many threads of a pool shall be ready, for one thread at a time.
private final class Gathering: Sendable {
    /// 0: none are gathered; -1: the pool is gone.
    private let threads = Atomic(0)

    var count: Int { max(0, threads.load(ordering: .sequentiallyConsistent)) }
    var isStopped: Bool { threads.load(ordering: .relaxed) < 0 }

    /// - Returns: false where another thread has gathered them.
    func begin(_ count: Int) -> Bool {
        threads.compareExchange(expected: 0, desired: count, ordering: .sequentiallyConsistent).exchanged
    }

    func end() { threads.store(0, ordering: .releasing) }
    func stop() { threads.store(-1, ordering: .sequentiallyConsistent) }
}

/// One thread of a pool.
private final class Worker: Sendable {
    let index: Int
    let rest = ThreadSleep()
    private let board: RegionBoard
    private let gathered: Gathering
    private let spinning: Duration

    init(_ index: Int, _ board: RegionBoard, _ gathered: Gathering, spinning: Duration) {
        (self.index, self.board, self.gathered, self.spinning) = (index, board, gathered, spinning)
    }

    /// - Parameter crew: all workers; it keeps no pool alive.
    func run(beside crew: [Worker]) {
        var seen: UInt64 = 0
        while true {
            wait(after: seen, beside: crew)
            if gathered.isStopped { return }
            seen = board.number
            board.work(seen, as: index)
        }
    }

    /// Returns when there is another region than `seen`, or the pool is gone.
    private func wait(after seen: UInt64, beside crew: [Worker]) {
        func isOver() -> Bool { board.number != seen || gathered.isStopped }
        while !Spin.wait(for: isGathered ? max(spinning, Self.pauseOfACall) : spinning, until: isOver) {
            let wasGathered = isGathered
            rest.sleep { isOver() || (isGathered && !wasGathered) }
            guard index % RegionBoard.groupSize == 0 else { continue }
            for worker in crew.dropFirst(index).prefix(RegionBoard.groupSize - 1) where worker.isGathered {
                worker.rest.wake()
            }
        }
    }

    /// Between two regions of a call there is seldom more. Who has waited so long may be in the way of another thread
    /// on its core.
    private static let pauseOfACall = Duration.microseconds(100)

    private var isGathered: Bool { index < gathered.count }
}
