import Tensors
import Testing

@testable import Benchmarks

@Suite("Machine bench") struct MachineBenchTests {
    @Test(
        """
        one thread and all threads read and compute, with every instruction set; one thread alone is not measured \
        twice
        """)
    func probes() throws {
        let ceilings = try #require(MachineCeilings(bufferBytes: 4 << 20))
        let names = MachineBench.probes(ceilings, threads: 2).map(\.name)
        #expect(
            names.starts(with: [
                "machine.read.threads1", "machine.read.threads2", "machine.scalar.fma.threads1",
                "machine.scalar.fma.threads2",
            ]))
        #expect(Set(names).count == names.count)
        #expect(names.count == 2 + 2 * MachineCeilings.peaks.count)
        #expect(MachineBench.probes(ceilings, threads: 1).count == 1 + MachineCeilings.peaks.count)
    }

    @Test("each probe measures something")
    func measures() throws {
        // No multiple of what the threads take.
        let ceilings = try #require(MachineCeilings(bufferBytes: 3 << 20))
        for probe in MachineBench.probes(ceilings, threads: 2) { #expect(probe.measure() > 0, "\(probe.name)") }
        #expect(ceilings.readBandwidth(threads: 9, for: .milliseconds(1)) > 0)        // more threads than pieces
    }
}
