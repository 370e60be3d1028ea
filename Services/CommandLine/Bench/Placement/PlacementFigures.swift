internal import TerminalOutput

/// What decoding in each placement came to, round by round.
struct PlacementFigures: Sendable {
    /// The reference first.
    let cases: [PlacementCase]
    let batches: [Int]
    private var samples = Samples()

    init(cases: [PlacementCase], batches: [Int]) {
        self.cases = cases
        self.batches = batches
    }

    /// A round is compared with its own reference, since a machine's speed is not the same all the time.
    ///
    /// - Parameters:
    ///   - rates: tokens a second, by case and batch.
    ///   - ceilings: what reading alone would have allowed, likewise.
    mutating func add(_ rates: [[Double]], ceilings: [[Double]]) {
        for ((placement, found), most) in zip(zip(cases, rates), ceilings) {
            for (index, batch) in batches.enumerated() {
                samples.add(found[index], to: Self.name(placement, batch))
                samples.add(most[index], to: Self.ceilingName(placement, batch))
                samples.add(found[index] / rates[0][index], to: Self.ratioName(placement, batch))
            }
        }
    }

    private static func name(_ placement: PlacementCase, _ batch: Int) -> String { "\(placement.name).batch\(batch)" }
    private static func ceilingName(_ placement: PlacementCase, _ batch: Int) -> String {
        "\(name(placement, batch)).ceiling"
    }
    private static func ratioName(_ placement: PlacementCase, _ batch: Int) -> String {
        "\(name(placement, batch)).ratio"
    }

    /// Rates, then ratios. - Parameter what: as `placement.bf16.exact`.
    func measurements(_ what: String) -> [Measurement] {
        let all = cases.flatMap { placement in batches.map { (placement, $0) } }
        return all.map { placement, batch in
            let name = Self.name(placement, batch)
            return Measurement(
                name: "\(what).\(name)", value: samples[name], unit: "tokens/s",
                ceiling: samples[Self.ceilingName(placement, batch)])
        }
            + all.map { placement, batch in
                let name = Self.ratioName(placement, batch)
                return Measurement(name: "\(what).\(name)", value: samples[name], unit: "ratio")
            }
    }

    /// A row for each placement; for each batch the rate, its ratio to the reference, and what reading alone allows.
    var table: TextTable {
        let header = [""] + batches.flatMap { ["batch \($0), tokens/s", "ratio", "bytes allow"] }
        return TextTable(
            header: header,
            rows: cases.map { placement in [placement.description] + batches.flatMap { cells(placement, $0) } })
    }

    private func cells(_ placement: PlacementCase, _ batch: Int) -> [String] {
        [
            figure(samples[Self.name(placement, batch)]),
            decimal(samples[Self.ratioName(placement, batch)], places: 2),
            figure(samples[Self.ceilingName(placement, batch)]),
        ]
    }
}
