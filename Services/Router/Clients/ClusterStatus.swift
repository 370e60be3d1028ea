internal import Cluster
internal import Synchronization

/// What the cluster still lacks before it can answer; read by every request, written as processes come and go, shown by `/readyz`.
final class ClusterStatus: Sendable {
    private struct State {
        var attention: String? = "the attention service is not connected"
        var experts: String? = "no expert host is connected"
        var missing: String? { attention ?? experts }
    }
    private let state = Mutex(State())
    private let readiness: Readiness

    init(readiness: Readiness) { self.readiness = readiness }

    /// A sentence, or nil when nothing is missing.
    var missing: String? { state.withLock { $0.missing } }

    func setAttention(missing: String?) { change { $0.attention = missing } }
    func setExperts(missing: String?) { change { $0.experts = missing } }

    private func change(_ body: (inout State) -> Void) {
        state.withLock { state in
            body(&state)
            let done = [state.attention, state.experts].count { $0 == nil }
            readiness.set(state.missing.map { .loading(message: $0, fraction: Double(done) / 2) } ?? .ready)
        }
    }
}
