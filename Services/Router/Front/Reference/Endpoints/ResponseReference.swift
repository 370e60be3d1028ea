internal import JSON

/// OpenAI's Responses.
enum ResponseReference: DocumentedFamily {
    static func endpoints(_ facts: ReferenceFacts) -> [DocumentedEndpoint] {
        let path = ResponseEndpoints.responses, one = path + "/{id}"
        let id = DocumentedEndpoint.Parameter.path("id", "Of a stored response.")
        let response = Schema.named("Response"), events = Schema.text(of: .named("ResponseEvent"))
        return [
            DocumentedEndpoint(
                method: .post, path: path, group: .responses, summary: "Answers a text or a list of items.",
                body: .json(
                    .named("ResponseRequest"), example: ["input": "Who are you?", "max_output_tokens": 16]),
                answers: [.json(response, orEvents: events, "The response, or its events.")],
                refusals: [404, 409, 504]),
            DocumentedEndpoint(
                method: .post, path: ResponseEndpoints.inputTokens, group: .responses,
                summary: "Counts the tokens of its prompt.",
                body: .json(.named("ResponseRequest"), example: ["input": "Who are you?"]),
                answers: [
                    .json(
                        .answer(["object": .constant("response.input_tokens"), "input_tokens": .count]),
                        "How many tokens the prompt has.")
                ], refusals: [404]),
            DocumentedEndpoint(
                method: .get, path: one, group: .responses, summary: "Shows a stored response.",
                parameters: [
                    id,
                    .query(
                        "stream", Schema.boolean.usually(false),
                        "Whether the events are wanted, of a response in the background."),
                    .query(
                        "starting_after", .integer(in: ListQuery.eventNumbers),
                        "The number of the last event that is known: the stream begins behind it."),
                ],
                answers: [.json(response, orEvents: events, "As it is now, or its events.")], refusals: [503]),
            DocumentedEndpoint(
                method: .delete, path: one, group: .responses, summary: "Forgets it.", parameters: [id],
                answers: [.json(CommonReference.deleted("response"), "It is gone.")], refusals: [503]),
            DocumentedEndpoint(
                method: .post, path: one + "/cancel", group: .responses,
                summary: "Ends a response that is made in the background.", parameters: [id],
                answers: [.json(response, "As it is now.")], refusals: [400, 503]),
            DocumentedEndpoint(
                method: .get, path: one + "/input_items", group: .responses, summary: "Lists the items of its input.",
                parameters: [id] + DocumentedEndpoint.Parameter.page(of: "items"),
                answers: [.json(CommonReference.list(of: .named("ResponseItem")), "Some of the items.")],
                refusals: [503]),
        ]
    }

    static func schemas(_ facts: ReferenceFacts) -> KeyValuePairs<String, Schema> {
        [
            "ResponseRequest": request(facts), "ResponseInput": input, "ResponseTool": tool,
            "ResponseToolChoice": toolChoice,
            "Response": response, "ResponseItem": item, "ResponseItemStatus": status,
            "ResponsePart": part, "ResponseEvent": event,
        ]
    }
}

// What is sent.
extension ResponseReference {
    private static func request(_ facts: ReferenceFacts) -> Schema {
        let conversation = Schema.any(of: .string, .request([.required("id", .string, "Of a conversation.")]))
        let calls = Schema.integer(in: Job.tokensRange)
        var fields = [
            facts.modelField,
            Field(
                "input", .any(of: .string, .array(of: .named("ResponseInput"))),
                "What is asked. It may be absent where the response goes on from something."),
            Field("instructions", .string, "Come before everything."),
            Field("previous_response_id", .string, "The response that this one goes on from."),
            Field("conversation", conversation, "The conversation that it belongs to, in the place of the former."),
            Field("tools", .array(of: .named("ResponseTool")), "Functions that the model may call."),
            Field("tool_choice", .named("ResponseToolChoice"), usual: "auto", "Whether it calls one."),
            Field("parallel_tool_calls", .boolean, usual: true, "Whether one answer may have several calls."),
            Field(
                "max_output_tokens", .integer(in: Job.tokensRange),
                "Most tokens of the answer; by default the rest of the context."),
            Field("include", .array(of: .string), "With `message.output_text.logprobs`, log-probabilities."),
            Field("top_logprobs", .integer(in: Job.alternativesRange), "Of so many likeliest tokens too."),
            Field("truncation", .one(of: "auto", "disabled"), usual: "disabled", "Whether old messages are left out."),
            Field("store", .boolean, usual: true, "Whether the response can be asked for later."),
            Field("background", .boolean, usual: false, "Whether it is made after the answer to this request."),
            CommonReference.metadata, CommonReference.stream, CommonReference.stop(),
        ]
        fields += [
            Field("text", text, "How the answer is written."),
            Field("reasoning", .map(of: .any), "Changes nothing."),
            Field("max_tool_calls", calls, "Changes nothing."), Field("service_tier", .string, "Changes nothing."),
            Field("safety_identifier", .string, "Stands in the server's log."),
        ]
        fields += CommonReference.sampling(facts) + CommonReference.truncation + CommonReference.scheduling
        fields += [ChatReference.templateArguments]
        return .request(
            fields, refused: UnsupportedParameter.ofResponses + UnsupportedParameter.all(of: .response))
    }

    private static let text = Schema.request([
        Field("format", .request([.required("type", .one(of: "text"), "The only one.")]), "Answers are plain text."),
        Field("verbosity", .one(of: "medium"), "The only one."),
    ])

    /// By their types, since items of types that are not known are passed over.
    private static let input = Schema.any(
        of: typed(
            "message", mayLackType: true,
            [
                .required("role", .one(of: "user", "assistant", "system", "developer"), "Whose it is."),
                .required("content", .any(of: .string, .array(of: inputPart)), "What is said."),
            ]),
        typed(
            "function_call",
            [
                .required("call_id", word, "By which its result names it."),
                .required("name", CommonReference.functionName, "Which one is called."),
                Field("namespace", CommonReference.functionName, "Under which it stands."),
                .required("arguments", .any(of: .string, .map(of: .any)), "JSON text, or an object."),
            ]),
        typed(
            "function_call_output",
            [
                .required("call_id", word, "The call."),
                .required("output", .any(of: .string, .array(of: inputPart)), "What came of it."),
            ]),
        typed(
            "reasoning",
            [
                Field("content", .array(of: .any), "What was thought, in parts of the type `reasoning_text`."),
                Field("summary", .array(of: .any), "The same in short, in parts of the type `summary_text`."),
            ]),
        .request([
            Field("type", .one(of: "item_reference"), "May be absent."),
            .required("id", .string(1 ... JSONValue.wordBytesMax), "Of an item that was stored."),
        ]),
        .request([.required("type", word.other(than: types), "Items of other types are passed over.")]))

    private static let types = ["message", "function_call", "function_call_output", "reasoning", "item_reference"]
    private static let word = Schema.string(0 ... JSONValue.wordBytesMax)

    private static let inputPart = Schema.any(
        of: .request([
            .required("type", .one(of: "input_text", "output_text", "text"), "The model reads text only."),
            .required("text", .string, "The text."),
        ]),
        .request([
            .required("type", .one(of: "refusal"), "An assistant's."), .required("refusal", .string, "The text."),
        ]))

    private static func typed(_ type: String, mayLackType: Bool = false, _ fields: [Field]) -> Schema {
        let word = Schema.one(of: [.string(type)]), text = "What kind of item it is."
        let kind = mayLackType ? Field("type", word, text) : .required("type", word, text)
        return .request(
            [
                kind, Field("id", .string(0 ... ResponseInput.idBytesMax), "The client's own."),
                Field("status", Self.word, "How it ended."),
            ] + fields)
    }

    private static let tool = Schema.any(
        of: function,
        .request([
            .required("type", .one(of: "namespace"), "Functions under a common name."),
            .required("name", CommonReference.functionName, "Their name."),
            .required("tools", .array(of: .any(of: function, otherTool(than: ["function"]))), "They."),
        ]), otherTool(than: ["function", "namespace"]))

    private static let function = Schema.request([
        .required("type", .one(of: "function"), "A function that the model may call."),
        .required("name", CommonReference.functionName, "By which it does."),
        Field("description", .any, "What it does."), Field("parameters", .any, "A JSON Schema of its arguments."),
    ])

    private static func otherTool(than types: [String]) -> Schema {
        .request([.required("type", word.other(than: types), "Tools of other types are left out.")])
    }

    private static let toolChoice = Schema.any(
        of: .one(of: "none", "auto", "required"),
        .request([
            .required("type", .one(of: "function"), "This one."), .required("name", word, "Its name."),
        ]),
        .request([
            .required("type", .one(of: "allowed_tools"), "Some of the tools."),
            .required("tools", .array(of: .any), "These functions."),
            Field("mode", .one(of: "auto", "required"), usual: "auto", "Whether it calls one."),
        ]))
}

// What is answered.
extension ResponseReference {
    private static let status = Schema.one(of: "in_progress", "completed", "incomplete")

    private static let part = Schema.any(
        of: .answer(["type": .constant("input_text"), "text": .string]),
        .answer([
            "type": .constant("output_text"), "text": .string, "annotations": .array(of: .any),
            "logprobs": .array(of: .any),
        ]),
        .answer(["type": .constant("refusal"), "refusal": .string]))

    private static let item = Schema.any(
        of: .answer([
            "id": .string, "type": .constant("message"), "status": .named("ResponseItemStatus"), "role": .string,
            "content": .array(of: .named("ResponsePart")),
        ]),
        .answer(
            [
                "id": .string, "type": .constant("function_call"), "status": .named("ResponseItemStatus"),
                "call_id": .string, "name": .string, "arguments": .string,
            ], optional: ["namespace": .string]),
        .answer([
            "id": .string, "type": .constant("function_call_output"), "status": .named("ResponseItemStatus"),
            "call_id": .string, "output": .any(of: .string, .array(of: .named("ResponsePart"))),
        ]),
        .answer([
            "id": .string, "type": .constant("reasoning"), "status": .named("ResponseItemStatus"),
            "summary": .array(of: .answer(["type": .constant("summary_text"), "text": .string])),
            "content": .array(of: .answer(["type": .constant("reasoning_text"), "text": .string])),
        ]))

    private static let usage = Schema.answer([
        "input_tokens": .count,
        "input_tokens_details": .answer(["cached_tokens": .count, "cache_write_tokens": .count]),
        "output_tokens": .count, "output_tokens_details": .answer(["reasoning_tokens": .count]),
        "total_tokens": .count,
    ])

    private static let response = Schema.answer(
        progress + [
            ("instructions", Schema.string.orNull), ("max_output_tokens", Schema.integer.orNull), ("model", .string),
            ("output", .array(of: .named("ResponseItem"))), ("parallel_tool_calls", .boolean),
            ("previous_response_id", Schema.string.orNull), ("conversation", Schema.answer(["id": .string]).orNull),
            ("store", .boolean), ("tool_choice", .any(of: .string, .map(of: .any))),
            ("tools", .array(of: .map(of: .any))), ("top_logprobs", .count), ("usage", usage.orNull),
            ("metadata", .named("Metadata")),
        ] + repeated, optional: [])

    private static let progress: [(String, Schema)] = [
        ("id", .string), ("object", .constant("response")), ("created_at", .integer),
        ("status", .one(of: "queued", "in_progress", "completed", "incomplete", "failed", "cancelled")),
        ("background", .boolean), ("completed_at", Schema.integer.orNull),
        ("error", Schema.answer(["code": .string, "message": .string]).orNull),
        ("incomplete_details", Schema.answer(["reason": .string]).orNull),
    ]

    /// As the request said.
    private static let repeated: [(String, Schema)] = [
        ("max_tool_calls", Schema.integer.orNull), ("prompt_cache_key", Schema.string.orNull),
        ("reasoning", .map(of: .any)), ("safety_identifier", Schema.string.orNull), ("service_tier", .string),
        ("temperature", .number), ("text", .map(of: .any)), ("top_p", .number), ("truncation", .string),
        ("user", Schema.string.orNull),
    ]

    private static let event = Schema.answer(["type": .string, "sequence_number": .count]).open
        .described("An event of OpenAI's, such as `response.output_text.delta`, with its number and members.")
}
