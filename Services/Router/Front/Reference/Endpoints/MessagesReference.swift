internal import JSON

/// Anthropic's API.
enum MessagesReference: DocumentedFamily {
    /// The form of its refusals.
    static let errorName = "MessagesError"

    static func endpoints(_ facts: ReferenceFacts) -> [DocumentedEndpoint] {
        let question: JSONValue = [["role": "user", "content": "Who are you?"]]
        return [
            DocumentedEndpoint(
                method: .post, path: Endpoints.messages, group: .messages,
                summary: "Answers a conversation, in Anthropic's form.",
                body: .json(.named("MessagesRequest"), example: ["max_tokens": 16, "messages": question]),
                answers: [
                    .json(
                        .named("Message"), orEvents: .text(of: .named("MessagesEvent")), "The message, or its events.")
                ],
                refusals: [404, 504], refusalForm: errorName),
            DocumentedEndpoint(
                method: .post, path: Endpoints.messages + "/count_tokens", group: .messages,
                summary: "Counts the tokens of its prompt.",
                body: .json(.named("MessagesCountRequest"), example: ["messages": question]),
                answers: [.json(.answer(["input_tokens": .count]), "How many tokens the prompt has.")],
                refusals: [404], refusalForm: errorName),
        ]
    }

    static func schemas(_ facts: ReferenceFacts) -> KeyValuePairs<String, Schema> {
        let length = Schema.integer(in: Job.tokensRange), most = "Most tokens of the answer."
        let rest = fields(facts), refused = UnsupportedParameter.ofMessages + UnsupportedParameter.all(of: .chat)
        return [
            "MessagesRequest": .request([.required("max_tokens", length, most)] + rest, refused: refused),
            "MessagesCountRequest": .request([Field("max_tokens", length, most)] + rest, refused: refused),
            "MessagesContent": .any(of: .string, .array(of: .named("MessagesBlock"))), "MessagesBlock": block,
            "MessagesSource": source,
            "MessagesTool": tool, "MessagesToolChoice": toolChoice,
            "Message": message(stop: stopReason), "MessagesUsage": usage,
            "MessagesEvent": event,
            errorName: Schema.answer(
                ["type": .constant("error"), "error": .answer(["type": .string, "message": .string])],
                optional: ["request_id": .string]
            ).described("A refusal in Anthropic's form."),
        ]
    }
}

// What is sent.
extension MessagesReference {
    private static func fields(_ facts: ReferenceFacts) -> [Field] {
        let message = Schema.request([
            .required("role", .one(of: "user", "assistant", "system"), "Whose it is."),
            .required("content", .named("MessagesContent"), "What is said."),
        ])
        let fields = [
            .required("messages", .array(of: message, 1 ... .max), "What was said so far, the oldest first."),
            facts.modelField, Field("system", .named("MessagesContent"), "Instructions."),
            Field("tools", .array(of: .named("MessagesTool")), "Functions that the model may call."),
            Field("tool_choice", .named("MessagesToolChoice"), "Whether it calls one."), CommonReference.stream,
            CommonReference.stop(named: "stop_sequences"),
            Field("metadata", .map(of: .any), "Its `user_id` stands in the server's log."),
            Field("thinking", .map(of: .any), "Changes nothing."),
            Field("output_config", .map(of: .any), "Changes nothing; a `format` in it is refused."),
        ]
        return fields + CommonReference.sampling(facts) + CommonReference.scheduling + [ChatReference.templateArguments]
    }

    private static let word = Schema.string(0 ... JSONValue.wordBytesMax)

    private static func block(_ type: String, _ fields: [Field]) -> Schema {
        .request([.required("type", .one(of: [.string(type)]), "What kind of block it is.")] + fields)
    }

    private static let block = Schema.any(
        of: block("text", [.required("text", .string, "The text.")]),
        block(
            "document",
            [
                .required("source", .named("MessagesSource"), "Its text."), Field("title", .string, "Its title."),
                Field("context", .string, "Of what it is."),
            ]),
        block(
            "search_result",
            [
                .required("title", .string, "Its title."), .required("source", .string, "Where it is from."),
                .required("content", .named("MessagesContent"), "Its text."),
            ]),
        block("tool_reference", [.required("tool_name", .string, "A tool.")]),
        block(
            "tool_use",
            [
                .required("id", word, "By which its result names it."),
                .required("name", CommonReference.functionName, "The function that is called."),
                .required("input", .map(of: .any), "Its arguments."),
            ]),
        block(
            "tool_result",
            [
                .required("tool_use_id", word, "The call, which an earlier message has."),
                Field("content", .named("MessagesContent"), "What came of it."),
            ]),
        block("thinking", [.required("thinking", .string, "What the assistant thought.")]),
        block("redacted_thinking", []))

    private static let source = Schema.any(
        of: .request([.required("type", .one(of: "text"), "A text."), .required("data", .string, "The text.")]),
        .request([
            .required("type", .one(of: "content"), "Blocks."),
            .required("content", .named("MessagesContent"), "The blocks."),
        ]))

    private static let tool = Schema.any(
        of: .request([
            Field("type", .one(of: "custom"), usual: "custom", "A function that the client runs."),
            .required("name", CommonReference.functionName, "By which the model calls it."),
            Field("description", .string, "What it does."),
            .required("input_schema", .map(of: .any), "A JSON Schema of its arguments."),
        ]),
        .request([.required("type", word.other(than: ["custom"]), "Tools of other types are left out.")]))

    private static let toolChoice = Schema.any(
        of: .request([
            .required("type", .one(of: "auto", "any", "none"), "As it likes, at least one, or none."), onlyOneCall,
        ]),
        .request([
            .required("type", .one(of: "tool"), "A certain one."), .required("name", word, "Its name."), onlyOneCall,
        ]))

    private static let onlyOneCall = Field(
        "disable_parallel_tool_use", .boolean, usual: false, "Whether one answer has at most one call.")
}

// What is answered.
extension MessagesReference {
    private static let stopReason = Schema.one(
        of: "end_turn", "max_tokens", "stop_sequence", "tool_use", "model_context_window_exceeded")

    private static let usage = Schema.answer([
        "input_tokens": .count, "cache_creation_input_tokens": .count, "cache_read_input_tokens": .count,
        "output_tokens": .count, "output_tokens_details": .answer(["thinking_tokens": .count]),
    ])

    private static let content = Schema.any(
        of: .answer(["type": .constant("text"), "text": .string]),
        .answer(["type": .constant("thinking"), "thinking": .string, "signature": .string]),
        .answer(["type": .constant("tool_use"), "id": .string, "name": .string, "input": .map(of: .any)]))

    private static func message(stop: Schema) -> Schema {
        .answer([
            "id": .string, "type": .constant("message"), "role": .constant("assistant"), "model": .string,
            "content": .array(of: content), "stop_reason": stop, "stop_sequence": Schema.string.orNull,
            "usage": .named("MessagesUsage"),
        ])
    }

    private static let event = Schema.any(
        of: .answer(["type": .constant("message_start"), "message": message(stop: .null)]),
        .answer(["type": .constant("content_block_start"), "index": .count, "content_block": content]),
        .answer([
            "type": .constant("content_block_delta"), "index": .count,
            "delta": .any(
                of: .answer(["type": .constant("text_delta"), "text": .string]),
                .answer(["type": .constant("thinking_delta"), "thinking": .string]),
                .answer(["type": .constant("input_json_delta"), "partial_json": .string])),
        ]),
        .answer(["type": .constant("content_block_stop"), "index": .count]),
        .answer([
            "type": .constant("message_delta"),
            "delta": .answer(["stop_reason": stopReason, "stop_sequence": Schema.string.orNull]),
            "usage": .named("MessagesUsage"),
        ]),
        .answer(["type": .constant("message_stop")]), .answer(["type": .constant("ping")]),
        .named(errorName))
}
