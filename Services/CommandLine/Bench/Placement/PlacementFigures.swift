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
    /// - Parameter rates: tokens a second, by case and batch.
    mutating func add(_ rates: [[Double]]) {
        for (placement, found) in zip(cases, rates) {
            for (index, batch) in batches.enumerated() {
                samples.add(found[index], to: Self.name(placement, batch))
                samples.add(found[index] / rates[0][index], to: Self.ratioName(placement, batch))
            }
        }
    }

    private static func name(_ placement: PlacementCase, _ batch: Int) -> String { "\(placement.name).batch\(batch)" }
    private static func ratioName(_ placement: PlacementCase, _ batch: Int) -> String {
        "\(name(placement, batch)).ratio"
    }

    /// Rates, then ratios. - Parameter what: as `placement.bf16.exact`.
    func measurements(_ what: String) -> [Measurement] {
        func all(_ unit: String, _ name: (PlacementCase, Int) -> String) -> [Measurement] {
            cases.flatMap { placement in
                batches.map {
                    Measurement(name: "\(what).\(name(placement, $0))", value: samples[name(placement, $0)], unit: unit)
                }
            }
        }
        return all("tokens/s", Self.name) + all("ratio", Self.ratioName)
    }

    /// A row for each placement; for each batch the rate and its ratio to the reference.
    var table: TextTable {
        let header = [""] + batches.flatMap { ["batch \($0), tokens/s", "ratio"] }
        return TextTable(
            header: header,
            rows: cases.map { placement in
                [placement.description]
                    + batches.flatMap { batch in
                        [
                            figure(samples[Self.name(placement, batch)]),
                            decimal(samples[Self.ratioName(placement, batch)], places: 2),
                        ]
                    }
            })
    }
}
