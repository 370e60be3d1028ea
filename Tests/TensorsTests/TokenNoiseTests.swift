import Foundation
import Testing

@testable import Tensors

@Suite("Token noise") struct TokenNoiseTests {
    @Test("is Gumbel noise of SplitMix64's published numbers for seed 1234567")
    func knownNumbers() {
        let noise = TokenNoise(seed: 1_234_567, temperature: 2)
        let numbers: [UInt64] = [
            6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821,
        ]
        for (id, number) in numbers.enumerated() {
            let uniform = (Double(number >> 12) + 0.5) / 0x1p52
            #expect(noise.score(of: id, logit: 3) == 1.5 - log(-log(uniform)))
        }
    }

    @Test("the id with the highest score follows the softmax of the logits over the temperature", arguments: [0.5, 2])
    func distribution(temperature: Double) {
        let logits: [Float] = [0, 1, 2, 0.5, -1, -6]
        let weights = logits.map { pow(M_E, Double($0) / temperature) }, draws = 100_000
        var counts = [Int](repeating: 0, count: logits.count)
        for seed in 0 ..< UInt64(draws) {
            let noise = TokenNoise(seed: seed &* 0xD134_2543_DE82_EF95, temperature: temperature)
            let scores = logits.enumerated().map { noise.score(of: $0, logit: $1) }
            counts[scores.indices.max { scores[$0] < scores[$1] }!] += 1
        }
        let statistic = zip(counts, weights).reduce(0.0) { sum, pair in
            let expected = pair.1 / weights.reduce(0, +) * Double(draws)
            return sum + (Double(pair.0) - expected) * (Double(pair.0) - expected) / expected
        }
        #expect(statistic < 25.7, "\(counts)")        // 5 degrees of freedom, p = 0.0001
    }

    @Test("a score that is above a bar was never said not to be, and most that are not are told so cheaply")
    func bars() {
        var ruledOut = 0, below = 0
        for seed in 0 ..< 200 as Range<UInt64> {
            let noise = TokenNoise(seed: seed, temperature: 0.7)
            for id in 0 ..< 1000 {
                let logit = Float(id % 41) / 5 - 4, score = noise.score(of: id, logit: logit)
                #expect(noise.mayExceed(score - 1e-9, id: id, logit: logit))
                let may = noise.mayExceed(8, id: id, logit: logit)
                #expect(may || score <= 8)
                below += score <= 8 ? 1 : 0
                ruledOut += may ? 0 : 1
            }
        }
        #expect(Double(ruledOut) > 0.9 * Double(below), "\(ruledOut) of \(below)")
    }

    @Test("infinite logits have infinite scores, and no noise is infinite or NaN")
    func extremes() {
        let noise = TokenNoise(seed: .max, temperature: 1e-5)
        #expect(noise.score(of: 3, logit: .infinity) == .infinity)
        #expect(noise.score(of: 3, logit: -.infinity) == -.infinity)
        #expect(noise.mayExceed(-.infinity, id: 3, logit: 0) && noise.mayExceed(0, id: 3, logit: .infinity))
        #expect(!noise.mayExceed(0, id: 3, logit: -.infinity))
        for id in 0 ..< 200_064 { #expect(noise.score(of: id, logit: 0).isFinite) }
    }
}
