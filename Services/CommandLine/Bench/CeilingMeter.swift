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
            [("read", ceilings.readBandwidth(threads: threads))] + MachineCeilings.bestPeaks.map { ($0.name, ceilings.operations($0, threads: threads)) }
        }
        for (name, value) in found { samples.add(value, to: name) }
    }

    /// Bytes a second.
    var readBandwidth: Double { samples["read"] }

    /// Operations a second with the best instruction set; NaN where none has such instructions.
    func operations(_ arithmetic: MachineCeilings.Arithmetic) -> Double { MachineCeilings.bestPeak(arithmetic).map { samples[$0.name] } ?? .nan }
}

extension MachineCeilings {
    /// The best instruction set of each kind of arithmetic, where there is one.
    static var bestPeaks: [Peak] { Arithmetic.allCases.compactMap(bestPeak) }

    static func bestPeak(_ arithmetic: Arithmetic) -> Peak? { peaks.last { $0.arithmetic == arithmetic } }
}
