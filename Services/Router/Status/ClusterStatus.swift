internal import Admin
internal import Synchronization

/// What the cluster still lacks before it can answer; read by every request, written as processes come and go, shown by
/// `/readyz`.
///
/// Probes are told at once. A new request waits a short time (`admit`). A request that was taken before waits longer,
/// until its time is over (`hopeless`).
final class ClusterStatus: Sendable {
    private struct State {
        var attention: String? = "the attention service is not connected"
        /// Since when it is missing.
        var attentionSince = ContinuousClock.now
        var experts: String? = "no expert host is connected"
        var expertsFraction = 0.0
        /// Since when experts are missing that nobody loads.
        var expertsSince = ContinuousClock.now
        /// New requests that wait for what is missing.
        var admitting = 0
        var missing: String? { attention ?? experts }
        /// How much of the cluster is there, from 0 to 1: the mean of attention's share and the experts'.
        var fraction: Double { ((attention == nil ? 1 : 0) + (experts == nil ? 1 : expertsFraction)) / 2 }
    }
    private let state = Mutex(State())
    private let readiness: Readiness
    /// How long requests that were taken wait for what is missing.
    private let patience: Duration

    init(readiness: Readiness, patience: Duration = .seconds(30)) {
        self.readiness = readiness
        self.patience = patience
    }

    /// A sentence, or nil when nothing is missing.
    var missing: String? { ending ?? state.withLock { $0.missing } }

    /// Why the router ends without finishing what it has begun; nil where it does not.
    var ending: String? { readiness.ending }

    /// Whether steps can be computed, as far as the attention service goes.
    var isAttentionThere: Bool { state.withLock { $0.attention == nil } }

    /// What is missing where no request waits for it any longer; nil while there is hope.
    var hopeless: String? { state.withLock { hopelessAttention($0) ?? hopelessExperts($0) } }

    private func hopelessAttention(_ state: State) -> String? {
        state.attentionSince.duration(to: .now) >= patience ? state.attention : nil
    }

    /// Whether experts have been missing for so long that nobody waits for them any longer.
    var areExpertsHopeless: Bool { state.withLock { hopelessExperts($0) != nil } }

    private func hopelessExperts(_ state: State) -> String? {
        state.expertsSince.duration(to: .now) >= patience ? state.experts : nil
    }

    func setAttention(missing: String?) {
        change { state in
            if state.attention == nil { state.attentionSince = .now }
            state.attention = missing
        }
    }

    /// - Parameters:
    ///   - fraction: how much of the experts is there, from 0 to 1.
    ///   - isBeingLoaded: hosts are loading what is missing; for as long as they do, there is hope.
    func setExperts(missing: String?, fraction: Double = 1, isBeingLoaded: Bool = false) {
        change { state in
            if state.experts == nil || isBeingLoaded { state.expertsSince = .now }
            (state.experts, state.expertsFraction) = (missing, fraction)
        }
    }

    private func change(_ body: (inout State) -> Void) {
        state.withLock { state in
            body(&state)
            readiness.set(state.missing.map { .loading(message: $0, fraction: state.fraction) } ?? .ready)
        }
    }

    /// Waits until nothing is missing, so that a process which starts again at once costs a new request nothing but
    /// time.
    ///
    /// - Parameter isWanted: whether the client is still there.
    /// - Throws: `GenerationError.unavailable` where something is still missing after `wait`, or at once where too many
    ///   wait already or the router ends.
    func admit(within wait: Duration, while isWanted: () -> Bool) async throws {
        guard let missing else { return }
        let mayWait = state.withLock { state in
            state.admitting += 1
            return state.admitting <= Self.admittingMax
        }
        defer { state.withLock { $0.admitting -= 1 } }
        guard mayWait else { throw GenerationError.unavailable(missing) }
        let end = ContinuousClock.now + wait
        while let missing = self.missing {
            guard isWanted(), ending == nil, ContinuousClock.now < end else {
                throw GenerationError.unavailable(missing)
            }
            try await Task.sleep(for: Self.admitPeriod)
        }
    }

    private static let admittingMax = 256
    private static let admitPeriod = Duration.milliseconds(20)
}
