internal import Tensors
internal import Testing

@testable import Router

/// What a sequence's client is told when a step with its rows is over.
@Suite("Sequence progress") struct SequenceProgressTests {
    private static let endTokens: Set<Int32> = [2, 9]
    private static let logprobs = TokenLogprobs(logprob: -1, top: [])
    private let now = ContinuousClock.now
    private var progress = SequenceProgress(sampler: Sampler(SamplingParameters()))
    private var request = GenerationRequest(id: "r", prompt: [5, 6, 7], tokensMax: 3)

    private mutating func take(_ token: Int32?, yieldsToken: Bool = true) -> SequenceProgress.News {
        progress.take(
            token, token == nil ? nil : Self.logprobs, yieldsToken: yieldsToken, of: request,
            endTokens: Self.endTokens, at: now)
    }

    @Test("a token is told with its log-probabilities, and the sequence goes on")
    func token() {
        var test = self
        let news = test.take(11)
        #expect(news.token == 11 && news.logprobs == Self.logprobs && news.end == nil && news.promptLogprobs == nil)
        #expect(test.progress.generated == [11])
    }

    @Test("rows within the prompt lead to no news")
    func withinPrompt() {
        var test = self
        test.request.promptLogprobs = 0
        let news = test.take(nil, yieldsToken: false)
        #expect(news.token == nil && news.end == nil && news.promptLogprobs == nil)
        #expect(test.progress.generated.isEmpty && test.progress.firstToken == nil)
    }

    @Test("the last token that was asked for is told, and ends the sequence")
    func length() {
        var test = self
        let news = [11, 12, 13].map { test.take($0) }
        #expect(news.map(\.token) == [11, 12, 13])
        #expect(news.map(\.end) == [nil, nil, .length])
        #expect(test.progress.generated == [11, 12, 13])
    }

    @Test("an end token ends the sequence and is not told", arguments: [2, 9] as [Int32])
    func endToken(token: Int32) {
        var test = self
        _ = test.take(11)
        let news = test.take(token)
        #expect(news.token == nil && news.logprobs == nil && news.end == .stop)
        #expect(test.progress.generated == [11])
    }

    @Test("an end token is a token like any other where the request says so")
    func ignoredEnd() {
        var test = self
        test.request.ignoreEnd = true
        let news = test.take(2)
        #expect(news.token == 2 && news.end == nil)
    }

    @Test("stop tokens of the request are told: the receiver acts on them")
    func stopToken() {
        var test = self
        test.request.stopTokens = [11]
        let news = test.take(11)
        #expect(news.token == 11 && news.end == nil)
    }

    @Test("a request for no tokens ends when its prompt was read")
    func promptOnly() {
        var test = self
        test.request.tokensMax = 0
        let news = test.take(nil)
        #expect(news.token == nil && news.end == .length)
        #expect(test.progress.firstToken == nil)
    }

    // MARK: log-probabilities of the prompt

    @Test("log-probabilities of the prompt are told once, with the first token", arguments: [false, true])
    func promptLogprobs(areAskedFor: Bool) {
        var test = self
        test.request.promptLogprobs = areAskedFor ? 1 : nil
        test.progress.note(Self.logprobs)
        let first = test.take(11), second = test.take(12)
        let expected: [TokenLogprobs?]? = areAskedFor ? [nil, Self.logprobs] : nil
        #expect(first.promptLogprobs == expected)
        #expect(first.token == 11)
        #expect(second.promptLogprobs == nil)
    }

    @Test(
        "they are told also where the first token ends the answer, or none was asked for",
        arguments: [
            2, nil,
        ] as [Int32?])
    func promptLogprobsAlone(token: Int32?) {
        var test = self
        test.request.promptLogprobs = 0
        if token == nil { test.request.tokensMax = 0 }
        let news = test.take(token)
        #expect(news.promptLogprobs == [nil])
        #expect(news.token == nil && news.end == (token == nil ? .length : .stop))
    }

    // MARK: embedding of the prompt

    @Test("an embedding is told once, when all of the prompt was read")
    func embedding() {
        var test = self
        test.request.tokensMax = 2
        test.progress = SequenceProgress(
            sampler: Sampler(SamplingParameters()), pooled: PooledRows(.mean, count: test.request.prompt.count))
        test.progress.pool(Tensor(columns: 2, values: [3, 0, 0, 4]), start: 0)
        let within = test.take(nil, yieldsToken: false)
        test.progress.pool(Tensor(columns: 2, values: [0, 0]), start: 2)
        let first = test.take(11)
        test.progress.pool(Tensor(columns: 2, values: [9, 9]), start: 3)        // of the answer
        let second = test.take(12)
        #expect(within.embedding == nil && first.embedding == [0.6, 0.8] && second.embedding == nil)
    }

    // MARK: times

    @Test("a sequence has begun with its first step, and its first token has one time")
    func times() {
        var test = self
        #expect(test.progress.begun == nil)
        test.progress.begin(at: now)
        test.progress.begin(at: now + .seconds(5))
        #expect(test.progress.begun == now)
        _ = test.take(11)
        _ = test.progress.take(
            12, nil, yieldsToken: true, of: test.request, endTokens: [], at: now + .seconds(7))
        #expect(test.progress.firstToken == now)
    }
}
