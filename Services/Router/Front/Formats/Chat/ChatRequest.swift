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
            ending: try Self.ending(fields, messages, hasSession: job.session != nil),
            choice: try ChatTools.choice(fields),
            callsMax: try fields.bool("parallel_tool_calls", default: true) ? nil : 1)
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

    /// How vLLM lets clients choose where the prompt ends.
    private static func ending(
        _ fields: RequestFields, _ messages: [ChatMessage], hasSession: Bool
    ) throws(APIError) -> PromptEnding {
        let continues = try fields.bool("continue_final_message", default: false)
        let adds = try fields.bool("add_generation_prompt", default: !continues)
        guard continues || !adds else { return .answer }
        let name = continues ? "continue_final_message" : "add_generation_prompt"
        guard !hasSession else {
            throw .notSupported(name, "'\(name)' is not supported with 'session_id': a session goes on with an answer.")
        }
        guard continues else { return .messages }
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
}
