internal import JSON
internal import Tensors
internal import Tokenizer

/// Reads the body of `POST /v1/chat/completions`.
struct ChatRequest {
    let messages: [ChatMessage]
    /// Each tool's function, as JSON text in the form the chat template was trained with.
    let tools: [String]
    let job: Job

    init(_ fields: RequestFields, model: ServedModel, seed: UInt64) throws(APIError) {
        var job = try Job(.chat, fields, model: model, seed: seed)
        messages = try ChatMessages.read(fields)
        tools = try ChatTools.read(fields)
        // The newer name wins where a client sends both.
        let older = try fields.integer("max_tokens", in: 1 ... Int(Int32.max))
        job.request(
            tokens: try fields.integer("max_completion_tokens", in: 1 ... Int(Int32.max)) ?? older,
            contextLength: model.contextLength)
        let wantsLogprobs = try fields.bool("logprobs", default: false)
        let alternatives = try fields.integer("top_logprobs", in: 0 ... 20)
        guard alternatives == nil || wantsLogprobs else {
            throw .invalid("top_logprobs", "The 'top_logprobs' parameter is only allowed when 'logprobs' is true.")
        }
        job.topLogprobs = wantsLogprobs ? alternatives ?? 0 : nil
        try job.checkCounts(prompts: 1)
        self.job = job
    }

    /// The job with the messages rendered and encoded, once it is known to fit.
    /// - Parameters:
    ///   - config: tells where tools stand, and whether control tokens that messages spell are control tokens; else
    ///     they are text.
    ///   - cancellation: ends the work early.
    func encoded(
        by tokenizer: BytePairTokenizer, contextLength: Int, _ config: FrontConfig, _ cancellation: CancellationFlag
    ) throws -> Job {
        var job = job
        let prompt = ChatTemplate(toolPlace: config.toolPlace).render(messages, tools: tools)
        try job.check(promptBytes: prompt.byteCount, tokenizer, contextLength: contextLength, promptName: "messages")
        if job.session != nil {
            job.session?.toolPlace = config.toolPlace
            try job.session?.addChat(messages, tools: tools) {
                try tokenizer.encoded(config.trustsSpecialTokens ? $0.trusted : $0, "messages", cancellation).ids
            }
            return job        // fitted once the session's length is known
        }
        let encoded = try tokenizer.encoded(
            config.trustsSpecialTokens ? prompt.trusted : prompt, "messages", cancellation)
        job.prompts = [Job.Prompt(ids: encoded.ids, keepAt: Self.keepPoints(of: encoded))]
        try job.fit(absent: .max, contextLength: contextLength, promptName: "messages")
        return job
    }
}

extension ChatRequest {
    /// From where in a rendered prompt later ones are likely to go on: behind what many conversations have in common,
    /// and behind all messages, which the next turn sends again. (What stands behind those, it does not repeat there.)
    static func keepPoints(of prompt: EncodedPrompt) -> [Int] {
        var points: [Int] = []
        if let common = prompt.borders.first ?? nil, common >= KeepPolicy.commonLengthMin { points.append(common) }
        if let end = prompt.borders.last ?? nil, end > points.last ?? 0 { points.append(end) }
        return points
    }
}

/// Tool definitions. The model is told of them; its calls are not parsed out of the answer, they stay text.
enum ChatTools {
    static func read(_ fields: RequestFields) throws(APIError) -> [String] {
        try checkChoice(fields)
        guard let value = fields.value("tools") else { return [] }
        guard case .array(let elements) = value else { throw .wrongType("tools", expected: "an array", found: value) }
        var tools: [String] = []
        for (index, element) in elements.enumerated() {
            guard case .object = element else {
                throw .wrongType("tools[\(index)]", expected: "an object", found: element)
            }
            guard element["type"] == "function" else {
                throw .invalid(
                    "tools[\(index)].type", "Invalid value for 'tools[\(index)].type': only 'function' is supported.",
                    code: "invalid_value")
            }
            guard let function = element["function"], case .object = function else {
                throw .missing("tools[\(index)].function")
            }
            guard case .string(let name)? = function["name"], !name.isEmpty else {
                throw .missing("tools[\(index)].function.name")
            }
            tools.append(function.text(.pythonDefault))
        }
        // With "none" the model must not call, so it is not told.
        return fields.value("tool_choice") == "none" ? [] : tools
    }

    private static func checkChoice(_ fields: RequestFields) throws(APIError) {
        guard let choice = fields.value("tool_choice"), choice != "none", choice != "auto" else { return }
        switch choice {
        case .string, .object:
            throw .notSupported("tool_choice", "Only 'none' and 'auto' are supported for 'tool_choice' yet.")
        default: throw .wrongType("tool_choice", expected: "a string or an object", found: choice)
        }
    }
}
