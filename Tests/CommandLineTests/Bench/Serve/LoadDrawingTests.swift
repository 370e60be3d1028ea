import Foundation
import Testing

@testable import Benchmarks
@testable import TerminalOutput

@Suite("Drawing a load") struct LoadDrawingTests {
    private func draws(_ distribution: LengthDistribution, _ count: Int = 2000, seed: UInt64 = 1) -> [Int] {
        var random = SplitMix64(seed: seed)
        return (0 ..< count).map { _ in distribution.draw(&random) }
    }

    @Test(
        "lengths are read as a number, a range or a median with its spread",
        arguments: [
            ("7", .fixed(7)), ("uniform:3-9", .uniform(3 ... 9)), ("uniform:4-4", .uniform(4 ... 4)),
            ("lognormal:200,0.5", .lognormal(median: 200, sigma: 0.5)),
        ] as [(String, LengthDistribution)])
    func lengths(text: String, expected: LengthDistribution) { #expect(LengthDistribution(argument: text) == expected) }

    @Test(
        "other lengths are refused",
        arguments: [
            "", "0", "-1", "2000000", "x", "uniform", "uniform:", "uniform:9-3", "uniform:0-3", "uniform:1-2-3",
            "uniform:a-b", "uniform:5", "lognormal:10",
            "lognormal:0,1", "lognormal:10,-1", "lognormal:nan,1", "lognormal:10,nan", "lognormal:10,inf",
            "lognormal:10,99", "gamma:1,2", "7:8",
        ])
    func refused(text: String) { #expect(LengthDistribution(argument: text) == nil) }

    @Test("drawn lengths stay in their bounds and have their middle")
    func drawn() {
        #expect(Set(draws(.fixed(7))) == [7])
        #expect(Set(draws(.uniform(3 ... 9))) == Set(3 ... 9))
        let lengths = draws(.lognormal(median: 200, sigma: 0.5))
        #expect((185 ... 215).contains(median(lengths.map(Double.init))))
        // 84 % lie below one standard deviation: 200 · e^0.5 = 330.
        #expect((300 ... 360).contains(percentile(84.1, of: lengths.map(Double.init))))
        #expect(draws(.lognormal(median: 1e6, sigma: 10)).allSatisfy(LengthDistribution.lengths.contains))
        #expect(draws(.lognormal(median: 200, sigma: 0.5)) == lengths)
        #expect(draws(.lognormal(median: 200, sigma: 0.5), seed: 2) != lengths)
    }

    @Test("arrivals come at random, as often as the rate says")
    func arrivals() {
        var random = SplitMix64(seed: 3)
        let times = ArrivalProcess(rate: 20, extent: .seconds(200)).times(&random)
        #expect((3700 ... 4300).contains(times.count))
        #expect(times == times.sorted() && times.allSatisfy { (0 ..< 200).contains($0) })
        let gaps = zip(times.dropFirst(), times).map { $0 - $1 }
        // Of exponential gaps 1/e are longer than their mean, and the spread is the mean.
        let longer = Double(gaps.count { $0 > 0.05 }) / Double(gaps.count)
        #expect((0.34 ... 0.40).contains(longer))
        #expect(ArrivalProcess(rate: 5, extent: .requests(17)).times(&random).count == 17)
    }

    @Test("the number of requests is bounded")
    func bounded() {
        var random = SplitMix64(seed: 3)
        #expect(ArrivalProcess(rate: 1e5, extent: .seconds(1e6)).times(&random).count == ArrivalProcess.requestsMax)
    }

    @Test("keys are drawn by their weights")
    func keys() throws {
        let keys = try #require(KeyWeights(argument: "A:20,b:c:1"))
        #expect(keys.keys == [.init(name: "A", weight: 20), .init(name: "b:c", weight: 1)])
        var random = SplitMix64(seed: 1)
        let drawn = (0 ..< 2100).map { _ in keys.draw(&random) }
        #expect((60 ... 140).contains(drawn.count { $0 == "b:c" }))
        #expect(Set(drawn) == ["A", "b:c"])
    }

    @Test(
        "senseless keys are refused",
        arguments: ["", "A", "A:", ":1", "A:0", "A:-1", "A:x", "A:1,", "A:1,A:2", "a b:1", "A:nan", "A:inf", "ü:1"])
    func badKeys(text: String) { #expect(KeyWeights(argument: text) == nil) }

    @Test(
        """
        shares of the clients hang up or read slowly; the same seed gives the same requests, another load of the run \
        others
        """)
    func recipe() {
        let recipe = LoadRecipe(
            prompt: .uniform(10 ... 20), answer: .fixed(50), hangUps: 0.2, slowReaders: 0.1, seed: 9,
            contextLength: 4096)
        let arrivals = ArrivalProcess(rate: 10, extent: .requests(1000))
        let items = recipe.items(arrivals, number: 0)
        #expect(items == recipe.items(arrivals, number: 0))
        #expect(items.map(\.seed) != recipe.items(arrivals, number: 1).map(\.seed))
        #expect(Set(items.map(\.seed)).count == 1000)
        let counts = items.reduce(into: [String: Int]()) { counts, item in
            switch item.behaviour {
            case .reads: counts["reads", default: 0] += 1
            case .readsSlowly: counts["slow", default: 0] += 1
            case .leavesAfterTokens(let count): counts[(1 ..< 50).contains(count) ? "middle" : "wrong", default: 0] += 1
            case .leavesAfterSeconds(let seconds):
                counts[(0 ..< 2).contains(seconds) ? "waiting" : "wrong", default: 0] += 1
            }
        }
        for (name, range) in [
            ("reads", 640 ... 760), ("slow", 70 ... 130), ("middle", 70 ... 130), ("waiting", 70 ... 130),
        ] {
            #expect(range.contains(counts[name] ?? 0), "\(counts)")
        }
        #expect(counts["wrong"] == nil)
    }

    @Test("prompt and answer are cut to the context, an answer of one token is no middle to hang up in")
    func cut() {
        let long = LoadRecipe(prompt: .fixed(5000), answer: .fixed(5000), contextLength: 1000).items(at: [0])
        #expect(long.map(\.promptTokens) == [500] && long.map(\.answerTokens) == [500])
        let tiny = LoadRecipe(prompt: .fixed(9), answer: .fixed(1), hangUps: 1, contextLength: 1).items(
            at: Array(repeating: 0, count: 50))
        #expect(tiny.allSatisfy { $0.promptTokens == 1 && $0.answerTokens == 1 })
        #expect(tiny.allSatisfy { if case .leavesAfterSeconds = $0.behaviour { true } else { false } })
    }

    @Test("the mean answer is that of the drawn ones")
    func mean() {
        #expect(LoadRecipe(answer: .fixed(50), contextLength: 4096).meanAnswerTokens == 50)
        #expect((48 ... 52).contains(LoadRecipe(answer: .uniform(1 ... 99), contextLength: 4096).meanAnswerTokens))
    }
}
