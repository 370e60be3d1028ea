internal import Metrics
internal import Synchronization

/// How many sequences run at once, and how many may wait for a place. First come, first served.
final class Admission: Sendable {
    private struct Waiter {
        let id: UInt64
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var running = 0
        var waiting: [Waiter] = []
        var nextID: UInt64 = 0
        /// Cancelled before they began to wait.
        var abandoned: Set<UInt64> = []
    }

    let runningMax: Int
    let waitingMax: Int
    private let state = Mutex(State())
    // vLLM's names under our prefix, which dashboards and gateways know.
    private let runningGauge = Gauge(label: "minimax_num_requests_running")
    private let waitingGauge = Gauge(label: "minimax_num_requests_waiting")

    init(runningMax: Int, waitingMax: Int) {
        self.runningMax = runningMax
        self.waitingMax = waitingMax
    }

    var counts: (running: Int, waiting: Int) { state.withLock { ($0.running, $0.waiting.count) } }

    /// Runs `work` when there is a place for it.
    /// - Throws: `GenerationError.overloaded` at once where too many wait already; `CancellationError` if cancelled while waiting.
    func withPlace<R>(_ work: () async throws -> R) async throws -> R {
        try await enter()
        defer { leave() }
        return try await work()
    }

    private func report() {
        let counts = counts
        runningGauge.record(counts.running)
        waitingGauge.record(counts.waiting)
    }

    private func enter() async throws {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        let isAdmitted = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: Bool? = state.withLock { state in
                    if state.abandoned.remove(id) != nil { return false }
                    if state.running < runningMax {
                        state.running += 1
                        return true
                    }
                    if state.waiting.count >= waitingMax { return false }
                    state.waiting.append(Waiter(id: id, continuation: continuation))
                    return nil
                }
                report()
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                if let place = state.waiting.firstIndex(where: { $0.id == id }) { return state.waiting.remove(at: place) as Waiter? }
                state.abandoned.insert(id)
                return nil
            }
            waiter?.continuation.resume(returning: false)
        }
        state.withLock { _ = $0.abandoned.remove(id) }
        report()
        if isAdmitted { return }
        try Task.checkCancellation()
        throw GenerationError.overloaded("\(runningMax) sequences are being answered and \(waitingMax) wait; try again later")
    }

    /// Hands the place to the first who waits.
    private func leave() {
        let next: Waiter? = state.withLock { state in
            if state.waiting.isEmpty {
                state.running -= 1
                return nil
            }
            return state.waiting.removeFirst()
        }
        report()
        next?.continuation.resume(returning: true)
    }
}
