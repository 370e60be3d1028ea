internal import ArgumentParser
internal import Console
internal import Tensors
internal import TerminalOutput

/// The ceilings that everything else is measured against.
struct MachineBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "machine",
        abstract: """
            Measure what this machine can do at most: read bandwidth, and peaks of multiply-adds and dot products.
            """,
        discussion: """
            Threads stream through a buffer larger than the caches, then compute in registers alone; with one thread \
            and with all. A multiply-add counts as two operations.
            """)

    @OptionGroup var options: BenchOptions
    @OptionGroup var threads: BenchThreads

    func run() async throws {
        let ceilings = try MachineCeilings.allocated()
        let probes = Self.probes(ceilings, threads: threads.count)
        let status = ProgressDisplay()
        var samples = Samples()
        for round in 1 ... options.rounds {
            status.show("round \(round) of \(options.rounds)")
            for probe in probes { samples.add(probe.measure(), to: probe.name) }
        }
        status.clear()
        let measurements = probes.map { Measurement(name: $0.name, value: samples[$0.name], unit: $0.unit) }
        try printToStandardOutput(BenchReport(.current(threads: threads.count), measurements).text(json: options.json))
    }

    struct Probe {
        let name: String
        let unit: String
        let measure: () -> Double
    }

    /// Reads first, then the peaks; each with one thread and, where there are more, with all.
    static func probes(_ ceilings: MachineCeilings, threads: Int) -> [Probe] {
        let counts = threads == 1 ? [1] : [1, threads]
        let reads = counts.map { count in
            Probe(name: "machine.read.threads\(count)", unit: "GB/s") { ceilings.readBandwidth(threads: count) / 1e9 }
        }
        let peaks = MachineCeilings.peaks.flatMap { peak in
            counts.map { count in
                Probe(name: "machine.\(peak.name).threads\(count)", unit: peak.unit) {
                    ceilings.operations(peak, threads: count) / 1e9
                }
            }
        }
        return reads + peaks
    }
}

extension MachineCeilings.Peak {
    /// The part of a measurement's name, for example `avx512.fma`.
    var name: String { "\(instructionSet).\(arithmetic == .float32 ? "fma" : "dot")" }

    var unit: String { arithmetic == .int8Dot ? "GOP/s" : "GFLOP/s" }
}

extension MachineCeilings {
    /// - Throws: `StartError` when there is no memory to read from.
    static func allocated() throws -> MachineCeilings {
        guard let ceilings = MachineCeilings() else {
            let size = MachineCeilings.bufferBytesDefault >> 20
            throw StartError("no memory for a buffer of \(size) MiB to measure the read bandwidth with")
        }
        return ceilings
    }
}
