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

    /// For how long the job that runs now has run; zero where there is none.
    package var busyTime: Duration { jobs.busyTime }

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
    private let start = ContinuousClock.now
    /// When the job that runs now began, in nanoseconds after `start`; -1 where there is none.
    private let began = Atomic<Int64>(-1)

    var busyTime: Duration {
        let began = began.load(ordering: .relaxed)
        return began < 0 ? .zero : max(.zero, start.duration(to: .now) - .nanoseconds(began))
    }

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
            for job in jobs {
                began.store(Int64(start.duration(to: .now) / .nanoseconds(1)), ordering: .relaxed)
                job()
            }
            began.store(-1, ordering: .relaxed)
            if isStopped { return }
        }
    }
}
