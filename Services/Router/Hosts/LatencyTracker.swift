/// How long a host took lately, and from that how long it is waited for.
struct LatencyTracker {
    /// How long a call may take, in seconds from its start.
    struct Patience: Equatable {
        /// After this another holder is asked as well, where there is one.
        let hedge: Double
        /// After this the call is given up: the host is late.
        let deadline: Double
    }

    private static let sampleCount = 128
    private static let hedgeMin = 0.01, deadlineMin = 1.0
    /// Before enough is known.
    private static let firstHedge = 1.0, firstDeadline = 10.0
    /// An upper limit in seconds: a host that announces a tiny bandwidth must not make a time that overflows a clock.
    private static let longest = 1e6

    /// After this many answers each, the ratios are computed anew.
    private static let judgedEvery = 16

    /// How long each recent answer took: in seconds, and divided by the seconds that were expected.
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

    /// - Parameter expected: what a call should take, in seconds.
    func patience(expected: Double) -> Patience {
        let (hedge, deadline) =
            ratios.map {
                (max(Self.hedgeMin, 3 * $0.common * expected), max(Self.deadlineMin, 10 * $0.worst * expected))
            } ?? (Self.firstHedge + 100 * expected, Self.firstDeadline + 1000 * expected)
        return Patience(hedge: min(hedge, Self.longest), deadline: min(deadline, Self.longest))
    }

    /// The median of bytes a second, over calls that were to read at least `bytesMin`; nil where they are few.
    func readSpeed(bandwidth: Double, bytesMin: Double) -> Double? {
        let speeds = samples.compactMap { sample -> Double? in
            let bytes = (sample.seconds / sample.ratio - StepPrediction.hopSeconds) * bandwidth
            guard bytes >= bytesMin, bytes > 0 else { return nil }
            return bytes / max(sample.seconds - StepPrediction.hopSeconds, sample.seconds / 2)
        }
        return speeds.count >= Self.speedSamplesMin ? speeds.middle : nil
    }

    private static let speedSamplesMin = 16

    /// Seconds of recent answers at some quantiles, each from 0 to 1; empty where there were none.
    func quantiles(_ places: [Double]) -> [Double] {
        guard !samples.isEmpty else { return [] }
        let seconds = samples.map(\.seconds).sorted()
        return places.map { seconds[min(seconds.count - 1, Int(Double(seconds.count) * $0))] }
    }
}
