internal import Synchronization

/// Tells requests that their client has hung up, which otherwise shows only when something is written. One per
/// connection.
final class HangUpWatch: Sendable {
    private struct State {
        var isHungUp = false
        var nextKey = 0
        var actions: [Int: @Sendable () -> Void] = [:]
    }
    private let state = Mutex(State())

    var isHungUp: Bool { state.withLock { $0.isHungUp } }

    /// Has `action` run once when the client hangs up; at once if it has done so already. Ends with `unwatch`.
    func watch(_ action: @escaping @Sendable () -> Void) -> Int {
        let key = state.withLock { state -> Int? in
            guard !state.isHungUp else { return nil }
            state.nextKey += 1
            state.actions[state.nextKey] = action
            return state.nextKey
        }
        if key == nil { action() }
        return key ?? 0        // 0 is nobody's key
    }

    func unwatch(_ key: Int) { state.withLock { _ = $0.actions.removeValue(forKey: key) } }

    /// The client hung up. One that closes its sending side counts as gone, as with other HTTP servers.
    func hangUp() {
        let actions = state.withLock { state in
            state.isHungUp = true
            defer { state.actions = [:] }
            return Array(state.actions.values)
        }
        for action in actions { action() }
    }
}
