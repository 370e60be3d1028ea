internal import Cluster
internal import Synchronization

/// What the cluster still lacks before it can answer; read by every request, written as processes come and go, shown by `/readyz`.
final class ClusterStatus: Sendable {
    private struct State {
        var attention: String? = "the attention service is not connected"
        var experts: String? = "no expert host is connected"
        var expertsFraction = 0.0
        var missing: String? { attention ?? experts }
        /// Of both halves.
        var fraction: Double { ((attention == nil ? 1 : 0) + (experts == nil ? 1 : expertsFraction)) / 2 }
    }
    private let state = Mutex(State())
    private let readiness: Readiness

    init(readiness: Readiness) { self.readiness = readiness }

    /// A sentence, or nil when nothing is missing.
    var missing: String? { state.withLock { $0.missing } }

    func setAttention(missing: String?) { change { $0.attention = missing } }

    /// - Parameter fraction: how much of the experts is there, from 0 to 1.
    func setExperts(missing: String?, fraction: Double = 1) { change { ($0.experts, $0.expertsFraction) = (missing, fraction) } }

    private func change(_ body: (inout State) -> Void) {
        state.withLock { state in
            body(&state)
            readiness.set(state.missing.map { .loading(message: $0, fraction: state.fraction) } ?? .ready)
        }
    }
}
