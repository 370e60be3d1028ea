import Synchronization

/// How far a crowd of requests has come.
final class Progress: Sendable {
    private struct State {
        var tokens = 0
        var running = 0
    }
    private let state = Mutex(State())

    var tokens: Int { state.withLock { $0.tokens } }
    /// Nobody would bring more tokens.
    var isIdle: Bool { state.withLock { $0.running == 0 } }

    func begin() { state.withLock { $0.running += 1 } }
    func end() { state.withLock { $0.running -= 1 } }
    func token() { state.withLock { $0.tokens += 1 } }
}
