package import CoreMetrics
internal import Probing
internal import Synchronization

/// Keeps what swift-metrics is told and shows it as Prometheus text.
///
/// A label of swift-metrics becomes a family (a counter's name ends in `_total`, a timer's in `_seconds`), its
/// dimensions become labels. A family holds a bounded number of series; what comes beyond is counted in one whose label
/// values are all `other`, so that a label fed from requests costs precision and never memory.
package final class PrometheusRegistry: MetricsFactory {
    /// The registry of this process.
    package static let shared = PrometheusRegistry()

    struct Family {
        enum Kind: String { case counter, gauge, histogram }
        let kind: Kind
        let buckets: [Double]
        var series: [[Dimension]: any PrometheusSeries] = [:]
    }
    struct Dimension: Hashable, Comparable {
        let name: String, value: String
        static func < (a: Dimension, b: Dimension) -> Bool { (a.name, a.value) < (b.name, b.value) }
    }

    private let families = Mutex<[String: Family]>([:])
    private let helpTexts = Mutex<[String: String]>([:])
    private let aliases = Mutex<[String: String]>([:])
    private let seriesMax: Int
    private let wider = Mutex<[String: Int]>([:])

    /// - Parameter seriesMax: how many series a family holds before the rest is counted as `other`.
    package init(seriesMax: Int = 256) { self.seriesMax = seriesMax }

    /// Sets the help line of a metric, named as in the exposition or as given to swift-metrics.
    package func describe(_ name: String, _ help: String) {
        helpTexts.withLock { $0[PrometheusText.name(name)] = help }
    }

    /// Sets the help lines of several metrics.
    package func describe(_ texts: [(name: String, help: String)]) {
        for text in texts { describe(text.name, text.help) }
    }

    /// Shows the metric `name` a second time, under a name that other systems' dashboards ask for.
    package func alias(_ name: String, as alias: String) {
        aliases.withLock { $0[PrometheusText.name(name)] = PrometheusText.name(alias) }
    }

    /// Lets a family have more series than others: one whose label values no request can make up.
    package func widen(_ name: String, to seriesMax: Int) {
        wider.withLock { $0[PrometheusText.name(name)] = seriesMax }
    }

    /// Everything in text exposition format 0.0.4, families by name, with what the system tells about this process.
    package func text() -> String {
        let helpTexts = helpTexts.withLock { $0 }
        let families = families.withLock { $0 }
        let aliases = aliases.withLock { $0 }
        var text = PrometheusText()
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            let help =
                helpTexts[name] ?? helpTexts[PrometheusText.bareName(name)]
                ?? "\(PrometheusText.bareName(name)), as seen by this process."
            text.append(family, named: name, help: help)
        }
        for (name, alias) in aliases.sorted(by: { $0.value < $1.value }) {
            if let family = families[name] { text.append(family, named: alias, help: "The same as \(name).") }
        }
        if let switches = ContextSwitches.ofThisProcess() { text.append(switches) }
        if let usage = ProcessUsage.ofThisProcess() { text.append(usage) }
        return text.value
    }

    // MARK: MetricsFactory

    /// Counts whole numbers, in a family whose name ends in `_total`.
    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        number(.counter, label, dimensions, suffix: "_total")
    }
    /// Counts fractions too, in a family whose name ends in `_total`.
    package func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        number(.counter, label, dimensions, suffix: "_total")
    }
    /// Shows the latest value, as a gauge.
    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        number(.gauge, label, dimensions)
    }
    /// Shows a histogram of all values where they are aggregated, else the latest value as a gauge.
    package func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        aggregate ? histogram(label, dimensions, HistogramSeries.countBuckets) : number(.gauge, label, dimensions)
    }
    /// Shows a histogram of durations in seconds, in a family whose name ends in `_seconds`.
    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        histogram(label, dimensions, HistogramSeries.secondBuckets, suffix: "_seconds")
    }

    /// Takes the counter's series out of the text.
    package func destroyCounter(_ handler: any CounterHandler) { remove(handler) }
    /// Takes the counter's series out of the text.
    package func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { remove(handler) }
    /// Takes the meter's series out of the text.
    package func destroyMeter(_ handler: any MeterHandler) { remove(handler) }
    /// Takes the recorder's series out of the text.
    package func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }
    /// Takes the timer's series out of the text.
    package func destroyTimer(_ handler: any TimerHandler) { remove(handler) }

    private func number(
        _ kind: Family.Kind, _ label: String, _ dimensions: [(String, String)], suffix: String = ""
    ) -> NumberSeries {
        series(kind, PrometheusText.name(label, suffix: suffix), dimensions, buckets: []) { NumberSeries() }
    }

    private func histogram(
        _ label: String, _ dimensions: [(String, String)], _ buckets: [Double], suffix: String = ""
    ) -> HistogramSeries {
        series(.histogram, PrometheusText.name(label, suffix: suffix), dimensions, buckets: buckets) {
            HistogramSeries(buckets: buckets)
        }
    }

    /// The series of these dimensions; a name that already belongs to another kind gets one that is kept out of the
    /// text, since a family may have one type only.
    private func series<S: PrometheusSeries>(
        _ kind: Family.Kind, _ name: String, _ dimensions: [(String, String)], buckets: [Double], make: () -> S
    ) -> S {
        let seriesMax = wider.withLock { $0[name] } ?? seriesMax
        return families.withLock { families in
            var family = families[name] ?? Family(kind: kind, buckets: buckets)
            guard family.kind == kind, family.buckets == buckets else { return make() }
            var key = dimensions.map { Dimension(name: PrometheusText.labelName($0.0), value: $0.1) }.sorted()
            if family.series[key] == nil, family.series.count >= seriesMax {
                key = key.map { Dimension(name: $0.name, value: "other") }
            }
            if let known = family.series[key] as? S { return known }
            let new = make()
            family.series[key] = new
            families[name] = family
            return new
        }
    }

    private func remove(_ handler: AnyObject) {
        families.withLock { families in
            for (name, family) in families {
                guard let key = family.series.first(where: { $0.value === handler })?.key else { continue }
                families[name]?.series[key] = nil
                if families[name]?.series.isEmpty == true { families[name] = nil }
            }
        }
    }
}
