internal import TerminalOutput

/// What a cluster came to with different numbers of threads.
struct ThreadsFigures: Sendable {
    /// What is measured at every number of threads.
    struct Case: Sendable, Equatable {
        /// The part of a measurement's name, for example `decode.batch16`.
        let name: String
        /// The number of tokens of a step, or of the whole prompt.
        let tokens: Double
        /// The bytes that these tokens read at least; nil where reading is no limit.
        let bytes: Double?
        /// The floating-point operations of these tokens.
        let operations: Double

        /// How many tokens a second the machine allows.
        func ceiling(readBandwidth: Double, peak: Double) -> Double? {
            let limits = [bytes.map { readBandwidth / $0 }, peak / operations].compactMap(\.self)
            return limits.filter(\.isFinite).min().map { $0 * tokens }
        }
    }

    /// What one round found at one number of threads.
    struct Sample: Sendable {
        /// Tokens a second, for each case.
        let rates: [Double]
        /// Bytes a second.
        let readBandwidth: Double
        /// Operations a second; NaN where no peak is known.
        let peak: Double
    }

    /// The beginning of all measurements' names, for example `threads.bf16.exact`.
    let what: String
    let cases: [Case]
    private(set) var threads: [Int] = []
    private var samples = Samples()

    init(what: String, cases: [Case]) {
        self.what = what
        self.cases = cases
    }

    mutating func add(_ sample: Sample, threads count: Int) {
        if !threads.contains(count) { threads.append(count) }
        for (item, rate) in zip(cases, sample.rates) { samples.add(rate, to: "\(count).\(item.name)") }
        samples.add(sample.readBandwidth, to: "\(count).read")
        samples.add(sample.peak, to: "\(count).peak")
    }

    private func speed(_ item: Case, _ count: Int) -> Measurement {
        Measurement(
            name: "\(what).threads\(count).\(item.name)", value: samples["\(count).\(item.name)"], unit: "tokens/s",
            ceiling: item.ceiling(readBandwidth: samples["\(count).read"], peak: samples["\(count).peak"]))
    }

    /// How many times the speed with the first number of threads.
    private func growth(_ item: Case, _ count: Int) -> Measurement {
        let first = samples["\(threads[0]).\(item.name)"]
        let value = samples["\(count).\(item.name)"] / first
        return Measurement(name: "\(what).threads\(count).\(item.name).growth", value: value, unit: "ratio")
    }

    private func read(_ count: Int) -> Measurement {
        Measurement(name: "\(what).threads\(count).read", value: samples["\(count).read"] / 1e9, unit: "GB/s")
    }

    var measurements: [Measurement] {
        threads.flatMap { count in cases.map { speed($0, count) } }
            + threads.flatMap { count in cases.map { growth($0, count) } }
            + threads.map(read)
    }

    /// A row for each number of threads: for each case tokens a second, how many times that of the first, and the share
    /// of the ceiling.
    var table: TextTable {
        let header = ["threads", "read GB/s"] + cases.flatMap { ["\($0.name) tokens/s", "growth", "share"] }
        return TextTable(
            header: header,
            rows: threads.map { count in
                ["\(count)", figure(read(count).value)]
                    + cases.flatMap { item in
                        let speed = speed(item, count)
                        let growth = decimal(growth(item, count).value, places: 2)
                        return [figure(speed.value), growth, speed.share.map(percent) ?? "–"]
                    }
            })
    }
}
