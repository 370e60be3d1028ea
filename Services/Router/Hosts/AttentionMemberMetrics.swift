internal import Checkpoint
internal import Metrics

/// What Prometheus hears of attention services: how many there are, and how each of them stands and what it has.
struct AttentionMemberMetrics {
    /// One service as its gauges show it.
    struct View: Equatable {
        let name: String
        /// As `Member.state` says it.
        let standing: String
        /// Bytes that it has for states.
        let memoryBytes: Int
        /// Nil while it is used for nothing.
        let use: AttentionUse?
    }

    /// One line of the text: a metric and its labels.
    private struct Series: Hashable {
        let metric: String
        let member: String
        var standing: String?

        var dimensions: [(String, String)] { [("member", member)] + (standing.map { [("standing", $0)] } ?? []) }
    }

    private let factory: any MetricsFactory
    private let lost: Counter
    private let connected: Gauge
    private var gauges: [Series: Gauge] = [:]

    init(factory: any MetricsFactory = MetricsSystem.factory) {
        self.factory = factory
        lost = Counter(label: "minimax_attention_services_lost_total", factory: factory)
        connected = Gauge(label: "minimax_attention_services_connected", factory: factory)
    }

    /// A service is gone.
    func countLoss() { lost.increment() }

    func record(connected count: Int) { connected.record(count) }

    /// Shows these services as they are, and no others: what is told of one that is gone goes with it.
    mutating func record(_ views: [View]) {
        let values = Dictionary(views.flatMap(Self.values)) { $1 }
        for (series, gauge) in gauges where values[series] == nil {
            gauge.destroy()
            gauges[series] = nil
        }
        for (series, value) in values {
            if gauges[series] == nil {
                gauges[series] = Gauge(label: series.metric, dimensions: series.dimensions, factory: factory)
            }
            gauges[series]?.record(value)
        }
    }

    /// A service without a part has no number for it: 0 would be a part, too.
    private static func values(of view: View) -> [(Series, Int)] {
        var values: [(Series, Int)] = [
            (Series(metric: "minimax_attention_member_standing", member: view.name, standing: view.standing), 1)
        ]
        func add(_ metric: String, _ value: Int?) {
            if let value {
                values.append((Series(metric: "minimax_attention_member_\(metric)", member: view.name), value))
            }
        }
        add("part_index", view.use?.part?.index)
        add("part_count", view.use?.part?.count)
        add("replica", view.use?.replica)
        add("sequences", view.use?.sequences ?? 0)
        add("kept_bytes", view.use?.keptBytes ?? 0)
        add("memory_bytes", view.memoryBytes)
        return values
    }
}
