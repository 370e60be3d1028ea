internal import Testing

@testable import Router

/// What a token of a prompt costs.
@Suite("Prefill rate") struct PrefillRateTests {
    @Test("the first measurement counts at once, later ones gradually; steps that generate say nothing")
    func rate() {
        var rate = PrefillRate()
        rate.note(generating: 0, prompt: 1000, seconds: 2)
        #expect(rate.tokensPerSecond == 500 && rate.seconds(1000) == 2)
        rate.note(generating: 0, prompt: 1000, seconds: 1)
        #expect(rate.tokensPerSecond == 550)
        rate.note(generating: 40, prompt: 10, seconds: 100)
        rate.note(generating: 0, prompt: 0, seconds: 1)
        rate.note(generating: 0, prompt: 100, seconds: 0)
        #expect(rate.tokensPerSecond == 550)
    }
}
