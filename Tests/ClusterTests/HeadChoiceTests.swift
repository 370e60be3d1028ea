import Foundation
import Messages
import Testing

@testable import Router
@testable import Tensors

/// The engine sees few logits of a row; what it makes of them is what all of them say.
@Suite("Choosing tokens through the head") struct HeadChoiceTests {
    private static let choices: [SamplingParameters] = [
        SamplingParameters(temperature: 0), SamplingParameters(temperature: 0.8, seed: 3),
        SamplingParameters(topP: 0.9, seed: 4), SamplingParameters(topK: 30, seed: 5),
        SamplingParameters(minP: 0.01, seed: 6), SamplingParameters(temperature: 3, minP: 0.001, seed: 7),
        // So flat that candidates are asked for again, and in the end all.
        SamplingParameters(temperature: 10, topP: 0.5, seed: 8),
        SamplingParameters(temperature: 50, topP: 0.99, seed: 9),
        SamplingParameters(temperature: 0.8, presencePenalty: 1, logitBias: [900: 8, 5: -3], seed: 10),
    ]

    @Test("tokens and their log-probabilities are those of all logits, with ids that are never chosen and without")
    func tokens() async throws {
        try await ModelCluster.with(Paths.demo, expertHosts: 1) { cluster in
            let prompt: [Int32] = [5, 6, 7]
            let logits = try await cluster.logits(prompt.map { UInt32($0) }, chunks: [3])[0]
            let ranked = logits.indices.sorted { (logits[$0], $1) > (logits[$1], $0) }
            for suppressed in [[], [Int32(ranked[0]), Int32(ranked[5])] + (1000 ..< 1300)] {
                try await cluster.withEngine {
                    $0.suppressed = suppressed
                } body: { engine in
                    for parameters in Self.choices {
                        var request = GenerationRequest(id: "a", prompt: prompt, tokensMax: 1, sampling: parameters)
                        request.topLogprobs = 3
                        request.ignoreEnd = true
                        let (token, logprobs) = try await Self.firstToken(of: request, from: engine)
                        #expect(token == Self.token(parameters, prompt, logits, suppressed), "\(parameters)")
                        #expect(logprobs.top.map(\.id) == ranked[..<3].map { Int32($0) })
                        let sum = log(logits.reduce(0.0) { $0 + exp(Double($1)) })
                        for (id, logprob) in [(token, logprobs.logprob)] + logprobs.top.map({ ($0.id, $0.logprob) }) {
                            #expect(abs(Double(logits[Int(id)]) - sum - Double(logprob)) < 1e-5)
                        }
                    }
                }
            }
        }
    }

    private static func firstToken(
        of request: GenerationRequest, from engine: StepEngine
    ) async throws -> (Int32, TokenLogprobs) {
        for try await case .event(.token(let token, let logprobs?)) in try engine.submit(request).outputs {
            return (token, logprobs)
        }
        throw SupportError("no token came")
    }

    /// What the sampler chooses where it is given all logits.
    private static func token(
        _ parameters: SamplingParameters, _ prompt: [Int32], _ logits: [Float], _ suppressed: [Int32]
    ) -> Int32? {
        let sampler = Sampler(parameters, prompt: prompt, suppressed: suppressed)
        let question = sampler.question(vocabulary: logits.count)
        let free = logits.indices.filter {
            !suppressed.contains(Int32($0)) && !question.named.contains(UInt32($0))
        }.map { RankedToken(id: Int32($0), logit: logits[$0]) }
        let highest = free.map { Double($0.logit) }.max() ?? 0
        let sum = free.reduce(0.0) { $0 + exp((Double($1.logit) - highest) / max(parameters.temperature, 1e-5)) }
        let row = HeadRow(
            candidates: free, isComplete: true, named: question.named.map { logits[Int($0)] }, top: [], allSum: nil,
            freeSum: ExponentialSum(highest: highest, sum: sum))
        return sampler.choice(from: row, to: question, vocabulary: logits.count)?.token
    }
}
