internal import Tensors

/// How far one sequence has come. A pure value, which the engine changes from step to step.
struct SequenceProgress {
    /// What a client is told after a step with rows of its sequence, in this order.
    struct News {
        /// These were its first rows.
        var isFirst = false
        /// Of the whole prompt, where they were asked for.
        var promptLogprobs: [TokenLogprobs?]?
        /// Of the whole prompt, where it was asked for.
        var embedding: [Float]?
        /// The next token of the answer.
        var token: Int32?
        /// Of `token`, where they were asked for.
        var logprobs: TokenLogprobs?
        /// The sequence is at its end.
        var end: FinishReason?
    }

    var sampler: Sampler
    /// The answer so far. Its last token is the one to carry through the model next.
    private(set) var generated: [Int32] = []
    /// When its first rows went through the model.
    private(set) var begun: ContinuousClock.Instant?
    private(set) var firstToken: ContinuousClock.Instant?
    private var hasTakenRows = false
    /// Of the prompt's tokens so far, where they are asked for. Nothing precedes the first one: it has none.
    private(set) var promptLogprobs: [TokenLogprobs?] = [nil]
    /// Of the prompt's tokens so far, where an embedding is asked for.
    private var pooled: PooledRows?

    init(sampler: Sampler, pooled: PooledRows? = nil) { (self.sampler, self.pooled) = (sampler, pooled) }

    /// A step with rows of this sequence begins.
    mutating func begin(at now: ContinuousClock.Instant) { begun = begun ?? now }

    /// The prompt's next token was this likely.
    mutating func note(_ logprobs: TokenLogprobs) { promptLogprobs.append(logprobs) }

    /// The model has made these of tokens of the prompt, from position `start` on.
    mutating func pool(_ hidden: Tensor, start: Int) { pooled?.add(hidden, start: start) }

    /// The sequence's rows of a step were computed.
    ///
    /// - Parameters:
    ///   - token: chosen after the last of the rows; nil where none was to be chosen.
    ///   - yieldsToken: whether the rows reach the prompt's end or lie behind it.
    ///   - endTokens: ids where the model ends an answer.
    mutating func take(
        _ token: Int32?, _ logprobs: TokenLogprobs?, yieldsToken: Bool, of request: GenerationRequest,
        endTokens: Set<Int32>, at now: ContinuousClock.Instant
    ) -> News {
        var news = News(isFirst: !hasTakenRows)
        hasTakenRows = true
        guard yieldsToken else { return news }
        if generated.isEmpty, request.promptLogprobs != nil { news.promptLogprobs = promptLogprobs }
        if generated.isEmpty { news.embedding = pooled?.vector }
        guard let token else {
            news.end = .length        // only the prompt was to be read
            return news
        }
        guard request.ignoreEnd || !endTokens.contains(token) else {
            news.end = .stop
            return news
        }
        (news.token, news.logprobs) = (token, logprobs)
        generated.append(token)
        firstToken = firstToken ?? now
        if generated.count == request.tokensMax { news.end = .length }
        return news
    }
}
