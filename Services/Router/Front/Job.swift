internal import Chat
internal import JSON
internal import Tensors
internal import Tokenizer

/// What one REST request asks for, checked and in token ids: chat and plain completions look alike from here on.
struct Job: Sendable {
    enum Kind: Sendable { case chat, completion, response }

    struct Prompt: Sendable {
        var ids: [Int32]
        /// The text as the client gave it, to be echoed; nil if it gave token ids.
        var text: String?
        /// After how many of its tokens later requests are likely to go on from it, in ascending order.
        var keepAt: [Int] = []
    }

    /// Where a stream tells the usage.
    enum UsageReports: Sendable { case none, atEnd, inEveryChunk }

    /// Largest `n`, most prompts, and most choices of one request: bounded, so that one request cannot ask for
    /// everything.
    static let choicesPerPromptMax = 128
    static let promptsMax = 128
    static let choicesMax = 1024
    /// How many tokens an answer may be asked to have.
    static let tokensRange = 1 ... Int(Int32.max)
    /// How many likely tokens may be told beside each token.
    static let alternativesRange = 0 ... 20
    /// In seconds.
    static let timeoutRange = 0.001 ... 86_400.0

    let kind: Kind
    var prompts: [Prompt]
    /// How many answers to each prompt the client gets.
    var choicesPerPrompt: Int
    /// How many answers to each prompt are generated.
    var bestOf: Int
    /// Most tokens of each choice, as the client said.
    var tokensRequested: Int?
    /// An answer for which there is less room than requested ends where the context does; otherwise it is refused.
    var isCutByContext = false
    /// As many tokens as there is room for, which is what asking for the whole context means.
    var wantsAllTokens = false
    /// Most tokens of each choice, one element per prompt.
    var tokensMax: [Int]
    var sampling: SamplingParameters
    var stops: StopPatterns
    /// What an answer must not say; `sampling` has it in token ids once prompts are encoded.
    var badWords: [String]
    /// Tokens that end an answer.
    var stopTokens: Set<Int32>
    /// The stop string or stop token that ends an answer is part of it.
    var includesStop: Bool
    /// Whether tokens like `<end_of_sentence>` have no text.
    var skipsSpecial: Bool
    /// How the answer is told apart into text, reasoning and calls.
    var reading = AnswerReading()
    var truncation: Truncation?
    var topLogprobs: Int?
    /// How many alternatives are told beside each token of a prompt; nil: prompts are not told of.
    var promptLogprobs: Int?
    /// Answers also tell the ids of their tokens and prompts.
    var returnsTokenIDs: Bool
    /// Log-probabilities name a token by its id.
    var namesTokensByID: Bool
    var echo = false
    var ignoreEnd: Bool
    var priority: Priority
    /// For each choice, from its submission on.
    var timeout: Duration?
    var stream: Bool
    var usage: UsageReports
    var prefix: PrefixFields
    /// What it adds to the session that it names; nil: it names none.
    var session: SessionAddition?
    /// The same once the session is there to be continued.
    var exchange: SessionExchange?

    /// One answer: `index` counts all choices of all prompts, those of the first prompt first.
    struct Choice: Sendable {
        var index: Int
        var prompt: Int
        /// Whether it is the first of its prompt.
        var isFirst: Bool
    }
    var choices: [Choice] {
        (0 ..< prompts.count * bestOf).map { Choice(index: $0, prompt: $0 / bestOf, isFirst: $0 % bestOf == 0) }
    }

    /// Whether the echo of the prompt has to wait for its log-probabilities.
    var echoesLogprobs: Bool { echo && topLogprobs != nil }

    var promptTokens: Int { prompts.reduce(0) { $0 + $1.ids.count } }

    /// The log-probabilities of a prompt are asked for once, with its first choice.
    func generationRequest(for choice: Choice, id: String, account: Int, scope: PrefixScope) -> GenerationRequest {
        let prompt = prompts[choice.prompt]
        var request = GenerationRequest(
            id: "\(id)-\(choice.index)", prompt: prompt.ids, tokensMax: tokensMax[choice.prompt])
        request.sampling = sampling
        request.sampling.seed = RandomSource.seed(sampling.seed, choice: choice.index)
        request.topLogprobs = topLogprobs ?? (ranksChoices ? 0 : nil)
        if choice.isFirst {
            request.promptLogprobs = echoesLogprobs ? max(topLogprobs ?? 0, promptLogprobs ?? 0) : promptLogprobs
        }
        (request.keepAt, request.scope) = (prompt.keepAt, scope)
        request.reusesPrefix = prefix.reuses || !choice.isFirst        // what the first has computed serves the others
        (request.ignoreEnd, request.stopTokens) = (ignoreEnd, stopTokens)
        (request.account, request.priority, request.timeout) = (account, priority, timeout)
        return request
    }
}

extension Job {
    /// The parameters both endpoints share; the caller adds prompts and what is its own.
    init(_ kind: Kind, _ fields: RequestFields, model: ServedModel, seed: UInt64) throws(APIError) {
        self.kind = kind
        prompts = []
        tokensMax = []
        choicesPerPrompt = try fields.integer("n", in: 1 ... Self.choicesPerPromptMax) ?? 1
        sampling = try SamplingParameters(fields, vocabularySize: model.vocabularySize, seed: seed)
        stops = try StopStrings.read(fields)
        badWords = try BadWordStrings.read(fields)
        stopTokens = Set(try fields.tokenIDs("stop_token_ids", vocabularySize: model.vocabularySize))
        includesStop = try fields.bool("include_stop_str_in_output", default: false)
        skipsSpecial = try fields.bool("skip_special_tokens", default: true)
        truncation = try Truncation(fields)
        returnsTokenIDs = try fields.bool("return_token_ids", default: false)
        namesTokensByID = try fields.bool("return_tokens_as_token_ids", default: false)
        ignoreEnd = try fields.bool("ignore_eos", default: false)
        priority = try fields.priority()
        timeout = try fields.number("timeout", in: Self.timeoutRange).map { .seconds($0) }
        stream = try fields.bool("stream", default: false)
        bestOf = try Self.bestOf(fields, of: kind, n: choicesPerPrompt, stream: stream)
        usage = try Self.usage(fields, stream: stream)
        promptLogprobs = kind == .response ? nil : try Self.promptLogprobs(fields, stream: stream)
        prefix = try PrefixFields(fields)
        _ = try fields.string("user")
        // This model's tokenizer puts no tokens around a text, so either value is what happens anyway.
        _ = try fields.bool("add_special_tokens", default: false)
        try Self.checkFormat(fields)
        session = try fields.string("session_id").map { SessionAddition(id: $0) }
        try checkSession()
        for parameter in UnsupportedParameter.all { try parameter.check(fields, of: kind) }
    }

    private static func checkFormat(_ fields: RequestFields) throws(APIError) {
        guard let format = fields.value("response_format") else { return }
        guard case .string(let type)? = format["type"] else {
            throw .invalid(
                "response_format", "Invalid 'response_format': expected an object with a string 'type'.",
                code: "invalid_type")
        }
        guard type == "text" else {
            throw .notSupported(
                "response_format", "'response_format' of type '\(type.echoed)' is not supported yet; only 'text' is.")
        }
    }

    private static func promptLogprobs(_ fields: RequestFields, stream: Bool) throws(APIError) -> Int? {
        guard let count = try fields.integer("prompt_logprobs", in: Self.alternativesRange) else { return nil }
        guard !stream else {
            throw .invalid("prompt_logprobs", "'prompt_logprobs' are not available when 'stream' is true.")
        }
        return count
    }

    private static func usage(_ fields: RequestFields, stream: Bool) throws(APIError) -> UsageReports {
        guard let options = fields.value("stream_options") else { return .none }
        guard case .object = options else { throw .wrongType("stream_options", expected: "an object", found: options) }
        guard stream else {
            throw .invalid("stream_options", "The 'stream_options' parameter is only allowed when 'stream' is true.")
        }
        let isIncluded = try bool(options, "include_usage"), isContinuous = try bool(options, "continuous_usage_stats")
        return isIncluded ? isContinuous ? .inEveryChunk : .atEnd : .none
    }

    private static func bool(_ options: JSONValue, _ name: String) throws(APIError) -> Bool {
        switch options[name] {
        case nil, .null: return false
        case .bool(let value): return value
        case .some(let other): throw .wrongType("stream_options.\(name)", expected: "a boolean", found: other)
        }
    }

    /// Refuses a prompt that cannot fit whatever its tokens are, before the work of finding them.
    func check(
        promptBytes: Int, _ tokenizer: BytePairTokenizer, contextLength: Int, promptName: String
    ) throws(APIError) {
        let least = tokenizer.tokenCountMin(bytes: promptBytes), answer = isCutByContext ? 1 : tokensRequested ?? 1
        guard truncation == nil, least + answer > contextLength else { return }
        throw .contextExceeded(promptName, contextLength: contextLength, prompt: least, answer: answer, isLeast: true)
    }

    /// Notes how many tokens are asked for; nil where the client leaves it open.
    mutating func request(tokens: Int?, contextLength: Int) {
        wantsAllTokens = tokens == contextLength
        tokensRequested = wantsAllTokens ? nil : tokens
    }

    /// Sets how long each answer may be, or refuses a prompt that leaves no room. Checked before any work is done.
    /// - Parameters:
    ///   - absent: most tokens where none were requested, or less where the context ends.
    ///   - promptName: what the client calls its prompt.
    mutating func fit(absent: Int, contextLength: Int, promptName: String) throws(APIError) {
        let least = max(1, sampling.tokensMin)
        for index in prompts.indices {
            if let truncation { prompts[index].truncate(truncation, room: contextLength - (tokensRequested ?? least)) }
            let room = contextLength - prompts[index].ids.count
            let wanted = tokensRequested ?? (wantsAllTokens ? .max : absent)
            let mayBeCut = tokensRequested == nil || isCutByContext
            let tokens = mayBeCut ? max(least, min(wanted, room)) : wanted
            guard tokens <= room else {
                throw .contextExceeded(
                    promptName, contextLength: contextLength, prompt: prompts[index].ids.count, answer: tokens)
            }
            tokensMax.append(tokens)
        }
    }

    /// Makes what does not depend on the prompt ready for the engine.
    mutating func encodeWords(by tokenizer: BytePairTokenizer, _ cancellation: CancellationFlag) throws {
        sampling.badWords = try BadWordStrings.sequences(of: badWords, by: tokenizer, cancellation)
    }

    /// Refuses numbers that do not go together.
    func checkCounts(prompts: Int) throws(APIError) {
        let count = prompts * bestOf, name = ranksChoices ? "best_of" : "n"
        guard count <= Self.choicesMax else {
            let message =
                """
                Invalid '\(name)': \(prompts) prompts with \(bestOf) choices each are \(count) choices. Expected at \
                most \(Self.choicesMax).
                """
            throw .invalid(name, message, code: "integer_above_max_value")
        }
        if let tokensRequested, sampling.tokensMin > tokensRequested {
            let message =
                """
                Invalid 'min_tokens': expected at most the \(tokensRequested) tokens asked for, but got \
                \(sampling.tokensMin) instead.
                """
            throw .invalid("min_tokens", message, code: "integer_above_max_value")
        }
    }
}
