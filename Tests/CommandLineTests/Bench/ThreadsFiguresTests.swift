import Testing

@testable import Benchmarks
@testable import TerminalOutput

@Suite("Figures of threads") struct ThreadsFiguresTests {
    @Test("numbers of threads are powers of two, and all there are")
    func powers() {
        #expect(ThreadsBench.powers(upTo: 1) == [1])
        #expect(ThreadsBench.powers(upTo: 2) == [1, 2])
        #expect(ThreadsBench.powers(upTo: 12) == [1, 2, 4, 8, 12])
        #expect(ThreadsBench.powers(upTo: 64) == [1, 2, 4, 8, 16, 32, 64])
    }

    @Test("each number of threads stands beside the ceiling of as many threads, and beside the first number")
    func figures() {
        let decode = ThreadsFigures.Case(name: "decode.batch4", tokens: 4, bytes: 1e9, operations: 1e9)
        let prefill = ThreadsFigures.Case(name: "prefill", tokens: 100, bytes: nil, operations: 50e9)
        var figures = ThreadsFigures(what: "t", cases: [decode, prefill])
        for disturbed in [1.0, 1, 0.1] {        // one disturbed round of three changes nothing
            figures.add(.init(rates: [20 * disturbed, 100], readBandwidth: 10e9, peak: 100e9), threads: 1)
            figures.add(.init(rates: [30 * disturbed, 250], readBandwidth: 15e9, peak: 200e9), threads: 2)
        }
        let found = Dictionary(uniqueKeysWithValues: figures.measurements.map { ($0.name, $0) })
        #expect(found.count == figures.measurements.count)
        func speed(_ name: String, _ value: Double, ceiling: Double) -> Measurement {
            Measurement(name: name, value: value, unit: "tokens/s", ceiling: ceiling)
        }
        #expect(found["t.threads1.decode.batch4"] == speed("t.threads1.decode.batch4", 20, ceiling: 40))
        #expect(found["t.threads2.decode.batch4"]?.ceiling == 60)
        #expect(found["t.threads2.prefill"] == speed("t.threads2.prefill", 250, ceiling: 400))
        #expect(found["t.threads2.prefill.growth"]?.value == 2.5)
        #expect(
            figures.table.rows == [
                ["1", "10.0", "20.0", "1.00", "50 %", "100", "1.00", "50 %"],
                ["2", "15.0", "30.0", "1.50", "50 %", "250", "2.50", "63 %"],
            ])
    }

    @Test("where no peak is known, reading alone is the ceiling")
    func unknownPeak() {
        let decode = ThreadsFigures.Case(name: "d", tokens: 1, bytes: 1e9, operations: 1e9)
        #expect(decode.ceiling(readBandwidth: 10e9, peak: .nan) == 10)
        let prefill = ThreadsFigures.Case(name: "p", tokens: 1, bytes: nil, operations: 1)
        #expect(prefill.ceiling(readBandwidth: 1, peak: .nan) == nil)
    }
}
