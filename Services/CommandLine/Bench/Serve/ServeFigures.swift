/// What a load came to.
struct ServeFigures: Sendable {
    /// One figure: its name for programs, what people see, and its unit.
    struct Figure: Sendable, Equatable {
        let name: String
        let label: String
        let value: Double
        let unit: String
    }

    let records: [RequestRecord]
    /// How long it took from the first request to the end of the last one.
    let seconds: Double
    let targets: ServeTargets
    let trend: UsageTrend?

    init(_ records: [RequestRecord], targets: ServeTargets, trend: UsageTrend?) {
        self.init(records, seconds: records.map(\.ended).max() ?? .nan, targets: targets, trend: trend)
    }

    private init(_ records: [RequestRecord], seconds: Double, targets: ServeTargets, trend: UsageTrend?) {
        self.records = records
        self.seconds = seconds
        self.targets = targets
        self.trend = trend
    }

    /// Refusals because of load are no fault, and hang-ups are our own.
    var faults: [String] { records.compactMap(\.outcome.reason) }

    var figures: [Figure] { rates + times + outcomes + keys + usage }

    private func count(_ kind: Outcome.Kind) -> Int { records.count { $0.outcome.kind == kind } }

    private var rates: [Figure] {
        let good = records.count { targets.areMet(by: $0) }
        let tokens = records.reduce(0) { $0 + $1.tokens.count }
        let lastSent = records.map(\.sent).max() ?? .nan
        var rates = [
            Figure(name: "offered", label: "offered", value: Double(records.count) / lastSent, unit: "requests/s"),
            Figure(name: "requests", label: "answered", value: Double(count(.ok)) / seconds, unit: "requests/s"),
        ]
        if targets.isGiven {
            let label = "answered within the targets"
            rates.append(Figure(name: "goodput", label: label, value: Double(good) / seconds, unit: "requests/s"))
        }
        return rates
            + [Figure(name: "throughput", label: "generated", value: Double(tokens) / seconds, unit: "tokens/s")]
    }

    /// Slow readers' times are their own.
    private var times: [Figure] {
        let readers = records.filter { $0.item.behaviour != .readsSlowly }
        let whole = readers.filter { $0.outcome == .ok }.map { $0.ended - $0.sent }
        return Self.spread(
            "ttft", "first token", readers.compactMap(\.secondsToFirst).map { $0 * 1000 }, [50, 90, 95, 99], "ms")
            + Self.spread("itl", "between tokens", readers.flatMap(\.gaps).map { $0 * 1000 }, [50, 95, 99, 100], "ms")
            + Self.spread("e2e", "whole answer", whole, [50, 99], "s")
    }

    private var outcomes: [Figure] {
        Outcome.Kind.allCases.map {
            Figure(name: "outcome.\($0.rawValue)", label: $0.label, value: Double(count($0)), unit: "requests")
        }
    }

    private var keys: [Figure] {
        Set(records.compactMap(\.item.key)).sorted().flatMap { key in
            let own = ServeFigures(
                records.filter { $0.item.key == key }, seconds: seconds, targets: targets, trend: nil)
            return (own.rates + own.times + own.outcomes).map {
                Figure(name: "key.\(key).\($0.name)", label: "\(key): \($0.label)", value: $0.value, unit: $0.unit)
            }
        }
    }

    private var usage: [Figure] {
        guard let trend else { return [] }
        func figures(_ name: String, _ unit: String, _ value: (ClusterUsage) -> Double) -> [Figure] {
            let (warm, end) = (value(trend.warm), value(trend.end))
            let moments = [
                ("before", value(trend.before)), ("warm", warm), ("end", end), ("after", value(trend.after)),
                ("growth", end - warm),
            ]
            return moments.map { Figure(name: "\(name).\($0)", label: "\(name), \($0)", value: $1, unit: unit) }
        }
        return figures("memory", "MB") { Double($0.anonymousBytes) / 1e6 }
            + figures("descriptors", "open") {
                Double($0.descriptors)
            }
    }

    /// - Parameter percents: 100 is the largest.
    private static func spread(
        _ name: String, _ label: String, _ samples: [Double], _ percents: [Int], _ unit: String
    ) -> [Figure] {
        let sorted = samples.sorted()
        return percents.map { percent in
            let short = percent == 100 ? "max" : "p\(percent)"
            return Figure(
                name: "\(name).\(short)", label: "\(label), \(short)", value: percentile(Double(percent), of: sorted),
                unit: unit)
        }
    }
}

extension Outcome.Kind {
    /// What people see.
    var label: String {
        switch self {
        case .ok: "answered right"
        case .tooMany: "refused with 429"
        case .unavailable: "refused with 503"
        case .hungUp: "hung up by us"
        case .failed: "failed"
        case .wrongEnding: "ended wrong"
        }
    }
}
