internal import Metrics
internal import Synchronization

/// How a host answers: how long it takes, compared with what was to be expected, and how often it does not answer.
final class HostHealth: Sendable {
    private struct State {
        var latency = LatencyTracker()
        var answers = 0
        /// Calls since the last answer that it refused or let pass their deadline.
        var lapses = 0
        /// Hedged calls since then that another host answered first.
        var outrun = 0
        var lastCall = ContinuousClock.now
        /// How many answers there were when its speed was last asked for.
        var answersAtLook = 0
        /// Of the fastest calls: what a call takes beside reading weights.
        var hopSeconds: Double?
    }
    private let state = Mutex(State())
    private let timer: Timer

    init(of host: String) { timer = Timer(label: "minimax_expert_call_seconds", dimensions: [("host", host)]) }

    /// The host is gone, and what Prometheus heard of it.
    func forget() { timer.destroy() }

    /// A call was answered.
    ///
    /// - Parameters:
    ///   - seconds: from the call to its answer.
    ///   - expected: what reading the weights and the way there should have taken, in seconds, above zero.
    func answered(after seconds: Double, expected: Double) {
        timer.recordSeconds(seconds)
        state.withLock { state in
            state.latency.record(seconds: seconds, expected: expected)
            state.answers += 1
            let hop = max(20e-6, seconds - max(0, expected - StepPrediction.hopSeconds))
            state.hopSeconds = min(hop, (state.hopSeconds ?? hop) * 1.01)
            (state.lapses, state.outrun, state.lastCall) = (0, 0, .now)
        }
    }

    /// How fast it read weights in recent calls, in bytes a second; nil where too few calls since this was last asked
    /// say anything.
    ///
    /// - Parameters:
    ///   - bandwidth: bytes a second, from which the `expected` seconds of these calls were computed.
    ///   - bytesMin: calls that read less do not count.
    func readSpeed(bandwidth: Double, bytesMin: Double) -> Double? {
        state.withLock { state in
            guard state.answers - state.answersAtLook >= Self.answersPerLook else { return nil }
            state.answersAtLook = state.answers
            return state.latency.readSpeed(bandwidth: bandwidth, bytesMin: bytesMin)
        }
    }

    private static let answersPerLook = 32

    /// What a call takes beside reading weights, in seconds; nil before the first.
    var hopSeconds: Double? { state.withLock { $0.hopSeconds } }

    /// It refused a call, let its deadline pass, or was outrun too often.
    ///
    /// - Returns: how often that was so since it answered last.
    func lapsed() -> Int {
        state.withLock { state in
            state.lapses += 1
            return state.lapses
        }
    }

    /// It refused a call.
    ///
    /// - Returns: whether `lapsesMax` calls or more were refused or late since it answered last.
    func lapsed(atMost lapsesMax: Int) -> Bool { lapsed() >= lapsesMax }

    /// Another host answered sooner.
    ///
    /// - Returns: whether that is so every time of late.
    func isOutrunOften() -> Bool {
        state.withLock { state in
            state.outrun += 1
            return state.outrun >= Self.outrunMax
        }
    }

    /// How long it has answered no call.
    var idleTime: Duration { state.withLock { $0.lastCall.duration(to: .now) } }

    private static let outrunMax = 3

    /// How long a call that should take `expected` seconds may take.
    func patience(expected: Double) -> LatencyTracker.Patience {
        state.withLock { $0.latency.patience(expected: expected) }
    }

    /// Seconds of recent answers at some quantiles; empty where there were none.
    func quantiles(_ places: [Double]) -> [Double] { state.withLock { $0.latency.quantiles(places) } }

    /// How many calls it has answered.
    var answerCount: Int { state.withLock { $0.answers } }
}
