internal import Cluster
internal import Tensors

/// Measures ceilings again and again between the rounds of a benchmark: a machine's speed is not the same all the time.
struct CeilingMeter: Sendable {
    let threads: Int
    private let ceilings: MachineCeilings
    private let lane = ComputeLane(label: "minimax.bench.ceilings")
    private var samples = Samples()

    /// - Throws: `StartError` when there is no memory to read from.
    init(threads: Int) throws {
        self.threads = threads
        ceilings = try .allocated()
    }

    /// Best called while nothing else computes.
    mutating func measure() async throws {
        let (ceilings, threads) = (ceilings, threads)
        let found = try await lane.run {
            [("read", ceilings.readBandwidth(threads: threads))]
                + Self.best.map { ("\($0.arithmetic)", ceilings.operations($0, threads: threads)) }
        }
        for (name, value) in found { samples.add(value, to: name) }
    }

    /// Bytes a second.
    var readBandwidth: Double { samples["read"] }

    /// Operations a second with the best instruction set; NaN where none has such instructions.
    func peak(_ arithmetic: MachineCeilings.Arithmetic) -> Double { samples["\(arithmetic)"] }

    /// The last peak of each kind of arithmetic.
    private static var best: [MachineCeilings.Peak] {
        MachineCeilings.Arithmetic.allCases.compactMap { kind in MachineCeilings.peaks.last { $0.arithmetic == kind } }
    }
}
