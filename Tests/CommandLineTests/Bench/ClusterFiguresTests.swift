import Testing
@testable import CommandLineTool

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
        #expect(sequences.decodeRate == 2)                              // from 2 to 4: two of either
        #expect(sequences.secondsToFirstTokens == 2)
    }

    @Test("where there was no such time there is no rate")
    func never() {
        #expect([times(1, 2), times(2, 3)].decodeRate == nil)
        #expect([times(1)].decodeRate == nil)
        #expect([times()].decodeRate == nil)
        #expect([times()].secondsToFirstTokens.isNaN)
    }

    @Test("decoding is measured against the read bandwidth")
    func decode() {
        let figures = [DecodeFigures(what: "decode.bf16.exact", context: 512, batch: 2, tokensPerSecond: 20, bytesPerStep: 1e9, readBandwidth: 40e9)]
        #expect(figures.measurements == [
            Measurement(name: "decode.bf16.exact.context512.batch2", value: 20, unit: "tokens/s", ceiling: 80),
            Measurement(name: "decode.bf16.exact.context512.batch2.read", value: 10, unit: "GB/s", ceiling: 40),
            Measurement(name: "decode.bf16.exact.context512.batch2.bytes_per_step", value: 1000, unit: "MB"),
        ])
        #expect(figures.measurements.map(\.share) == [0.25, 0.25, nil])
    }

    @Test("prefill is measured against the peak, and long prompts against the first")
    func prefill() {
        let figures = [
            PrefillFigures(what: "prefill.int8.fast", context: 100, batch: 2, seconds: 2, operations: 1e9, peak: 4e9),
            PrefillFigures(what: "prefill.int8.fast", context: 400, batch: 2, seconds: 10, operations: 8e9, peak: 4e9),
        ]
        let found = Dictionary(uniqueKeysWithValues: figures.measurements.map { ($0.name, $0) })
        #expect(found["prefill.int8.fast.context100.batch2"] == Measurement(name: "prefill.int8.fast.context100.batch2", value: 100, unit: "tokens/s", ceiling: 400))
        #expect(found["prefill.int8.fast.context100.batch2.arithmetic"]?.value == 1)
        #expect(found["prefill.int8.fast.context100.batch2.arithmetic"]?.share == 0.25)
        #expect(found["prefill.int8.fast.context400.batch2.time_per_token"]?.value == 12_500)
        #expect(found["prefill.int8.fast.context400.batch2.time_ratio_to_context100"]?.value == 1.25)
        #expect(found["prefill.int8.fast.context100.batch2.operations_per_token"]?.value == 10)
        #expect(found.count == 9)
    }
}
