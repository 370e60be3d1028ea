internal import Synchronization

/// One sequence that the engine works on: its request, how its tokens are chosen, and where they go.
final class LiveSequence: Sendable {
    enum Output: Sendable {
        case event(GenerationEvent)
        case end(FinishReason)
    }

    /// What changes from step to step.
    struct Progress {
        var sampler: Sampler
        /// The answer so far. Its last token is the one to carry through the model next.
        var generated: [Int32] = []
        /// When its first rows went through the model.
        var begun: ContinuousClock.Instant?
        var firstToken: ContinuousClock.Instant?
        /// Of the prompt's tokens so far, where they are asked for.
        var promptLogprobs: [TokenLogprobs?] = [nil]
    }

    let id: UInt64
    let request: GenerationRequest
    let submitted = ContinuousClock.now
    /// Written by the engine, one step after another; a step's threads each have sequences of their own.
    let progress: Mutex<Progress>
    private let outputs: AsyncThrowingStream<Output, any Error>.Continuation

    init(_ id: UInt64, _ request: GenerationRequest, suppressed: [Int32], outputs: AsyncThrowingStream<Output, any Error>.Continuation) {
        self.id = id
        self.request = request
        self.outputs = outputs
        progress = Mutex(Progress(sampler: Sampler(request.sampling, prompt: request.prompt, suppressed: suppressed)))
    }

    /// Outputs wait in memory, so that a slow reader never slows the other sequences; `tokensMax` bounds them.
    func send(_ event: GenerationEvent) { outputs.yield(.event(event)) }

    func end(_ reason: FinishReason) {
        outputs.yield(.end(reason))
        outputs.finish()
    }

    func fail(_ error: any Error) { outputs.finish(throwing: error) }

    /// The tokens of rows `start ..< start + count`, of the prompt and of what was generated after it.
    func tokens(start: Int, count: Int) -> [UInt32] {
        let prompt = request.prompt, fromPrompt = min(start + count, prompt.count)
        let first = start < fromPrompt ? prompt[start ..< fromPrompt].map { UInt32($0) } : []
        guard start + count > prompt.count else { return first }
        let rest = max(0, start - prompt.count) ..< start + count - prompt.count
        return first + progress.withLock { $0.generated[rest].map { UInt32($0) } }
    }
}
