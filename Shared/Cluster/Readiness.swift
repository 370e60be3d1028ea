internal import Synchronization

/// Whether a service can serve, told by the service itself and shown by its admin server.
package final class Readiness: Sendable {
    package enum State: Sendable, Equatable {
        /// Not yet: what it is doing, and how much of it is done, from 0 to 1.
        case loading(message: String, fraction: Double)
        case ready
        /// Finishing what it has begun; takes nothing new.
        case draining
    }

    private let state: Mutex<State>

    package init(_ state: State = .loading(message: "starting", fraction: 0)) {
        self.state = Mutex(state)
    }

    package var current: State { state.withLock { $0 } }

    /// Draining is final: a load that finishes late does not make a stopping service ready.
    package func set(_ new: State) {
        state.withLock { if $0 != .draining { $0 = new } }
    }
}

extension Readiness.State {
    /// What `/readyz` answers, as JSON.
    package var json: String {
        switch self {
        case .loading(let message, let fraction):
            let progress = fraction.isFinite ? min(max(fraction, 0), 1) : 0
            return "{\"status\":\"loading\",\"message\":\(jsonString(message)),\"progress\":\(progress)}"
        case .ready: return "{\"status\":\"ready\"}"
        case .draining: return "{\"status\":\"draining\"}"
        }
    }
}
