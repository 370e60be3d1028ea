internal import Foundation
internal import Synchronization

/// Where matrix work runs, one job after the other: on a thread of its own, never on Swift's shared pool, and on an
/// event loop only where the job is short.
package final class ComputeLane: Sendable {
    /// On which thread a job runs.
    package enum Place: Sendable {
        /// On the lane's own, after the jobs before it.
        case lane
        /// On the calling thread, if no other job is under way: a change of threads would take longer than the job.
        case here
    }

    private let jobs = LaneJobs()

    /// Starts the thread, which is named `label` and ends when the lane is released and its jobs are done.
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
    package func run<R: Sendable>(on place: Place = .lane, _ work: @escaping @Sendable () throws -> R) async throws -> R
    {
        if place == .here, jobs.begin() {
            defer { jobs.end() }
            try Task.checkCancellation()
            return try work()
        }
        let cancellation = CancellationFlag()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                jobs.add {
                    continuation.resume(
                        with: Result {
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

/// The jobs of a lane, and whose turn it is. The lane's thread ends when the lane does and all jobs are done.
private final class LaneJobs: Sendable {
    private struct State {
        var waiting: [@Sendable () -> Void] = []
        var isBusy = false
        var isStopped = false
    }

    private enum Next {
        case job(@Sendable () -> Void)
        case wait, end
    }

    private let state = Mutex(State())
    private let news = Atomic(0)
    private let rest = ThreadSleep()
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

    /// Takes the turn for a job on the calling thread, unless others are under way or wait; `end` gives it back.
    func begin() -> Bool {
        let isMine = state.withLock { state in
            guard !state.isBusy, state.waiting.isEmpty else { return false }
            state.isBusy = true
            return true
        }
        if isMine { markBegin() }
        return isMine
    }

    func end() {
        began.store(-1, ordering: .relaxed)
        let othersWait = state.withLock { state in
            state.isBusy = false
            return !state.waiting.isEmpty || state.isStopped
        }
        if othersWait { tell() }
    }

    private func tell() {
        news.add(1, ordering: .releasing)
        rest.wake()
    }

    func run() {
        while true {
            let seen = news.load(ordering: .acquiring)
            switch next() {
            case .job(let job):
                markBegin()
                job()
                end()
            case .wait: rest.wait(spinning: Self.spinTime) { news.load(ordering: .acquiring) != seen }
            case .end: return
            }
        }
    }

    private func next() -> Next {
        state.withLock { state in
            guard !state.isBusy else { return .wait }
            guard !state.waiting.isEmpty else { return state.isStopped ? .end : .wait }
            state.isBusy = true
            return .job(state.waiting.removeFirst())
        }
    }

    private func markBegin() { began.store(Int64(start.duration(to: .now) / .nanoseconds(1)), ordering: .relaxed) }

    /// Longer than the pause between two jobs of one caller, shorter than a turn of another process.
    private static let spinTime = Duration.microseconds(10)
}
