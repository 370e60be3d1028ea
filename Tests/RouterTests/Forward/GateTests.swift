internal import Testing

@testable import Router

@Suite("Gate") struct GateTests {
    @Test("the example of the specification, section 7.3")
    func example() {
        let routes = chooseExperts([1, 2, 0.5, -1], count: 2)
        #expect(routes.map(\.expert) == [1, 0])
        #expect(abs(routes[0].weight - 0.7310585786300049) < 1e-6)
        #expect(abs(routes[1].weight - 0.2689414213699951) < 1e-6)
    }

    @Test("equal logits go to the lower index, wherever they stand")
    func ties() {
        #expect(chooseExperts([3, 3, 3, 3], count: 2).map(\.expert) == [0, 1])
        #expect(chooseExperts([0, 5, 7, 5, 7], count: 3).map(\.expert) == [2, 4, 1])
    }

    @Test("as many as asked for, weights falling and adding up to 1", arguments: 1 ... 6)
    func counts(count: Int) {
        let routes = chooseExperts([0.3, -2, 8, 1.5, 0.2, 3], count: count)
        #expect(routes.map(\.expert) == Array([2, 5, 3, 0, 4, 1].prefix(count)))
        #expect(abs(routes.reduce(0) { $0 + $1.weight } - 1) < 1e-6)
        #expect(zip(routes, routes.dropFirst()).allSatisfy { $0.weight >= $1.weight })
    }

    @Test("the lightning output norm's example, section 7.3: epsilon is 1e-6")
    func outputNorm() {
        let (first, second): (Float, Float) = (4.717664843246588, 1.2579214642434267)
        let scale = lightningNormScale(squares: first * first + second * second, width: 2)
        #expect(abs(first * scale - 1.366471331586542) < 2e-7)
        #expect(abs(second * scale - 0.36435687472302314) < 1e-7)
        // Where the squares are small the epsilon decides: 1 / sqrt(1e-6 + 1e-6).
        #expect(abs(lightningNormScale(squares: 2e-6, width: 2) - 707.1068) < 0.01)
    }
}
