internal import Messages
internal import Synchronization

/// One sequence that the engine works on: its request, how far it has come, and where its tokens go.
final class LiveSequence: Sendable {
    enum Output: Sendable {
        case event(GenerationEvent)
        case end(FinishReason)
    }
    typealias Outputs = AsyncThrowingStream<Output, any Error>

    let id: SequenceID
    let request: GenerationRequest
    let submitted = ContinuousClock.now
    /// Written by the engine, one step after another; a step's threads each have sequences of their own.
    let progress: Mutex<SequenceProgress>
    private let endTokens: Set<Int32>
    private let outputs: Outputs.Continuation

    /// - Parameters:
    ///   - suppressed: ids that are never chosen.
    ///   - endTokens: ids where the model ends an answer.
    init(
        _ id: SequenceID, _ request: GenerationRequest, suppressed: [Int32], endTokens: Set<Int32>,
        outputs: Outputs.Continuation
    ) {
        self.id = id
        self.request = request
        self.endTokens = endTokens
        self.outputs = outputs
        let ends = request.stopTokens.union(request.ignoreEnd ? [] : endTokens)
        let sampler = Sampler(request.sampling, prompt: request.prompt, suppressed: suppressed, ends: Array(ends))
        let pooled = request.promptEmbedding.map { PooledRows($0, count: request.prompt.count) }
        progress = Mutex(SequenceProgress(sampler: sampler, pooled: pooled))
    }

    /// Tells the client what came of a step's rows.
    ///
    /// - Returns: why the sequence is at its end; nil where it is not.
    func take(_ choice: TokenChooser.Choice) -> FinishReason? {
        let news = progress.withLock {
            $0.take(
                choice.token, choice.logprobs, yieldsToken: choice.part.rows.yieldsToken, of: request,
                endTokens: endTokens, at: .now)
        }
        // What lies before its first rows came from a kept state.
        if news.isFirst { send(.begun(reused: min(choice.part.rows.start, request.prompt.count))) }
        if let logprobs = news.promptLogprobs { send(.prompt(logprobs)) }
        if let embedding = news.embedding { send(.embedding(embedding)) }
        if let token = news.token { send(.token(token, news.logprobs)) }
        return news.end
    }

    /// Outputs wait in memory, so that a slow reader never slows the other sequences; `tokensMax` bounds them.
    private func send(_ event: GenerationEvent) { outputs.yield(.event(event)) }

    /// Nothing is sent after this.
    func end(_ end: SequenceEnd) {
        switch end {
        case .finished(let reason):
            outputs.yield(.end(reason))
            outputs.finish()
        case .failed(let error): outputs.finish(throwing: error)
        }
    }

    /// The tokens of rows `start ..< start + count`, of the prompt and of what was generated after it.
    func tokens(start: Int, count: Int) -> [UInt32] {
        let prompt = request.prompt, fromPrompt = min(start + count, prompt.count)
        let first = start < fromPrompt ? prompt[start ..< fromPrompt].map { UInt32($0) } : []
        guard start + count > prompt.count else { return first }
        let rest = max(0, start - prompt.count) ..< start + count - prompt.count
        return first + progress.withLock { $0.generated[rest].map { UInt32($0) } }
    }
}

extension LiveSequence {
    /// Its first `count` tokens, of the prompt and of what was generated after it, as far as there are so many.
    func tokens(upTo count: Int) -> [Int32] {
        let prompt = request.prompt
        guard count > prompt.count else { return count == prompt.count ? prompt : Array(prompt[..<count]) }
        return prompt + progress.withLock { $0.generated.prefix(count - prompt.count) }
    }

    /// Log-probabilities of the prompt's tokens, and the mean of their hidden states, come from rows that are computed.
    var reusesPrefix: Bool { request.reusesPrefix && request.promptLogprobs == nil && request.promptEmbedding != .mean }
}

extension Collection<LiveSequence> {
    /// Those of requests that have not begun. A request of several choices has begun with its first.
    var ofRequestsNotBegun: [LiveSequence] {
        let begun = Set(filter { $0.progress.withLock { $0.begun != nil } }.map(\.request.jobID))
        return filter { !begun.contains($0.request.jobID) }
    }
}
