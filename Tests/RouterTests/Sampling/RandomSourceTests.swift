import Testing

@testable import Router

@Suite("Random source") struct RandomSourceTests {
    @Test("the numbers are SplitMix64's published ones for seed 1234567")
    func knownNumbers() {
        var source = RandomSource(seed: 1_234_567)
        let numbers = (0 ..< 5).map { _ in source.next() }
        #expect(
            numbers == [
                6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431,
                16408922859458223821,
            ])
    }

    @Test("uniform numbers lie in [0, 1) and fill ten bins evenly")
    func uniform() {
        var source = RandomSource(seed: 7)
        var bins = [Int](repeating: 0, count: 10)
        for _ in 0 ..< 10_000 {
            let number = source.uniform()
            #expect(number >= 0 && number < 1)
            bins[min(9, Int(number * 10))] += 1
        }
        #expect(chiSquare(bins, expected: bins.map { _ in 1000 }) < 33.7)        // 9 degrees of freedom, p = 0.0001
    }

    @Test("the first choice uses the request's seed, every other choice another one")
    func choiceSeeds() {
        #expect(RandomSource.seed(42, choice: 0) == 42)
        let seeds = Set(
            (0 ..< 8).flatMap { choice in [0, 1, 42, UInt64.max].map { RandomSource.seed($0, choice: choice) } })
        #expect(seeds.count == 32)
    }
}

/// Pearson's statistic of observed against expected counts.
func chiSquare(_ observed: [Int], expected: [Double]) -> Double {
    zip(observed, expected).reduce(0) { $0 + (Double($1.0) - $1.1) * (Double($1.0) - $1.1) / $1.1 }
}
