internal import Foundation
internal import Synchronization

/// Where matrix work runs, one job after the other: a thread of its own, never an event loop and never Swift's shared pool.
package final class ComputeLane: Sendable {
    private let jobs = LaneJobs()

    package init(label: String) {
        let thread = Thread { [jobs] in
            Thread.current.name = label
            jobs.run()
        }
        thread.stackSize = 8 << 20
        thread.start()
    }

    deinit { jobs.stop() }

    /// Runs `work` when the jobs before it are done; a task cancelled while it waits does not run it.
    package func run<R: Sendable>(_ work: @escaping @Sendable () throws -> R) async throws -> R {
        let cancellation = CancellationFlag()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                jobs.add {
                    continuation.resume(with: Result {
                        if cancellation.isSet { throw CancellationError() }
                        return try work()
                    })
                }
            }
        } onCancel: {
            cancellation.set()
        }
    }
}

/// The jobs of a lane's thread, which ends when the lane does and all jobs are done.
private final class LaneJobs: Sendable {
    private struct State {
        var waiting: [@Sendable () -> Void] = []
        var isStopped = false
    }

    private let state = Mutex(State())
    private let news = Atomic(0)
    private let parking = Parking()

    func add(_ job: @escaping @Sendable () -> Void) {
        state.withLock { $0.waiting.append(job) }
        tell()
    }

    func stop() {
        state.withLock { $0.isStopped = true }
        tell()
    }

    private func tell() {
        news.add(1, ordering: .releasing)
        parking.wake()
    }

    func run() {
        var seen = 0
        while true {
            parking.wait { news.load(ordering: .acquiring) != seen }
            seen = news.load(ordering: .acquiring)
            let (jobs, isStopped) = state.withLock { state in
                defer { state.waiting = [] }
                return (state.waiting, state.isStopped)
            }
            for job in jobs { job() }
            if isStopped { return }
        }
    }
}
