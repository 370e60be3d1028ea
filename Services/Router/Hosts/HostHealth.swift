internal import Metrics
internal import Synchronization

/// How a host answers: how long it takes, compared with what was to be expected, and whether it is late now.
final class HostHealth: Sendable {
    private struct State {
        var latency = LatencyTracker()
        var answers = 0
        /// Calls without an answer since the last with one.
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
    private let suspicion = Atomic(false)
    private let timer: Timer

    init(of host: String) { timer = Timer(label: "minimax_expert_call_seconds", dimensions: [("host", host)]) }

    /// The host is gone, and what Prometheus heard of it.
    func forget() { timer.destroy() }

    /// It is asked only where nobody else is: it let a deadline pass, or is thought to have answered wrongly.
    var isSuspect: Bool { suspicion.load(ordering: .relaxed) }

    /// - Returns: whether this is news.
    func suspect() -> Bool { !suspicion.exchange(true, ordering: .relaxed) }
    func trust() -> Bool { suspicion.exchange(false, ordering: .relaxed) }

    func answered(after seconds: Double, expected: Double) {
        timer.recordSeconds(seconds)
        state.withLock { state in
            state.latency.record(seconds: seconds, expected: expected)
            state.answers += 1
            let hop = max(20e-6, seconds - max(0, expected - LayerWork.hopSeconds))
            state.hopSeconds = min(hop, (state.hopSeconds ?? hop) * 1.01)
            (state.lapses, state.outrun, state.lastCall) = (0, 0, .now)
        }
    }

    /// How fast it read weights in recent calls, in bytes a second; nil where too few calls since this was last asked say anything.
    ///
    /// - Parameters:
    ///   - bandwidth: the one by which calls were expected to take what they were.
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

    /// It did not answer.
    ///
    /// - Returns: whether that was so too often without an answer in between.
    func lapsed(atMost lapsesMax: Int) -> Bool {
        state.withLock { state in
            state.lapses += 1
            return state.lapses >= lapsesMax
        }
    }

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

    func patience(expected: Double) -> LatencyTracker.Patience { state.withLock { $0.latency.patience(expected: expected) } }

    /// Seconds of recent answers at some quantiles; empty where there were none.
    func quantiles(_ places: [Double]) -> [Double] { state.withLock { $0.latency.quantiles(places) } }

    var answerCount: Int { state.withLock { $0.answers } }
}

/// How long a host took lately, and from that how long it is waited for.
struct LatencyTracker {
    /// From when a call is late, in seconds.
    struct Patience: Equatable {
        /// Then another holder is asked beside it, where there is one.
        let hedge: Double
        /// Then it is asked no longer.
        let deadline: Double
    }

    private static let sampleCount = 128
    private static let hedgeMin = 0.01, deadlineMin = 1.0
    /// Before enough is known.
    private static let firstHedge = 1.0, firstDeadline = 10.0
    /// More than anyone waits, and little enough for every clock, whatever bandwidth a host has announced.
    private static let longest = 1e6

    /// Every so many answers is judged anew.
    private static let judgedEvery = 16

    private var samples: [(seconds: Double, ratio: Double)] = []
    private var next = 0
    private var ratios: (common: Double, worst: Double)?

    /// - Parameter expected: what reading the weights and the way there should have taken, in seconds, above zero.
    mutating func record(seconds: Double, expected: Double) {
        let sample = (seconds, seconds / expected)
        if samples.count < Self.sampleCount { samples.append(sample) } else { samples[next] = sample }
        next = (next + 1) % Self.sampleCount
        if next % Self.judgedEvery == 0 {
            let sorted = samples.map(\.ratio).sorted()
            ratios = (sorted[sorted.count * 95 / 100], sorted[sorted.count - 1])
        }
    }

    func patience(expected: Double) -> Patience {
        let (hedge, deadline) = ratios.map { (max(Self.hedgeMin, 3 * $0.common * expected), max(Self.deadlineMin, 10 * $0.worst * expected)) }
            ?? (Self.firstHedge + 100 * expected, Self.firstDeadline + 1000 * expected)
        return Patience(hedge: min(hedge, Self.longest), deadline: min(deadline, Self.longest))
    }

    /// The median of bytes a second, over calls that were to read at least `bytesMin`; nil where they are few.
    func readSpeed(bandwidth: Double, bytesMin: Double) -> Double? {
        let speeds = samples.compactMap { sample -> Double? in
            let bytes = (sample.seconds / sample.ratio - LayerWork.hopSeconds) * bandwidth
            return bytes >= bytesMin && bytes > 0 ? bytes / max(sample.seconds - LayerWork.hopSeconds, sample.seconds / 2) : nil
        }
        return speeds.count >= Self.speedSamplesMin ? speeds.middle : nil
    }

    private static let speedSamplesMin = 16

    func quantiles(_ places: [Double]) -> [Double] {
        guard !samples.isEmpty else { return [] }
        let seconds = samples.map(\.seconds).sorted()
        return places.map { seconds[min(seconds.count - 1, Int(Double(seconds.count) * $0))] }
    }
}
