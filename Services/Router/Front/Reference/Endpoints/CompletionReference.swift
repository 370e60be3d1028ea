internal import JSON

/// Plain completions.
enum CompletionReference: DocumentedFamily {
    static func endpoints(_ facts: ReferenceFacts) -> [DocumentedEndpoint] {
        [
            DocumentedEndpoint(
                method: .post, path: Endpoints.completions, group: .completions, summary: "Goes on with a text.",
                body: .json(.named("CompletionRequest"), example: ["prompt": "Once upon a time", "max_tokens": 16]),
                answers: [
                    .json(
                        .named("Completion"), orEvents: CommonReference.chunks("CompletionChunk"),
                        "The text, or its chunks.")
                ],
                refusals: [404, 409, 504])
        ]
    }

    static func schemas(_ facts: ReferenceFacts) -> KeyValuePairs<String, Schema> {
        [
            "CompletionRequest": request(facts), "Prompt": prompt(facts),
            "Completion": .answer(
                envelope(finish: .one(of: CommonReference.finishes)) + [("usage", .named("Usage"))],
                optional: [("session_id", .string)]),
            "CompletionChunk": Schema.answer(
                envelope(finish: Schema.one(of: CommonReference.finishes).orNull),
                optional: [("usage", Schema.named("Usage").orNull), ("session_id", .string)]
            ).described("A piece of a streamed answer."),
            "CompletionLogprobs": .answer([
                "tokens": .array(of: .string), "token_logprobs": .array(of: Schema.number.orNull),
                "top_logprobs": .array(of: Schema.map(of: .number).orNull), "text_offset": .array(of: .count),
            ]),
        ]
    }

    private static func request(_ facts: ReferenceFacts) -> Schema {
        let tokens = Schema.integer(in: 0 ... Job.tokensRange.upperBound)
        let most = "Most tokens of the answer; 0 only with `echo` or `prompt_logprobs`."
        var fields = [
            facts.modelField, Field("prompt", .named("Prompt"), "What the model goes on from; without one, nothing."),
            Field("max_tokens", tokens, usual: .int(CompletionRequest.tokensDefault), most),
            Field("max_completion_tokens", tokens, "The same, under its newer name."),
            Field("echo", .boolean, usual: false, "Whether the answer begins with the prompt."),
            Field(
                "logprobs", .integer(in: Job.alternativesRange), "Log-probabilities, and of so many likeliest tokens."),
            CommonReference.stream, CommonReference.stop(),
        ]
        fields += CommonReference.choices(bestOf: true) + CommonReference.sampling(facts)
        fields += CommonReference.answers + CommonReference.truncation + CommonReference.scheduling
        fields += [CommonReference.session, CommonReference.addsSpecialTokens]
        return .request(fields, refused: UnsupportedParameter.all(of: .completion))
    }

    /// A text or token ids, or several of either.
    private static func prompt(_ facts: ReferenceFacts) -> Schema { texts(facts, most: Job.promptsMax) }

    /// - Parameter most: of them in one request.
    static func texts(_ facts: ReferenceFacts, most: Int) -> Schema {
        let text = Schema.string(1 ... .max), ids = Schema.array(of: facts.tokenID, 1 ... .max)
        return .any(of: text, ids, .array(of: .any(of: text, ids), 1 ... most))
    }

    private static func envelope(finish: Schema) -> [(String, Schema)] {
        let choice = Schema.answer(
            [
                "text": .string, "index": .count, "logprobs": Schema.named("CompletionLogprobs").orNull,
                "finish_reason": finish,
            ],
            optional: [
                "prompt_token_ids": .array(of: .count), "token_ids": .array(of: .count),
                "prompt_logprobs": CommonReference.promptLogprobs,
            ])
        return [
            ("id", .string), ("object", .constant("text_completion")), ("created", .integer), ("model", .string),
            ("system_fingerprint", .string), ("choices", .array(of: choice)),
        ]
    }
}
