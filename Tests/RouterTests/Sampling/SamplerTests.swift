import Testing

@testable import Router

@Suite("Sampler") struct SamplerTests {
    private func next(_ sampler: inout Sampler, _ logits: [Float], suppressed: [Int32] = []) throws -> Int32 {
        try sampler.next(logits, suppressed: suppressed).choice.token
    }

    private func greedy(
        _ logits: [Float], prompt: [Int32] = [], suppressed: [Int32] = [], steps: Int = 1,
        change: (inout SamplingParameters) -> Void = { _ in }
    ) throws -> [Int32] {
        var parameters = SamplingParameters(temperature: 0)
        change(&parameters)
        var sampler = Sampler(parameters, prompt: prompt, suppressed: suppressed)
        return try (0 ..< steps).map { _ in try next(&sampler, logits, suppressed: suppressed) }
    }

    /// Which ids come up in many draws.
    private func drawn(
        _ logits: [Float], draws: Int = 2000, change: (inout SamplingParameters) -> Void
    ) throws -> Set<Int32> {
        var parameters = SamplingParameters(seed: 3)
        change(&parameters)
        var sampler = Sampler(parameters)
        return try Set((0 ..< draws).map { _ in try next(&sampler, logits) })
    }

    @Test("temperature 0 takes the highest logit, the lower id among equals")
    func argmax() throws {
        #expect(try greedy([0.5, 2, 1]) == [1])
        #expect(try greedy([1, 3, 3, 3]) == [1])
    }

    @Test("what ends an answer is not chosen before enough tokens were, greedy or drawn")
    func minTokens() throws {
        for temperature in [0, 1.0] {
            var sampler = Sampler(SamplingParameters(temperature: temperature, topP: 0, tokensMin: 2), ends: [1, 99])
            #expect(try (0 ..< 4).map { _ in try next(&sampler, [0, 9, 4, 8]) } == [3, 3, 1, 1])
        }
    }

    @Test("the last token of a bad word is not chosen behind the others, greedy or drawn; one of one token never is")
    func badWords() throws {
        for temperature in [0, 1.0] {
            var parameters = SamplingParameters(temperature: temperature, topP: 0)
            // 3 is the likeliest, then 1, then 2.
            parameters.badWords = [[3, 3], [1, 3, 1], [7], [9_999_999, 2]]
            var sampler = Sampler(parameters)
            // 3; not 3 again: 1; 3; neither 3 nor 1: 2; 3, and so on.
            #expect(
                try (0 ..< 8).map { _ in try next(&sampler, [0, 8, 6, 9, 4, 0, 0, 10]) } == [3, 1, 3, 2, 3, 1, 3, 2])
        }
    }

    @Test("where bad words leave nothing, a token comes all the same")
    func badWordsOnly() throws {
        #expect(try greedy([1, 2]) { $0.badWords = [[0], [1], [-4], []] } == [0])
    }

    @Test("top_p 0 takes the most likely token")
    func topPZero() throws {
        #expect(try drawn([1, 1.1, 1], draws: 200) { $0.topP = 0 } == [1])
    }

    @Test("the repetition penalty divides positive and multiplies negative logits of prompt and answer")
    func repetition() throws {
        // 3 / 2 = 1.5 < 2: the seen id 0 loses; unseen it would win.
        #expect(try greedy([3, 2], prompt: [0]) { $0.repetitionPenalty = 2 } == [1])
        #expect(try greedy([3, 2]) { $0.repetitionPenalty = 2 } == [0])
        // -1 * 2 = -2 < -1.5.
        #expect(try greedy([-1, -1.5], prompt: [0]) { $0.repetitionPenalty = 2 } == [1])
        // Generated ids count too: 0 (3), then 3/2 < 2 so 1, then 1.5 against 1: 0 again.
        #expect(try greedy([3, 2], steps: 3) { $0.repetitionPenalty = 2 } == [0, 1, 0])
    }

    @Test("the frequency penalty counts, the presence penalty does not, and neither looks at the prompt")
    func presenceAndFrequency() throws {
        // 0 loses 1 each time: 3, 2, then 1 < 1.5.
        #expect(try greedy([3, 1.5], prompt: [0, 0, 0], steps: 3) { $0.frequencyPenalty = 1 } == [0, 0, 1])
        // 0 loses 1 once: 3, 2, 2.
        #expect(try greedy([3, 1.5], prompt: [0], steps: 3) { $0.presencePenalty = 1 } == [0, 0, 0])
        #expect(try greedy([3, 2.5], steps: 4) { $0.presencePenalty = 1 } == [0, 1, 0, 0])
    }

    @Test("a logit bias acts after the penalties, suppression after the bias")
    func biasAndSuppression() throws {
        #expect(try greedy([3, 2, 0]) { $0.logitBias = [2: 4] } == [2])
        #expect(try greedy([3, 2, 0], suppressed: [2]) { $0.logitBias = [2: 100] } == [0])
        // Bias 4 on a penalised id: 3/3 + 1.5 = 2.5 > 2, whereas (3 + 1.5)/3 = 1.5 would lose.
        #expect(
            try greedy([3, 2], prompt: [0]) {
                $0.repetitionPenalty = 3; $0.logitBias = [0: 1.5]
            } == [0])
    }

    @Test("NaN logits are never chosen, and nothing traps when there is nothing else")
    func nan() throws {
        #expect(try greedy([.nan, 1, .nan]) == [1])
        #expect(try greedy([.nan, .nan, .nan], suppressed: [0]) == [1])
        #expect(try greedy([-.infinity, -.infinity]) == [0])
        #expect(
            try drawn([.nan, 1, .nan, 1], draws: 200) {
                $0.topP = 0.9; $0.minP = 0.1; $0.topK = 3
            } == [1, 3])
        #expect(try drawn([.nan, .nan], draws: 5) { _ in } == [0])
        #expect(try drawn([1, .infinity, 2], draws: 5) { _ in } == [1])
    }

    @Test("ids outside the vocabulary in prompt, bias or suppression change nothing")
    func foreignIds() throws {
        #expect(
            try greedy([1, 2], prompt: [-1, 99], suppressed: [-5, 77]) {
                $0.repetitionPenalty = 2; $0.logitBias = [55: 3, -2: 1]
            } == [1])
    }

    @Test("top_k keeps the k highest, the lower ids among equals")
    func topK() throws {
        #expect(try drawn([1, 1.2, 0.9, 1.1]) { $0.topK = 2 } == [1, 3])
        #expect(try drawn([1, 1, 1, 1]) { $0.topK = 2 } == [0, 1])
        #expect(try drawn([1, 1.2, 0.9, 1.1]) { $0.topK = 1 } == [1])
        #expect(try drawn([0, 0, 0]) { $0.topK = 100 } == [0, 1, 2])
    }

    @Test("min_p drops what is less likely than its share of the most likely")
    func minP() throws {
        // Shares of the most likely: 1, e^-0.5 = 0.61, e^-1 = 0.37, e^-2 = 0.14.
        #expect(try drawn([2, 1.5, 1, 0]) { $0.minP = 0.5 } == [0, 1])
        #expect(try drawn([2, 1.5, 1, 0]) { $0.minP = 0.2 } == [0, 1, 2])
        // At temperature 2 the shares are 1, 0.78, 0.61, 0.37.
        #expect(
            try drawn([2, 1.5, 1, 0]) {
                $0.minP = 0.5; $0.temperature = 2
            } == [0, 1, 2])
        #expect(try drawn([2, 2, 1]) { $0.minP = 1 } == [0, 1])
    }

    @Test("top_p keeps the fewest most likely tokens that reach it")
    func topP() throws {
        // Probabilities 0.5, 0.25, 0.15, 0.1 (their logarithms as logits).
        let logits: [Float] = [-0.6931472, -1.3862944, -1.8971200, -2.3025851]
        #expect(try drawn(logits) { $0.topP = 0.4 } == [0])
        #expect(try drawn(logits) { $0.topP = 0.7 } == [0, 1])
        #expect(try drawn(logits) { $0.topP = 0.8 } == [0, 1, 2])
        #expect(try drawn(logits) { $0.topP = 0.95 } == [0, 1, 2, 3])
        // After top_k 2 the shares are 2/3 and 1/3, so 0.6 keeps one.
        #expect(
            try drawn(logits) {
                $0.topP = 0.6; $0.topK = 2
            } == [0])
        #expect(try drawn(logits) { $0.topP = 0.6 } == [0, 1])
    }

    @Test("the same seed gives the same tokens, another seed others")
    func seeds() throws {
        let logits = (0 ..< 50).map { Float($0 % 7) }
        func tokens(_ seed: UInt64) throws -> [Int32] {
            var sampler = Sampler(SamplingParameters(seed: seed))
            return try (0 ..< 40).map { _ in try next(&sampler, logits) }
        }
        #expect(try tokens(9) == tokens(9))
        #expect(try tokens(9) != tokens(10))
    }

    @Test("drawn tokens follow the softmax of the logits over the temperature", arguments: [0.5, 1, 2])
    func distribution(temperature: Double) throws {
        let logits: [Float] = [0, 1, 2, 0.5, -1]
        let weights = logits.map { exponential(Double($0) / temperature) }
        let draws = 20_000
        let expected = weights.map { $0 / weights.reduce(0, +) * Double(draws) }
        var sampler = Sampler(SamplingParameters(temperature: temperature, seed: 11))
        var counts = [Int](repeating: 0, count: logits.count)
        for _ in 0 ..< draws { counts[Int(try next(&sampler, logits))] += 1 }
        #expect(chiSquare(counts, expected: expected) < 23.5)        // 4 degrees of freedom, p = 0.0001
    }

    @Test("with top_k and top_p the kept tokens keep their proportions")
    func filteredDistribution() throws {
        let logits: [Float] = [-2.3025851, -0.6931472, -1.8971200, -1.3862944]        // 0.1, 0.5, 0.15, 0.25
        var sampler = Sampler(SamplingParameters(topP: 0.85, topK: 3, seed: 5))
        var counts = [Int](repeating: 0, count: 4)
        for _ in 0 ..< 20_000 { counts[Int(try next(&sampler, logits))] += 1 }
        // Of 0.5, 0.25, 0.15, the first two make 0.833 of the mass, so all three are needed for 0.85.
        #expect(counts[0] == 0)
        #expect(
            // 2 degrees, p = 0.0001.
            chiSquare([counts[1], counts[2], counts[3]], expected: [0.5, 0.15, 0.25].map { $0 / 0.9 * 20_000 }) < 18.4)
    }

    /// e^x by its series, so that the expectation does not come from the code under test.
    private func exponential(_ x: Double) -> Double {
        var (sum, term) = (1.0, 1.0)
        for step in 1 ... 60 {
            term *= x / Double(step)
            sum += term
        }
        return sum
    }
}
