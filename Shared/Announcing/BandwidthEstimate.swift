/// How fast this process reads from memory: the median of its latest measurements, since any one of them may have met a
/// busy machine.
struct BandwidthEstimate: Sendable {
    private static let latestCount = 7

    private var latest: [Double] = []
    /// How many measurements count.
    var count: Int { latest.count }

    /// - Parameter bytesPerSecond: above zero.
    init(first bytesPerSecond: Double) { latest = [bytesPerSecond] }

    /// - Parameter bytesPerSecond: anything that is no number above zero is left out.
    mutating func add(_ bytesPerSecond: Double) {
        guard bytesPerSecond >= 1, bytesPerSecond.isFinite else { return }
        latest = latest.suffix(Self.latestCount - 1) + [bytesPerSecond]
    }

    var bytesPerSecond: Double {
        let sorted = latest.sorted()
        return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
    }

    /// How long to wait before each measurement after the first: several in the first two minutes, then one now and
    /// then, so that a process that becomes slow is noticed. At random, so that processes which start together do not
    /// measure together.
    ///
    /// - Parameter index: 0 for the second measurement.
    static func pause(before index: Int, using random: inout some RandomNumberGenerator) -> Duration {
        let seconds = firstPauses.indices.contains(index) ? firstPauses[index] : laterPause
        return .seconds(seconds * Double.random(in: 0.5 ... 1.5, using: &random))
    }

    private static let firstPauses = [3.0, 6, 9, 9, 9, 12, 12, 15], laterPause = 120.0
}
