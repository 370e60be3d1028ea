internal import Chat
internal import JSON
internal import Tensors
internal import Tokenizer

/// Reads the body of `POST /v1/chat/completions`.
struct ChatRequest {
    let turn: ChatTurn
    /// Without its prompt.
    let job: Job

    init(_ fields: RequestFields, model: ServedModel, seed: UInt64) throws(APIError) {
        var job = try Job(.chat, fields, model: model, seed: seed)
        let messages = try ChatMessages.read(fields)
        turn = ChatTurn(
            conversation: Conversation(messages: messages, tools: try ChatTools.read(fields)),
            ending: try Self.ending(fields, messages),
            choice: try ChatTools.choice(fields),
            callsMax: try fields.bool("parallel_tool_calls", default: true) ? nil : 1,
            arguments: try Self.templateArguments(fields))
        guard turn.ending == .answer || job.session == nil else {
            throw .notSupported("session_id", "'session_id' is not supported unless the prompt asks for an answer.")
        }
        // The newer name wins where a client sends both.
        let older = try fields.integer("max_tokens", in: Job.tokensRange)
        job.request(
            tokens: try fields.integer("max_completion_tokens", in: Job.tokensRange) ?? older,
            contextLength: model.contextLength)
        let wantsLogprobs = try fields.bool("logprobs", default: false)
        let alternatives = try fields.integer("top_logprobs", in: Job.alternativesRange)
        guard alternatives == nil || wantsLogprobs else {
            throw .invalid("top_logprobs", "The 'top_logprobs' parameter is only allowed when 'logprobs' is true.")
        }
        job.topLogprobs = wantsLogprobs ? alternatives ?? 0 : nil
        try job.checkCounts(prompts: 1)
        self.job = job
    }

    /// How vLLM lets clients choose where the prompt ends.
    static func ending(_ fields: RequestFields, _ messages: [ChatMessage]) throws(APIError) -> PromptEnding {
        let continues = try fields.bool("continue_final_message", default: false)
        let adds = try fields.bool("add_generation_prompt", default: !continues)
        guard continues || !adds else { return .answer }
        guard continues else { return .messages }
        let name = "continue_final_message"
        guard !adds else {
            throw .invalid(
                name, "Invalid '\(name)': it is not allowed together with 'add_generation_prompt'.",
                code: "invalid_value")
        }
        guard messages.last?.role == "assistant" else {
            throw .invalid(
                name, "Invalid '\(name)': expected the last message to be of the role 'assistant'.",
                code: "invalid_value")
        }
        return .insideLastMessage
    }

    /// `chat_template_kwargs`: variables of the chat template.
    static func templateArguments(_ fields: RequestFields) throws(APIError) -> [JSONValue.Member] {
        guard let value = fields.value("chat_template_kwargs") else { return [] }
        guard case .object(let members) = value else {
            throw .wrongType("chat_template_kwargs", expected: "an object", found: value)
        }
        for member in members where CheckpointTemplate.reservedNames.contains(member.name) {
            let name = "chat_template_kwargs.\(member.name)"
            throw .notSupported(name, "'\(name)' is not supported: send '\(member.name)' as a parameter of its own.")
        }
        return members
    }
}
