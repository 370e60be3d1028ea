internal import Chat
internal import JSON
internal import Records
internal import Tensors
internal import Tokenizer

/// Reads the body of `POST /v1/completions`.
struct CompletionRequest {
    private enum Source {
        case given(PromptSource)
        /// The beginning of a document: what OpenAI continues when no prompt is given.
        case begin
    }
    /// What OpenAI generates when asked for no length.
    static let tokensDefault = 16

    private let sources: [Source]
    private let job: Job

    init(_ fields: RequestFields, model: ServedModel, seed: UInt64) throws(APIError) {
        var job = try Job(.completion, fields, model: model, seed: seed)
        sources = try Self.sources(fields, vocabularySize: model.vocabularySize)
        job.echo = try fields.bool("echo", default: false)
        job.topLogprobs = try fields.integer("logprobs", in: Job.alternativesRange)
        // 0 asks for the prompt's own log-probabilities and nothing else.
        let lengths = (job.echo || job.promptLogprobs != nil ? 0 : 1) ... Job.tokensRange.upperBound
        let older = try fields.integer("max_tokens", in: lengths)
        job.request(
            tokens: try fields.integer("max_completion_tokens", in: lengths) ?? older,
            contextLength: model.contextLength)
        try job.checkCounts(prompts: sources.count)
        self.job = job
    }

    /// The job with its prompts encoded, once each is known to fit. A prompt is all the client's own: it may spell
    /// control tokens.
    /// - Parameter cancellation: ends the work early.
    func encoded(by tokenizer: BytePairTokenizer, contextLength: Int, _ cancellation: CancellationFlag) throws -> Job {
        var job = job
        try job.encodeWords(by: tokenizer, cancellation)
        for case .given(.text(let text)) in sources {
            try job.check(promptBytes: text.utf8.count, tokenizer, contextLength: contextLength, promptName: "prompt")
        }
        if job.session != nil { return try inSession(job, tokenizer, cancellation) }
        for source in sources {
            switch source {
            case .given(.text(let text)):
                job.prompts.append(
                    Job.Prompt(
                        ids: try tokenizer.encoded(PromptText(template: text), "prompt", cancellation).ids, text: text))
            case .given(.ids(let ids)): job.prompts.append(Job.Prompt(ids: ids))
            case .begin:
                guard let begin = tokenizer.id(of: ChatTemplate.begin) else { throw APIError.missing("prompt") }
                job.prompts.append(Job.Prompt(ids: [begin], text: ""))
            }
        }
        guard job.prompts.allSatisfy({ !$0.ids.isEmpty }) else { throw APIError.emptyPrompt("prompt") }
        try job.fit(absent: Self.tokensDefault, contextLength: contextLength, promptName: "prompt")
        return job
    }

    /// The job with what its session goes on with: without a prompt, with the session itself.
    private func inSession(
        _ job: Job, _ tokenizer: BytePairTokenizer, _ cancellation: CancellationFlag
    ) throws -> Job {
        guard sources.count == 1 else {
            throw APIError.invalid("prompt", "Invalid 'prompt': expected one prompt with 'session_id'.")
        }
        var job = job
        switch sources[0] {
        case .given(.text(let text)):
            let tokens = try tokenizer.encoded(PromptText(template: text), "prompt", cancellation).ids
            job.session?.turns = [Session.Turn(role: "prompt", tokens: tokens)]
        case .given(.ids(let ids)): job.session?.turns = [Session.Turn(role: "prompt", tokens: ids)]
        case .begin: break
        }
        return job        // fitted once the session's length is known
    }

    private static func sources(_ fields: RequestFields, vocabularySize: Int) throws(APIError) -> [Source] {
        guard let value = fields.value("prompt") else { return [.begin] }
        return try PromptSource.read(value, "prompt", countMax: Job.promptsMax, vocabularySize: vocabularySize).map {
            .given($0)
        }
    }
}
