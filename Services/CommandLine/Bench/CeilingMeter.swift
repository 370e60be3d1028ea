internal import Tensors

/// Measures ceilings again and again between the rounds of a benchmark: a machine's speed is not the same all the time.
struct CeilingMeter: Sendable {
    let threads: Int
    private let ceilings: MachineCeilings
    private let peak: MachineCeilings.Peak?
    private let lane = ComputeLane(label: "minimax.bench.ceilings")
    private var samples = Samples()

    /// - Parameter peak: measured beside the read bandwidth, if any.
    /// - Throws: `StartError` when there is no memory to read from.
    init(threads: Int, peak: MachineCeilings.Peak? = nil) throws {
        self.threads = threads
        self.peak = peak
        ceilings = try .allocated()
    }

    /// Best called while nothing else computes.
    mutating func measure() async throws {
        let (ceilings, threads, peak) = (ceilings, threads, peak)
        let found = try await lane.run {
            (
                read: ceilings.readBandwidth(threads: threads),
                operations: peak.map { ceilings.operations($0, threads: threads) }
            )
        }
        samples.add(found.read, to: "read")
        if let operations = found.operations { samples.add(operations, to: "operations") }
    }

    /// The median read bandwidth, in bytes a second.
    var readBandwidth: Double { samples["read"] }

    /// The median peak, in operations a second; NaN where there is no peak to measure.
    var operations: Double { samples["operations"] }
}

extension MachineCeilings {
    /// The peak of the best instruction set that has such arithmetic.
    static func bestPeak(_ arithmetic: Arithmetic) -> Peak? { peaks.last { $0.arithmetic == arithmetic } }
}
