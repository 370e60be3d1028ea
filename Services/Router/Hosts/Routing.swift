internal import Synchronization

/// The routing table of the moment: read by every layer of every step, replaced when hosts come, go or load something.
final class Routing: Sendable {
    private struct State {
        var table = RoutingTable()
        var waiting: [CheckedContinuation<Void, Never>] = []
    }
    private let state = Mutex(State())

    var table: RoutingTable { state.withLock { $0.table } }

    /// Replaces the table, whatever its serial says.
    func publish(_ table: RoutingTable) {
        state.withLock { state in
            let serial = state.table.serial + 1
            state.table = table
            state.table.serial = serial
        }
        signal()
    }

    /// Lets everyone who waits look again.
    func signal() {
        let waiting = state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Waits for a table after the one with `serial`, for the next signal, or until the task is cancelled.
    func wait(after serial: Int) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isPast = state.withLock { state in
                    guard state.table.serial == serial, !Task.isCancelled else { return true }
                    state.waiting.append(continuation)
                    return false
                }
                if isPast { continuation.resume() }
            }
        } onCancel: {
            signal()
        }
    }
}
