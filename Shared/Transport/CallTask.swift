import Synchronization

/// Lets an event loop cancel the one child task that runs a call.
///
/// A task group can only cancel all its tasks, and a task of its own would have no parent. So the child task registers
/// itself here for the length of its work; the lock is what makes `cancel` from outside sound: while it is held,
/// the task has not left `run`.
final class CallTask: Sendable {
    @safe private enum State: @unchecked Sendable {        // the task reference is used under the lock only
        case waiting
        case running(UnsafeCurrentTask)
        case cancelled
        case finished
    }

    private let state = Mutex(State.waiting)

    /// Runs the call's work in the current task. Work that was cancelled before it began runs in a cancelled task.
    func run<R: Sendable>(_ work: @Sendable () async -> R) async -> R {
        register()
        defer { state.withLock { $0 = .finished } }
        return await work()
    }

    func cancel() {
        state.withLock { state in
            switch state {
            case .waiting: state = .cancelled
            case .running(let task): unsafe task.cancel()
            case .cancelled, .finished: break
            }
        }
    }

    private func register() {
        unsafe withUnsafeCurrentTask { task in
            guard let task = unsafe task else { return }
            let registered = unsafe State.running(task)
            state.withLock { state in
                if case .cancelled = state { unsafe task.cancel() }
                state = registered
            }
        }
    }
}
