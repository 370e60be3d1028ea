internal import CoreMetrics
internal import Synchronization

/// One line (or, for a histogram, one block) of a family.
protocol PrometheusSeries: AnyObject, Sendable {
    func write(name: String, dimensions: [(String, String)], to text: inout PrometheusText)
}

/// A counter or a gauge.
final class NumberSeries: PrometheusSeries, CounterHandler, FloatingPointCounterHandler, MeterHandler, RecorderHandler {
    private let value = Mutex(0.0)

    func write(name: String, dimensions: [(String, String)], to text: inout PrometheusText) {
        text.sample(name, dimensions, value.withLock { $0 })
    }

    func increment(by amount: Int64) { increment(by: Double(amount)) }
    func increment(by amount: Double) { value.withLock { $0 += amount } }
    func decrement(by amount: Double) { value.withLock { $0 -= amount } }
    func reset() { value.withLock { $0 = 0 } }
    func set(_ new: Int64) { set(Double(new)) }
    func set(_ new: Double) { value.withLock { $0 = new } }
    func record(_ new: Int64) { set(Double(new)) }
    func record(_ new: Double) { set(new) }
}

/// How often a value fell up to each bound; timers are kept in seconds.
final class HistogramSeries: PrometheusSeries, TimerHandler, RecorderHandler {
    /// Half a millisecond (one hop) to ten minutes (a long prefill).
    static let secondBuckets = [
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600,
    ]
    /// For counts such as the tokens of a prompt: powers of four up to a million.
    static let countBuckets = (0 ... 10).map { Double(1 << (2 * $0)) }

    private struct Counts {
        var perBucket: [UInt64]        // one per bound and one beyond the last
        var sum = 0.0
    }
    private let buckets: [Double]
    private let counts: Mutex<Counts>

    init(buckets: [Double]) {
        self.buckets = buckets
        self.counts = Mutex(Counts(perBucket: Array(repeating: 0, count: buckets.count + 1)))
    }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }
    func record(_ value: Int64) { record(Double(value)) }
    func record(_ value: Double) {
        guard value.isFinite else { return }        // one NaN would spoil the sum for ever
        let bucket = buckets.firstIndex { value <= $0 } ?? buckets.count
        counts.withLock {
            $0.perBucket[bucket] += 1
            $0.sum += value
        }
    }

    func write(name: String, dimensions: [(String, String)], to text: inout PrometheusText) {
        let (perBucket, sum) = counts.withLock { ($0.perBucket, $0.sum) }
        var upTo: UInt64 = 0
        for (bound, count) in zip(buckets + [.infinity], perBucket) {
            upTo += count
            text.sample(name + "_bucket", dimensions + [("le", PrometheusText.number(bound))], Double(upTo))
        }
        text.sample(name + "_sum", dimensions, sum)
        text.sample(name + "_count", dimensions, Double(upTo))
    }
}
