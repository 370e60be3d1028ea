import Testing

@testable import Benchmarks

@Suite("Cluster bench figures") struct ClusterFiguresTests {
    private let begin = ContinuousClock.now

    /// Tokens that came so many seconds after the beginning.
    private func times(sent: Double = 0, _ seconds: Double...) -> CompletionTimer.Times {
        .init(sent: begin + .seconds(sent), tokens: seconds.map { begin + .seconds($0) })
    }

    @Test("of one sequence the first token belongs to the prompt, the others to the time after it")
    func one() {
        #expect([times(2, 3, 4, 6)].decodeRate == 0.75)
        #expect([times(sent: 1, 3)].secondsToFirstTokens == 2)
    }

    @Test("of several only the time counts in which all were generating")
    func several() {
        let sequences = [times(1, 2, 3, 4), times(sent: 0.5, 2, 3, 4, 5, 6)]
        #expect(sequences.decodeRate == 2)        // from 2 to 4: two of either
        #expect(sequences.secondsToFirstTokens == 2)
    }

    @Test("where there was no such time there is no rate")
    func never() {
        #expect([times(1, 2), times(2, 3)].decodeRate == nil)
        #expect([times(1)].decodeRate == nil)
        #expect([times()].decodeRate == nil)
        #expect([times()].secondsToFirstTokens.isNaN)
    }

    private func decode(operationsPerStep: Double, peak: Double) -> [Measurement] {
        [
            DecodeFigures(
                name: "d.batch2", batch: 2, tokensPerSecond: 20, bytesPerStep: 1e9,
                operationsPerStep: operationsPerStep, readBandwidth: 40e9, peak: peak)
        ].measurements
    }

    @Test("decoding is measured against the read bandwidth where that is the limit")
    func decodeReads() {
        let found = decode(operationsPerStep: 1e9, peak: 100e9)
        #expect(
            found == [
                Measurement(name: "d.batch2", value: 20, unit: "tokens/s", ceiling: 80),
                Measurement(name: "d.batch2.read", value: 10, unit: "GB/s", ceiling: 40),
                Measurement(name: "d.batch2.arithmetic", value: 10, unit: "GFLOP/s", ceiling: 100),
                Measurement(name: "d.batch2.bytes_per_step", value: 1000, unit: "MB"),
            ])
        #expect(found.map(\.share) == [0.25, 0.25, 0.1, nil])
    }

    @Test("and against the peak where that is; where no peak is known, reading is the limit")
    func decodeComputes() {
        #expect(decode(operationsPerStep: 5e9, peak: 100e9).first?.ceiling == 40)
        let unknown = decode(operationsPerStep: 5e9, peak: .nan)
        #expect(unknown.first?.ceiling == 80)
        #expect(unknown.count == 3)
    }

    @Test("prefill is measured against the peak, and long prompts against the first")
    func prefill() {
        let figures = [
            PrefillFigures(what: "prefill.int8.fast", context: 100, batch: 2, seconds: 2, operations: 1e9, peak: 4e9),
            PrefillFigures(what: "prefill.int8.fast", context: 400, batch: 2, seconds: 10, operations: 8e9, peak: 4e9),
        ]
        let found = Dictionary(uniqueKeysWithValues: figures.measurements.map { ($0.name, $0) })
        #expect(
            found["prefill.int8.fast.context100.batch2"]
                == Measurement(name: "prefill.int8.fast.context100.batch2", value: 100, unit: "tokens/s", ceiling: 400))
        #expect(found["prefill.int8.fast.context100.batch2.arithmetic"]?.value == 1)
        #expect(found["prefill.int8.fast.context100.batch2.arithmetic"]?.share == 0.25)
        #expect(found["prefill.int8.fast.context400.batch2.time_per_token"]?.value == 12_500)
        #expect(found["prefill.int8.fast.context400.batch2.time_ratio_to_context100"]?.value == 1.25)
        #expect(found["prefill.int8.fast.context100.batch2.operations_per_token"]?.value == 10)
        #expect(found.count == 9)
    }

    @Test("a long prompt is compared with the first of as many sequences")
    func prefillBatches() {
        let figures = [(100, 1), (100, 2), (400, 1), (400, 2)].map { context, batch in
            PrefillFigures(what: "p", context: context, batch: batch, seconds: 1, operations: 1, peak: 1)
        }
        let ratios = figures.measurements.filter { $0.unit == "ratio" }
        #expect(
            ratios.map(\.name)
                == ["p.context400.batch1.time_ratio_to_context100", "p.context400.batch2.time_ratio_to_context100"])
    }
}
