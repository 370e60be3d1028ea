internal import Synchronization

/// What a job has done so far, read for `usage` and the log.
final class Tally: Sendable {
    private struct Counts {
        var tokens = 0
        var reasoning = 0
        /// Of each prompt, how many tokens its first choice reused.
        var cached: [Int: Int] = [:]
        var finishes: [FinishReason] = []
        var lastSent: ContinuousClock.Instant?
        var written = Written()
        /// By prompt, where they are asked for.
        var promptLogprobs: [Int: [TokenLogprobs?]] = [:]
    }
    /// What a job that continues a session has generated, which is one answer.
    struct Written {
        var tokens: [Int32] = []
        /// How many Unicode scalars at the end of their text a stop string took away.
        var cutOff = 0
    }
    let start = ContinuousClock.now
    private let counts = Mutex(Counts())

    /// Tokens generated, over all choices.
    var tokens: Int { counts.withLock { $0.tokens } }
    /// Tokens of prompts that were reused.
    var cachedTokens: Int { counts.withLock { $0.cached.values.reduce(0, +) } }
    var finishes: [FinishReason] { counts.withLock { $0.finishes } }
    /// When something was last sent to the client; nil: nothing was yet.
    var lastSent: ContinuousClock.Instant? { counts.withLock { $0.lastSent } }

    var written: Written { counts.withLock { $0.written } }

    /// By prompt: one element a token; those of the prompts of which the engine was asked for them.
    var promptLogprobs: [Int: [TokenLogprobs?]] { counts.withLock { $0.promptLogprobs } }

    /// Of one prompt.
    func cachedTokens(ofPrompt prompt: Int) -> Int { counts.withLock { $0.cached[prompt] ?? 0 } }

    func write(_ token: Int32) { counts.withLock { $0.written.tokens.append(token) } }
    func cutOff(_ scalars: Int) { counts.withLock { $0.written.cutOff = scalars } }
    func note(_ logprobs: [TokenLogprobs?], ofPrompt prompt: Int) {
        counts.withLock { $0.promptLogprobs[prompt] = logprobs }
    }
    func addToken() { counts.withLock { $0.tokens += 1 } }
    func addReasoning(_ tokens: Int) { counts.withLock { $0.reasoning += tokens } }
    func addFinish(_ reason: FinishReason) { counts.withLock { $0.finishes.append(reason) } }
    func noteSent() { counts.withLock { $0.lastSent = .now } }
    func noteCached(_ tokens: Int, ofPrompt prompt: Int) { counts.withLock { $0.cached[prompt] = tokens } }

    /// What the client is told of it.
    func usage(of job: Job) -> Usage {
        counts.withLock { counts in
            Usage(
                prompt: job.promptTokens, cached: counts.cached.values.reduce(0, +), completion: counts.tokens,
                reasoning: counts.reasoning)
        }
    }
}
