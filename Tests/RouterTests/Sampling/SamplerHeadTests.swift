internal import Foundation
internal import Messages
internal import Testing

@testable import Router

/// What the sampler chooses from the few logits that it asks for is what it would choose from all of them.
@Suite("The sampler and the head") struct SamplerHeadTests {
    private static let vocabulary = 4096

    /// Logits as a model's are: a few high ones, and a long tail.
    private func logits(seed: UInt64, spread: Double = 3) -> [Float] {
        var source = RandomSource(seed: seed)
        return (0 ..< Self.vocabulary).map { _ in
            Float(spread * (0 ..< 4).reduce(0.0) { sum, _ in sum + source.uniform() - 0.5 } * 2)
        }
    }

    private static let cuts: [SamplingParameters] = [
        SamplingParameters(topP: 0.3), SamplingParameters(temperature: 0.6, topP: 0.9),
        SamplingParameters(temperature: 1.5, topP: 0.7), SamplingParameters(topP: 0.999), SamplingParameters(topP: 0),
        SamplingParameters(topK: 1), SamplingParameters(topK: 40), SamplingParameters(topK: 300),
        SamplingParameters(temperature: 2, topK: 3000), SamplingParameters(minP: 0.1), SamplingParameters(minP: 0.001),
        SamplingParameters(topP: 0.8, topK: 50), SamplingParameters(topP: 0.5, topK: 200, minP: 0.02),
        SamplingParameters(topK: 2000, minP: 0.3),
    ]

    /// With penalties over a prompt of the likeliest tokens, a bias that lifts an unlikely one, and barred ends.
    private func changed(_ parameters: SamplingParameters) -> SamplingParameters {
        var parameters = parameters
        parameters.repetitionPenalty = 1.3
        parameters.presencePenalty = 0.4
        parameters.frequencyPenalty = 0.2
        parameters.logitBias = [17: 8, 18: -9, 4000: 7]
        parameters.tokensMin = 3
        return parameters
    }

    private func sampler(_ parameters: SamplingParameters, over logits: [Float]) -> (Sampler, suppressed: [Int32]) {
        let ranked = logits.indices.sorted { logits[$0] > logits[$1] }.map { Int32($0) }
        let suppressed = [ranked[1], ranked[30]] + (100 ..< 160)
        let isChanged = parameters.repetitionPenalty != 1
        return (
            Sampler(
                parameters, prompt: isChanged ? Array(ranked[..<12]) : [], suppressed: suppressed, ends: [ranked[2]]),
            suppressed
        )
    }

    @Test("a choice from candidates is the choice from the whole row", arguments: cuts)
    func equality(parameters: SamplingParameters) throws {
        for (round, parameters) in [parameters, changed(parameters)].enumerated() {
            for seed in 0 ..< 12 as Range<UInt64> {
                var parameters = parameters
                parameters.seed = seed
                let logits = logits(seed: seed, spread: seed % 2 == 0 ? 3 : 1)
                var (sampler, suppressed) = sampler(parameters, over: logits)
                for step in 0 ..< 6 {
                    let asked = sampler.question(vocabulary: Self.vocabulary)
                    let question = HeadQuestion(named: asked.named, whole: true, temperature: asked.temperature)
                    let row = try HeadCall([question], excluded: suppressed, vocabulary: Self.vocabulary)
                        .rows([logits])[0]
                    let expected = sampler.choice(from: row, to: question, vocabulary: Self.vocabulary)
                    let found = try sampler.next(logits, suppressed: suppressed).choice
                    #expect(found.token == expected?.token, "round \(round), seed \(seed), step \(step)")
                    #expect(found.logit == logits[Int(found.token)])
                }
            }
        }
    }

    @Test("1, 2, 4 and 8 parts lead to the same tokens")
    func parts() throws {
        let all = Self.cuts + [SamplingParameters(), SamplingParameters(temperature: 0)]
        for (index, parameters) in (all + all.map(changed)).enumerated() {
            let rows = (0 ..< 5).map { logits(seed: 100 + $0) }
            func tokens(_ parts: Int) throws -> [Int32] {
                var (sampler, suppressed) = sampler(parameters, over: rows[0])
                return try rows.map { try sampler.next($0, suppressed: suppressed, parts: parts).choice.token }
            }
            let one = try tokens(1)
            for parts in [2, 4, 8] { #expect(try tokens(parts) == one, "\(index), \(parts) parts") }
        }
    }

    @Test(
        "drawn tokens have the probabilities that a plain computation over all logits gives",
        arguments: [
            SamplingParameters(), SamplingParameters(temperature: 0.5), SamplingParameters(temperature: 0.7, topP: 0.9),
            SamplingParameters(temperature: 2, topP: 0.5), SamplingParameters(topK: 20),
            SamplingParameters(minP: 0.05), SamplingParameters(topP: 0.8, topK: 60, minP: 0.01),
        ], [false, true])
    func distribution(parameters: SamplingParameters, isChanged: Bool) throws {
        let logits = logits(seed: 55), parameters = isChanged ? changed(parameters) : parameters
        let (first, suppressed) = sampler(parameters, over: logits)
        let expected = PlainSampling(parameters, logits, suppressed: suppressed).probabilities
        let question = first.question(vocabulary: Self.vocabulary)
        let call = HeadCall([question], excluded: suppressed, vocabulary: Self.vocabulary)
        let row = try call.rows([logits])[0]
        let draws = 6000
        var counts = [Int](repeating: 0, count: logits.count)
        for seed in 0 ..< UInt64(draws) {
            var parameters = parameters
            parameters.seed = seed &* 0x9E37_79B9 &+ 7
            var (sampler, _) = sampler(parameters, over: logits)
            // Only a row that draws is asked otherwise for another seed.
            if !question.draws, let choice = sampler.choice(from: row, to: question, vocabulary: Self.vocabulary) {
                counts[Int(choice.token)] += 1
            } else {
                counts[Int(try sampler.next(logits, suppressed: suppressed).choice.token)] += 1
            }
        }
        for (id, probability) in expected.enumerated() where probability == 0 { #expect(counts[id] == 0, "\(id)") }
        expectLikely(counts, expected)
    }

    /// Bins of at least 20 expected draws, likeliest first.
    private func expectLikely(_ counts: [Int], _ probabilities: [Double]) {
        let draws = Double(counts.reduce(0, +))
        var bins: [(count: Int, expected: Double)] = [(0, 0)]
        for id in probabilities.indices.sorted(by: { probabilities[$0] > probabilities[$1] }) {
            if bins[bins.count - 1].expected >= 20 { bins.append((0, 0)) }
            bins[bins.count - 1].count += counts[id]
            bins[bins.count - 1].expected += probabilities[id] * draws
        }
        if bins.count > 1, bins[bins.count - 1].expected < 5 {
            let last = bins.removeLast()
            bins[bins.count - 1].count += last.count
            bins[bins.count - 1].expected += last.expected
        }
        let statistic = chiSquare(bins.map(\.count), expected: bins.map(\.expected))
        // Five standard deviations above the mean of the statistic.
        let freedom = Double(bins.count - 1)
        #expect(bins.count > 3 && statistic < freedom + 5 * (2 * freedom).squareRoot() + 5, "\(statistic), \(freedom)")
    }

    @Test("where candidates are not enough more are asked for, in the end all, and at once for the next token")
    func askingAgain() throws {
        var sampler = Sampler(SamplingParameters(topP: 0.999, seed: 4))
        let flat = logits(seed: 1, spread: 0.1), peaked = logits(seed: 1, spread: 40)
        let first = try sampler.next(flat).asked
        #expect(first.map(\.candidates) == [128, 1024, 0] && first.map(\.whole) == [false, false, true])
        #expect(try sampler.next(flat).asked.map(\.whole) == [true])
        #expect(try sampler.next(peaked).asked.map(\.whole) == [true])
        #expect(try sampler.next(peaked).asked.map(\.candidates) == [128])
    }

    @Test("the head is asked for no more than the parameters need")
    func questions() {
        func question(_ parameters: SamplingParameters, logprobs: Int? = nil) -> HeadQuestion {
            Sampler(parameters, prompt: [5, 3, 5]).question(vocabulary: 200_064, logprobs: logprobs)
        }
        #expect(question(SamplingParameters(temperature: 0)) == HeadQuestion(candidates: 1))
        #expect(
            question(SamplingParameters(temperature: 0), logprobs: 7)
                == HeadQuestion(candidates: 1, top: 7, logSum: true))
        #expect(
            question(SamplingParameters(temperature: 0, repetitionPenalty: 2, logitBias: [4: 1, 300_000: 1]))
                == HeadQuestion(candidates: 1, named: [3, 4, 5]))
        var source = RandomSource(seed: 6)
        #expect(
            question(SamplingParameters(temperature: 0.5, topK: 200_064, seed: 6))
                == HeadQuestion(candidates: 1, temperature: 0.5, draws: true, seed: source.next()))
        #expect(question(SamplingParameters(topK: 40)) == HeadQuestion(candidates: 40))
        #expect(question(SamplingParameters(topP: 0.5, topK: 7)) == HeadQuestion(candidates: 7))
        #expect(question(SamplingParameters(topK: 500, minP: 0.1)) == HeadQuestion(candidates: 128))
        #expect(question(SamplingParameters(topP: 0.5)) == HeadQuestion(candidates: 128, temperature: 1))
        #expect(question(SamplingParameters(topK: 60_000)) == HeadQuestion(whole: true))
    }
}

/// The documented steps, one after the other over the whole vocabulary.
private struct PlainSampling {
    let probabilities: [Double]

    /// For the first token, after a prompt of the twelve highest ids where there is a repetition penalty; the third
    /// highest ends an answer.
    init(_ parameters: SamplingParameters, _ logits: [Float], suppressed: [Int32]) {
        let ranked = logits.indices.sorted { logits[$0] > logits[$1] }
        var scores = logits.map { Double($0) }
        if parameters.repetitionPenalty != 1 {
            let penalty = Double(parameters.repetitionPenalty)
            for id in ranked[..<12] { scores[id] = scores[id] > 0 ? scores[id] / penalty : scores[id] * penalty }
        }
        for (id, bias) in parameters.logitBias { scores[Int(id)] += Double(bias) }
        for id in suppressed { scores[Int(id)] = -.infinity }
        if parameters.tokensMin > 0 { scores[ranked[2]] = -.infinity }
        let highest = scores.max() ?? 0
        var weights = scores.map { exp(($0 - highest) / parameters.temperature) }
        let order = scores.indices.sorted { (scores[$0], $1) > (scores[$1], $0) }
        if parameters.topK > 0 { for id in order.dropFirst(parameters.topK) { weights[id] = 0 } }
        for id in order where weights[id] < parameters.minP { weights[id] = 0 }
        let total = weights.reduce(0, +)
        var sum = 0.0
        for id in order {
            if sum >= parameters.topP * total, sum > 0 { weights[id] = 0 }
            sum += weights[id]
        }
        let left = weights.reduce(0, +)
        probabilities = weights.map { $0 / left }
    }
}
