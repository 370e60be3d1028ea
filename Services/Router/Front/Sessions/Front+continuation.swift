internal import Hummingbird
internal import Records

/// Requests that continue a session.
extension Front {
    /// The job with the session before its prompt, if it names one.
    ///
    /// - Throws: `SessionRefusal`, `RecordsError`, or `APIError` where both together do not fit.
    func continuing(_ job: Job, _ account: String) async throws -> Job {
        guard let addition = job.session else { return job }
        var job = job
        let exchange = try await sessions.begin(addition, of: account)
        do {
            try job.continue(exchange, generator.model)
        } catch {
            exchange.end()
            throw error
        }
        return job
    }

    /// Stores what was asked and answered, if the job continues a session. What was generated when a client hung up is
    /// its answer.
    func store(_ job: Job, _ tally: Tally) async throws {
        guard let exchange = job.exchange else { return }
        let written = tally.written
        try await exchange.store(
            AnswerTokens.told(
                written.tokens, cutOff: written.cutOff, tokenizer, skipsSpecial: job.skipsSpecial))
    }
}

extension Job {
    /// Puts the session's tokens before those that are new.
    fileprivate mutating func `continue`(_ exchange: SessionExchange, _ model: ServedModel) throws {
        try exchange.session.requireTokens(knownTo: model)
        let promptName = kind == .chat ? "messages" : "prompt"
        let prompt = exchange.prompt
        prompts = [Job.Prompt(ids: prompt.ids, keepAt: prompt.keepAt)]
        guard !prompts[0].ids.isEmpty else { throw APIError.missing(promptName) }
        tokensMax = []
        try fit(
            absent: kind == .chat ? .max : CompletionRequest.tokensDefault, contextLength: model.contextLength,
            promptName: promptName)
        self.exchange = exchange
    }

    /// Refuses what does not go together with a session.
    func checkSession() throws(APIError) {
        guard session != nil else { return }
        guard choicesPerPrompt == 1, bestOf == 1 else {
            throw .notSupported(
                "n", "'n' and 'best_of' must be 1 with 'session_id': a session goes on with one answer.")
        }
        guard truncation == nil else {
            throw .notSupported(
                "truncate_prompt_tokens",
                "'truncate_prompt_tokens' is not supported with 'session_id': rewind or fork the session.")
        }
    }
}
