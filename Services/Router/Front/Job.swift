/// What one REST request asks for, checked and in token ids: chat and plain completions look alike from here on.
struct Job: Sendable {
    enum Kind: Sendable { case chat, completion }

    struct Prompt: Sendable {
        var ids: [Int32]
        /// The text as the client gave it, to be echoed; nil if it gave token ids.
        var text: String?
    }

    /// Largest `n`, and most prompts of one request: bounded, so that one request cannot ask for everything.
    static let choicesMax = 8
    static let promptsMax = 128

    let kind: Kind
    var prompts: [Prompt]
    var choicesPerPrompt: Int
    /// Most tokens of each choice, one element per prompt.
    var tokensMax: [Int]
    var sampling: SamplingParameters
    var stop: [String]
    var topLogprobs: Int?
    var echo = false
    var ignoreEnd: Bool
    var priority: Priority
    /// For each choice, from its submission on.
    var timeout: Duration?
    var stream: Bool
    var includeUsage: Bool

    /// One answer: `index` counts all choices of all prompts, those of the first prompt first.
    struct Choice: Sendable {
        var index: Int
        var prompt: Int
    }
    var choices: [Choice] {
        (0..<prompts.count * choicesPerPrompt).map { Choice(index: $0, prompt: $0 / choicesPerPrompt) }
    }

    var promptTokens: Int { prompts.reduce(0) { $0 + $1.ids.count } }

    func generationRequest(for choice: Choice, id: String, account: Int) -> GenerationRequest {
        var sampling = sampling
        sampling.seed = RandomSource.seed(sampling.seed, choice: choice.index)
        return GenerationRequest(
            id: "\(id)-\(choice.index)", prompt: prompts[choice.prompt].ids, tokensMax: tokensMax[choice.prompt], sampling: sampling,
            topLogprobs: topLogprobs, promptLogprobs: echo && topLogprobs != nil, ignoreEnd: ignoreEnd,
            account: account, priority: priority, timeout: timeout)
    }
}

extension Job {
    /// The parameters both endpoints share; the caller adds prompts and what is its own.
    init(_ kind: Kind, _ fields: RequestFields, model: ServedModel, seed: UInt64) throws(APIError) {
        self.kind = kind
        prompts = []
        tokensMax = []
        choicesPerPrompt = try fields.integer("n", in: 1...Self.choicesMax) ?? 1
        sampling = try SamplingParameters(fields, vocabularySize: model.vocabularySize, seed: seed)
        stop = try StopStrings.read(fields)
        ignoreEnd = try fields.bool("ignore_eos", default: false)
        priority = try fields.priority()
        timeout = try fields.number("timeout", in: 0.001...86_400).map { .seconds($0) }
        stream = try fields.bool("stream", default: false)
        includeUsage = try Self.includeUsage(fields, stream: stream)
        _ = try fields.string("user")
    }

    private static func includeUsage(_ fields: RequestFields, stream: Bool) throws(APIError) -> Bool {
        guard let options = fields.value("stream_options") else { return false }
        guard case .object = options else { throw .wrongType("stream_options", expected: "an object", found: options) }
        guard stream else { throw .invalid("stream_options", "The 'stream_options' parameter is only allowed when 'stream' is true.") }
        switch options["include_usage"] {
        case nil, .null: return false
        case .bool(let include): return include
        case .some(let other): throw .wrongType("stream_options.include_usage", expected: "a boolean", found: other)
        }
    }

    /// Sets how long each answer may be, or refuses a prompt that leaves no room. Checked before any work is done.
    /// - Parameters:
    ///   - requested: nil takes `absent`, or less where the context ends.
    ///   - promptName: what the client calls its prompt.
    mutating func fit(requested: Int?, absent: Int, contextLength: Int, promptName: String) throws(APIError) {
        for prompt in prompts {
            let room = contextLength - prompt.ids.count
            let tokens = requested ?? max(1, min(absent, room))
            guard tokens <= room else {
                throw .contextExceeded(promptName, contextLength: contextLength, prompt: prompt.ids.count, answer: tokens)
            }
            tokensMax.append(tokens)
        }
    }
}
