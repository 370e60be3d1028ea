internal import Synchronization

/// A value that becomes known once, and that any number of tasks wait for.
final class Awaited<Value: Sendable>: Sendable {
    private enum State {
        case unknown([CheckedContinuation<Value, any Error>])
        case known(Result<Value, any Error>)
    }
    private let state = Mutex(State.unknown([]))

    /// Only the first call counts.
    func become(_ result: Result<Value, any Error>) {
        let waiting = state.withLock { state -> [CheckedContinuation<Value, any Error>] in
            guard case .unknown(let waiting) = state else { return [] }
            state = .known(result)
            return waiting
        }
        for continuation in waiting { continuation.resume(with: result) }
    }

    /// Waits until the value is known, whether or not the task is cancelled: somebody must call `become` in any case.
    var value: Value {
        get async throws {
            try await withCheckedThrowingContinuation { continuation in
                let known = state.withLock { state -> Result<Value, any Error>? in
                    switch state {
                    case .known(let result): return result
                    case .unknown(let waiting):
                        state = .unknown(waiting + [continuation])
                        return nil
                    }
                }
                if let known { continuation.resume(with: known) }
            }
        }
    }
}
