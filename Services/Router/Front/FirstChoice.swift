/// What the other choices of a prompt have from its first: they go to the engine after it, so that its prompt is read
/// once for all of them, and they echo the log-probabilities that it was told of the prompt. Where the first fails, so
/// do they, with the same error.
final class FirstChoice: Sendable {
    private let submission = Awaited<Void>()
    private let prompt = Awaited<[TokenLogprobs?]>()

    /// Waits until the engine has taken the first choice, or it has ended.
    func waitUntilSubmitted() async throws { try await submission.value }

    /// Waits for the log-probabilities of the prompt.
    var promptLogprobs: [TokenLogprobs?] { get async throws { try await prompt.value } }

    /// The first choice's events and end are told here.
    func note(_ event: GenerationEvent) {
        submission.become(.success(()))
        if case .prompt(let logprobs) = event { prompt.become(.success(logprobs)) }
    }

    func noteEnd() {
        submission.become(.success(()))
        prompt.become(.failure(GenerationError.failed("the log-probabilities of the prompt did not come")))
    }

    func noteFailure(_ error: any Error) {
        submission.become(.failure(error))
        prompt.become(.failure(error))
    }
}
