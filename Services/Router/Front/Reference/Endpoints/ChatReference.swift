internal import JSON

/// Chat completions, and those that were stored.
enum ChatReference: DocumentedFamily {
    static func endpoints(_ facts: ReferenceFacts) -> [DocumentedEndpoint] {
        let stored = Schema.named("StoredChatCompletion"), path = Endpoints.chat
        let id = DocumentedEndpoint.Parameter.path("id", "Of a stored chat completion.")
        return [
            DocumentedEndpoint(
                method: .post, path: path, group: .chat, summary: "Answers a conversation.",
                body: .json(
                    .named("ChatRequest"),
                    example: ["messages": [["role": "user", "content": "Who are you?"]], "max_tokens": 16]),
                answers: [
                    .json(
                        .named("ChatCompletion"), orEvents: CommonReference.chunks("ChatChunk"),
                        "The answer, or its chunks.")
                ],
                refusals: [404, 409, 504]),
            DocumentedEndpoint(
                method: .get, path: path, group: .chat, summary: "Lists stored chat completions.",
                parameters: DocumentedEndpoint.Parameter.page(of: "chat completions", newestFirst: false),
                answers: [.json(CommonReference.list(of: stored), "Some of them.")], refusals: [404, 503]),
            DocumentedEndpoint(
                method: .get, path: path + "/{id}", group: .chat, summary: "Shows a stored chat completion.",
                parameters: [id], answers: [.json(stored, "As it was answered, with its notes.")], refusals: [503]),
            DocumentedEndpoint(
                method: .post, path: path + "/{id}", group: .chat, summary: "Replaces its notes.", parameters: [id],
                body: .json(
                    .request([.required("metadata", .named("Metadata"), "The new ones.")]),
                    example: ["metadata": ["topic": "demo"]]),
                answers: [.json(stored, "With the new notes.")]),
            DocumentedEndpoint(
                method: .delete, path: path + "/{id}", group: .chat, summary: "Forgets it.", parameters: [id],
                answers: [.json(CommonReference.deleted("chat.completion.deleted"), "It is gone.")], refusals: [503]),
            DocumentedEndpoint(
                method: .get, path: path + "/{id}/messages", group: .chat, summary: "Lists the messages it answers.",
                parameters: [id] + DocumentedEndpoint.Parameter.page(of: "messages", newestFirst: false),
                answers: [.json(CommonReference.list(of: .named("StoredChatMessage")), "Some of them.")],
                refusals: [503]),
        ]
    }

    static func schemas(_ facts: ReferenceFacts) -> KeyValuePairs<String, Schema> {
        let completion = completion(of: choice)
        return [
            "ChatRequest": request(facts), "ChatMessage": message, "ChatTool": tool,
            "ChatToolChoice": .any(
                of: .one(of: "none", "auto", "required"),
                .request([
                    .required("type", .one(of: "function"), "The only one."),
                    .required(
                        "function", .request([.required("name", .string, "Of one of `tools`.")]), "The one to call."),
                ])
            ).described("Whether the model calls a tool: none, as it likes, at least one, or this one."),
            "ChatCompletion": .answer(completion.always, optional: completion.perhaps),
            "StoredChatCompletion": .answer(
                completion.always + [("metadata", .named("Metadata"))], optional: completion.perhaps),
            "StoredChatMessage": .answer(
                ["id": .string, "role": .string, "content": Schema.string.orNull, "content_parts": parts]
            ).open.described("A message as the client sent it, with an id."),
            "ChatChunk": chunk,
            "ChatFunction": function, "ChatCallMessage": callMessage,
            "ChatToolCall": .answer([
                "id": .string, "type": .constant("function"),
                "function": .answer(["name": .string, "arguments": .string]),
            ]),
            "ChatLogprobs": .answer(["content": .array(of: .named("TokenLogprob")), "refusal": .null]),
        ]
    }

    private static let parts = Schema.array(of: Schema.map(of: .any)).orNull
}

// What is sent.
extension ChatReference {
    private static func request(_ facts: ReferenceFacts) -> Schema {
        let tokens = Schema.integer(in: Job.tokensRange)
        var fields = [facts.modelField] + conversation(isRequired: true)
        fields += [
            Field("max_completion_tokens", tokens, "Most tokens of the answer; by default the rest of the context."),
            Field("max_tokens", tokens, "The same, under its older name."),
            Field("parallel_tool_calls", .boolean, usual: true, "Whether one answer may have several calls."),
            Field("logprobs", .boolean, usual: false, "Whether the answer tells log-probabilities."),
            Field("top_logprobs", .integer(in: Job.alternativesRange), "Of so many likeliest tokens too."),
            Field("store", .boolean, usual: false, "Whether the answer can be asked for later."),
            CommonReference.metadata, CommonReference.stream, CommonReference.stop(),
        ]
        fields += CommonReference.choices(bestOf: false) + CommonReference.sampling(facts)
        fields += CommonReference.answers + CommonReference.truncation + CommonReference.scheduling
        fields += [CommonReference.session, CommonReference.addsSpecialTokens]
        return .request(fields, refused: UnsupportedParameter.all(of: .chat))
    }

    /// What a prompt is made of.
    ///
    /// - Parameter isRequired: whether there has to be a conversation.
    static func conversation(isRequired: Bool) -> [Field] {
        let messages = Schema.array(of: .named("ChatMessage"), 1 ... .max)
        let text = "What was said so far, the oldest first."
        return [
            isRequired ? .required("messages", messages, text) : Field("messages", messages, text),
            Field("tools", .array(of: .named("ChatTool")), "Functions that the model may call."),
            Field("tool_choice", .named("ChatToolChoice"), usual: "auto", "Whether it calls one."),
            Field("add_generation_prompt", .boolean, "Whether the prompt ends where an answer begins; else behind it."),
            Field(
                "continue_final_message", .boolean, usual: false, "Whether the answer goes on in the last message."),
            templateArguments,
        ]
    }

    static let templateArguments = Field(
        "chat_template_kwargs", .map(of: .any), "Variables of the checkpoint's chat template.")

    private static let message = Schema.any(
        of: .request([
            .required("role", .one(of: "system", "developer", "user"), "Whose it is."),
            .required("content", said(textPart), "What is said."),
        ]),
        .request([
            .required("role", .one(of: "assistant"), "Whose it is."),
            Field("content", said(.any(of: textPart, refusalPart)), "What is said, if anything."),
            Field("tool_calls", .array(of: .named("ChatCallMessage")), "What it called."),
            Field("function_call", .named("ChatFunction"), "The same, in its older form."),
            Field("refusal", .string, "What it said in the place of an answer."),
            Field("reasoning_content", .string, "What it thought before it answered."),
            Field("reasoning", .string, "The same, under its newer name."),
        ]),
        .request([
            .required("role", .one(of: "tool", "function"), "Whose it is."),
            .required("content", said(textPart), "A result."),
            Field("tool_call_id", word, "Of a tool's result, the call, which an earlier message has."),
            Field("name", word, "Of a function's result, the function."),
        ]))

    private static let word = Schema.string(0 ... JSONValue.wordBytesMax)

    private static func said(_ part: Schema) -> Schema { .any(of: .string, .array(of: part)) }

    private static let textPart = Schema.request([
        .required("type", .one(of: "text"), "The model reads text only."), .required("text", .string, "The text."),
    ])

    private static let refusalPart = Schema.request([
        .required("type", .one(of: "refusal"), "What was said in the place of an answer."),
        .required("refusal", .string, "The text."),
    ])

    private static let tool = Schema.request([
        .required("type", .one(of: "function"), "The only one."),
        .required(
            "function",
            .request([
                .required("name", CommonReference.functionName, "By which the model calls it."),
                Field("description", .any, "What it does."),
                Field("parameters", .any, "A JSON Schema of its arguments."),
            ]), "What the model is told of it."),
    ])

    private static let function = Schema.request([
        .required("name", CommonReference.functionName, "Which one."),
        .required("arguments", .any(of: .string, .map(of: .any)), "JSON text as the model wrote it, or an object."),
    ])

    private static let callMessage = Schema.request([
        .required("id", word, "By which its result names it."),
        Field("type", .one(of: "function"), usual: "function", "The only one."),
        .required("function", .named("ChatFunction"), "What is called."),
    ])
}

// What is answered.
extension ChatReference {
    private static func completion(
        of choice: Schema
    ) -> (always: [(String, Schema)], perhaps: [(String, Schema)]) {
        (
            [
                ("id", .string), ("object", .constant("chat.completion")), ("created", .integer), ("model", .string),
                ("system_fingerprint", .string), ("choices", .array(of: choice)), ("usage", .named("Usage")),
            ],
            [
                ("session_id", .string), ("prompt_token_ids", .array(of: .count)),
                ("prompt_logprobs", CommonReference.promptLogprobs),
            ]
        )
    }

    private static let finishes = Schema.one(of: CommonReference.finishes + ["tool_calls"])

    private static let choice = Schema.answer(
        [
            "index": .count,
            "message": .answer(
                ["role": .constant("assistant"), "content": Schema.string.orNull, "refusal": .null],
                optional: [
                    "reasoning_content": .string, "tool_calls": .array(of: .named("ChatToolCall"), 1 ... .max),
                ]),
            "logprobs": Schema.named("ChatLogprobs").orNull, "finish_reason": finishes,
        ], optional: ["token_ids": .array(of: .count)])

    private static let chunk = Schema.answer(
        [
            "id": .string, "object": .constant("chat.completion.chunk"), "created": .integer, "model": .string,
            "system_fingerprint": .string,
            "choices": .array(
                of: .answer(
                    [
                        "index": .count, "delta": delta, "logprobs": Schema.named("ChatLogprobs").orNull,
                        "finish_reason": finishes.orNull,
                    ], optional: ["token_ids": .array(of: .count)])),
        ],
        optional: [
            "usage": Schema.named("Usage").orNull, "session_id": .string, "prompt_token_ids": .array(of: .count),
        ]
    ).described("A piece of a streamed answer.")

    private static let delta = Schema.answer(
        [:],
        optional: [
            "role": .constant("assistant"), "content": .string, "reasoning_content": .string,
            "tool_calls": .array(
                of: .answer(
                    ["index": .count, "function": .answer(["arguments": .string], optional: ["name": .string])],
                    optional: ["id": .string, "type": .constant("function")])),
        ])
}
