import Testing

@testable import Router

@Suite("Token log-probabilities") struct TokenLogprobsTests {
    /// As of a prompt's token, answered by eight parts.
    private func logprobs(_ token: Int32, _ logits: [Float], _ alternatives: Int) throws -> TokenLogprobs {
        let question = TokenLogprobs.question(about: token, alternatives: alternatives)
        let call = HeadCall([question], vocabulary: logits.count)
        return TokenLogprobs(answer: try call.rows([logits], parts: 8)[0])
    }

    @Test("they are the logarithm of the softmax")
    func values() throws {
        // The softmax of these is 0.1, 0.5, 0.4 whatever is added to all.
        for shift: Float in [0, 1000, -1000] {
            let logits = [-2.3025851, -0.6931472, -0.9162907].map { Float($0) + shift }
            let result = try logprobs(0, logits, 2)
            #expect(abs(result.logprob - -2.3025851) < 1e-4)
            #expect(result.top.map(\.id) == [1, 2])
            #expect(abs(result.top[0].logprob - -0.6931472) < 1e-4)
        }
    }

    @Test("equal alternatives come by ascending id, and more than the vocabulary cannot come")
    func ties() throws {
        #expect(try logprobs(3, [1, 2, 1, 2, 1], 4).top.map(\.id) == [1, 3, 0, 2])
        #expect(try logprobs(0, [1, 2], 20).top.map(\.id) == [1, 0])
        #expect(try logprobs(0, [1, 2], 0).top.isEmpty)
    }

    @Test("200,000 equal logits each get the logarithm of their share")
    func large() throws {
        let logits = [Float](repeating: 0.5, count: 200_000)
        #expect(try abs(logprobs(77, logits, 0).logprob - -12.206073) < 1e-5)
    }

    @Test("NaN and infinite logits give no trap and no NaN")
    func oddLogits() throws {
        #expect(
            try logprobs(0, [.nan, 0, 0], 3)
                == TokenLogprobs(logprob: -.infinity, top: [1, 2].map { .init(id: $0, logprob: -0.6931472) }))
        #expect(try logprobs(0, [.nan, .nan], 1).logprob == -.infinity)
        #expect(try !logprobs(0, [.infinity, 1], 2).logprob.isNaN)
        #expect(try logprobs(1, [0, -.infinity], 0).logprob == -.infinity)
    }
}
