internal import Console
internal import Synchronization

/// Whether a service can serve, told by the service itself and shown by its admin server.
package final class Readiness: Sendable {
    /// Where a service stands between its start and its end.
    package enum State: Sendable, Equatable {
        /// Not yet: what it is doing, and how much of it is done, from 0 to 1.
        case loading(message: String, fraction: Double)
        case ready
        /// Finishing what it has begun; takes nothing new.
        case draining
        /// Ends what it has begun, too: why nothing of it can be finished.
        case ending(String)
    }

    private let state: Mutex<State>

    /// A service that has just started is loading, unless another state is given.
    package init(_ state: State = .loading(message: "starting", fraction: 0)) {
        self.state = Mutex(state)
    }

    /// The state at this moment.
    package var current: State { state.withLock { $0 } }

    /// Why the service ends without finishing what it has begun; nil where it does not.
    package var ending: String? { if case .ending(let reason) = current { reason } else { nil } }

    /// A stop is final: a load that finishes late does not make a stopping service ready.
    package func set(_ new: State) {
        state.withLock { old in
            switch (old, new) {
            case (.ending, _), (.draining, .loading), (.draining, .ready): break
            default: old = new
            }
        }
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
        case .ending(let reason): return "{\"status\":\"ending\",\"message\":\(jsonString(reason))}"
        }
    }
}
