import Testing

@testable import Benchmarks
@testable import TerminalOutput

@Suite("Bench statistics") struct StatisticsTests {
    @Test(
        "the median is the middle, or the mean of the two in the middle, in any order",
        arguments: [
            ([3], 3), ([5, 1, 3], 3), ([4, 1, 3, 2], 2.5), ([1, 1, 100, 1, 1], 1),
        ] as [([Double], Double)])
    func middle(samples: [Double], expected: Double) { #expect(median(samples) == expected) }

    @Test(
        "a percentile is the smallest sample that so many do not exceed",
        arguments: [
            (50.0, 500.0), (99, 990), (99.9, 999), (100, 1000), (0, 1), (0.1, 1), (0.11, 2), (250, 1000), (-5, 1),
        ])
    func rank(percent: Double, expected: Double) {
        #expect(percentile(percent, of: (1 ... 1000).map(Double.init).reversed()) == expected)
    }

    @Test("of nothing there is no median and no percentile")
    func nothing() {
        #expect(median([]).isNaN)
        #expect(percentile(50, of: []).isNaN)
        #expect(Samples()["a"].isNaN)
    }

    @Test("samples keep the order of their names and each its own values")
    func samples() {
        var samples = Samples()
        for (name, value) in [("b", 1.0), ("a", 10), ("b", 3), ("b", 2)] { samples.add(value, to: name) }
        #expect(samples.names == ["b", "a"])
        #expect(samples["b"] == 2)
        #expect(samples["a"] == 10)
    }
}
