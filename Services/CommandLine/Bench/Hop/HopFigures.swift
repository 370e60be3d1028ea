internal import TerminalOutput

/// Round-trip times of all sizes, as measurements and as a table.
struct HopFigures: Sendable {
    private static let percentiles = [("p50", 50.0), ("p99", 99), ("p99.9", 99.9)]

    private(set) var sizes: [HopLane.Size] = []
    private var samples = Samples()

    mutating func add(_ round: HopLane.Round, of size: HopLane.Size) {
        if !sizes.contains(where: { $0.name == size.name }) { sizes.append(size) }
        for (name, percent) in Self.percentiles {
            samples.add(percentile(percent, of: round.ours) * 1e6, to: "\(size.name).\(name)")
            samples.add(percentile(percent, of: round.raw) * 1e6, to: "raw.\(size.name).\(name)")
        }
    }

    /// Times in µs, the raw socket's as ceilings; for large bodies the bandwidth of both directions together as well.
    var measurements: [Measurement] { sizes.flatMap { times($0) + [bandwidth($0)].compactMap(\.self) } }

    private func times(_ size: HopLane.Size) -> [Measurement] {
        Self.percentiles.map { name, _ in
            Measurement(
                name: "hop.\(size.name).\(name)", value: samples["\(size.name).\(name)"], unit: "µs",
                ceiling: samples["raw.\(size.name).\(name)"], better: .lower)
        }
    }

    private func bandwidth(_ size: HopLane.Size) -> Measurement? {
        guard size.bytes >= 1 << 20, let median = times(size).first, let raw = median.ceiling else { return nil }
        func rate(_ microseconds: Double) -> Double { Double(2 * size.bytes) / microseconds / 1e3 }
        return Measurement(
            name: "hop.\(size.name).bandwidth", value: rate(median.value), unit: "GB/s", ceiling: rate(raw))
    }

    /// A row for each size: our times, the raw socket's, how many times longer ours are, and bandwidths.
    var table: TextTable {
        let names = Self.percentiles.map(\.0)
        let header =
            [""] + names.map { "\($0) µs" } + names.map { "raw \($0) µs" } + names.map { "\($0) ratio" } + [
                "GB/s", "raw GB/s", "share",
            ]
        return TextTable(header: header, rows: sizes.map(row))
    }

    private func row(_ size: HopLane.Size) -> [String] {
        let times = times(size)
        let rate = bandwidth(size)
        return [size.name] + times.map { figure($0.value) } + times.map { figure($0.ceiling ?? .nan) }
            + times.map { decimal(1 / ($0.share ?? .nan), places: 2) }
            + [rate.map { figure($0.value) } ?? "", rate?.ceiling.map(figure) ?? "", rate?.share.map(percent) ?? ""]
    }
}
