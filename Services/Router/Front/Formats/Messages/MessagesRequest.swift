internal import Chat
internal import JSON

/// Reads the body of `POST /v1/messages`, as Anthropic's clients write it.
///
/// `thinking`, `context_management`, `output_config.effort`, `service_tier`, `container` and `cache_control` are
/// accepted with any value: none of them changes what this server answers.
struct MessagesRequest {
    let turn: ChatTurn
    /// Without its prompt.
    let job: Job

    /// - Parameter isToBeAnswered: false for a request that only asks for the length of its prompt, and so names no
    ///   length of an answer.
    init(
        _ fields: RequestFields, model: ServedModel, seed: UInt64, isToBeAnswered: Bool = true
    ) throws(APIError) {
        for parameter in UnsupportedParameter.ofMessages { try parameter.check(fields, of: .chat) }
        try Self.checkObjects(fields)
        var job = try Job(.chat, fields, model: model, seed: seed)
        job.stops = try StopStrings.read(fields, named: "stop_sequences")
        let messages = try MessagesConversation.read(fields)
        let choice = try MessagesTools.choice(fields)
        turn = ChatTurn(
            conversation: Conversation(
                messages: messages, tools: choice.hidesTools ? [] : try MessagesTools.read(fields)),
            ending: messages.last?.role == "assistant" ? .insideLastMessage : .answer,
            choice: choice.choice, callsMax: choice.callsMax, arguments: try ChatRequest.templateArguments(fields))
        let tokens = try fields.integer("max_tokens", in: Job.tokensRange)
        guard tokens != nil || !isToBeAnswered else { throw .missing("max_tokens") }
        job.request(tokens: tokens, contextLength: model.contextLength)
        job.isCutByContext = true
        try job.checkCounts(prompts: 1)
        self.job = job
    }

    /// Whom the client says it asks for, for the log.
    static func user(_ fields: RequestFields) -> String? {
        guard case .string(let user)? = fields.value("metadata")?["user_id"] else { return nil }
        return user.echoed
    }

    private static func checkObjects(_ fields: RequestFields) throws(APIError) {
        for name in ["thinking", "output_config", "metadata"] {
            guard let value = fields.value(name) else { continue }
            guard case .object = value else { throw .wrongType(name, expected: "an object", found: value) }
        }
        guard let format = fields.value("output_config")?["format"], format != .null else { return }
        throw .notSupported(
            "output_config.format",
            "'output_config.format' is not supported: answers cannot be constrained to a schema.")
    }
}

extension UnsupportedParameter {
    /// Of `POST /v1/messages`: what would change the answer, or what would make it something else than one message.
    static let ofMessages = [
        UnsupportedParameter("output_format", because: "answers cannot be constrained to a schema."),
        UnsupportedParameter("mcp_servers", unless: [], because: "this server calls no others."),
        UnsupportedParameter("session_id", because: "sessions go on with /v1/chat/completions and /v1/completions."),
        UnsupportedParameter("n", unless: 1, because: "a message is one answer."),
        UnsupportedParameter("best_of", unless: 1, because: "a message is one answer."),
        UnsupportedParameter("stop", unless: [], because: "use 'stop_sequences'."),
        UnsupportedParameter("max_completion_tokens", because: "use 'max_tokens'."),
        UnsupportedParameter(
            "parallel_tool_calls", unless: true, because: "use 'disable_parallel_tool_use' in 'tool_choice'."),
        UnsupportedParameter("logprobs", unless: false, because: "a message has no place for log-probabilities."),
        UnsupportedParameter("top_logprobs", because: "a message has no place for log-probabilities."),
        UnsupportedParameter("prompt_logprobs", because: "a message has no place for log-probabilities."),
        UnsupportedParameter("return_token_ids", unless: false, because: "a message has no place for token ids."),
        UnsupportedParameter(
            "truncate_prompt_tokens", because: "a prompt that is too long is refused; count it with count_tokens."),
        UnsupportedParameter(
            "continue_final_message", unless: false, because: "end 'messages' with one of the assistant instead."),
        UnsupportedParameter(
            "add_generation_prompt", unless: true, because: "a prompt ends where the assistant goes on."),
    ]
}
