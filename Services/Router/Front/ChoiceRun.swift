internal import Tokenizer

/// One choice at work: makes deltas of what its sequence tells.
struct ChoiceRun {
    private let choice: Job.Choice
    /// Of the same prompt.
    private let first: FirstChoice
    private let tally: Tally
    private let receive: (ChoiceDelta) -> Void
    private var assembler: ChoiceAssembler
    private var stopwatch: TokenStopwatch
    /// Whether the prompt still has to be echoed with its log-probabilities.
    private var lacksEcho: Bool
    /// Whether the prompt's log-probabilities are part of the answer.
    private let tellsPrompt: Bool
    /// Whether the answer's tokens are needed at its end.
    private let isOfSession: Bool

    /// Sends the echo of the prompt where it need not wait.
    init(
        _ choice: Job.Choice, of job: Job, after first: FirstChoice, on resources: RunningJob.Resources, tally: Tally,
        receive: @escaping (ChoiceDelta) -> Void
    ) {
        (self.choice, self.first, self.tally, self.receive) = (choice, first, tally, receive)
        lacksEcho = job.echoesLogprobs
        tellsPrompt = job.promptLogprobs != nil
        isOfSession = job.session != nil
        assembler = ChoiceAssembler(choice, of: job, tokenizer: resources.tokenizer)
        stopwatch = TokenStopwatch(start: tally.start, metrics: resources.metrics)
        if job.echo, !lacksEcho { send(assembler.echo()) }
    }

    /// - Returns: whether the choice goes on.
    mutating func take(_ event: GenerationEvent) async throws -> Bool {
        if choice.isFirst { first.note(event) }
        switch event {
        case .submitted: break
        case .begun(let reused): if choice.isFirst { tally.noteCached(reused, ofPrompt: choice.prompt) }
        case .prompt(let logprobs):
            if tellsPrompt { tally.note(logprobs, ofPrompt: choice.prompt) }
            sendEcho(logprobs)
        case .embedding: break        // a choice asks for none
        case .token(let token, let logprobs):
            try await sendEchoOfFirst()
            stopwatch.token()
            let before = assembler.tokens
            send(assembler.append(token, logprobs))
            guard assembler.tokens > before else { break }
            tally.addToken()
            if isOfSession { tally.write(token) }
        }
        return !assembler.isStopped && !Task.isCancelled
    }

    mutating func finish(_ reason: FinishReason) async throws {
        try await sendEchoOfFirst()
        let end = assembler.finish(reason)
        tally.cutOff(assembler.cutOff)
        tally.addFinish(end.finish ?? reason)
        tally.addReasoning(end.reasoningTokens)
        send(end)
    }

    /// The engine tells only a prompt's first choice of its log-probabilities; the others wait for that.
    private mutating func sendEchoOfFirst() async throws {
        if lacksEcho, !choice.isFirst { sendEcho(try await first.promptLogprobs) }
    }

    private mutating func sendEcho(_ logprobs: [TokenLogprobs?]) {
        guard lacksEcho else { return }
        lacksEcho = false
        send(assembler.echo(logprobs))
    }

    private func send(_ delta: ChoiceDelta) {
        guard !delta.isEmpty else { return }
        var delta = delta
        delta.cached = tally.cachedTokens(ofPrompt: choice.prompt)
        receive(delta)
    }
}
