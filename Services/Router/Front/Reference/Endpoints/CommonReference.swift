internal import Chat
internal import JSON

/// Parameters and schemas that several families use.
enum CommonReference: DocumentedFamily {
    static func endpoints(_ facts: ReferenceFacts) -> [DocumentedEndpoint] { [] }

    static func schemas(_ facts: ReferenceFacts) -> KeyValuePairs<String, Schema> {
        [
            "Error": .answer([
                "error": .answer([
                    "message": .string, "type": .string, "param": Schema.string.orNull, "code": Schema.string.orNull,
                ])
            ]).described("A refusal: what is wrong, and which parameter."),
            "Metadata": .map(
                of: .string(0 ... SessionMetadata.valueLengthMax), most: SessionMetadata.pairsMax,
                names: .string(0 ... SessionMetadata.keyLengthMax)
            ).described("A client's own notes."),
            "Usage": .answer([
                "prompt_tokens": .count, "completion_tokens": .count, "total_tokens": .count,
                "prompt_tokens_details": .answer(["cached_tokens": .count, "audio_tokens": .count]),
                "completion_tokens_details": .answer([
                    "reasoning_tokens": .count, "audio_tokens": .count, "accepted_prediction_tokens": .count,
                    "rejected_prediction_tokens": .count,
                ]),
            ]).described(
                "What the request has cost, in tokens. `cached_tokens` of the prompt were not computed again."),
            "TokenLogprob": .answer(
                [
                    "token": .string, "logprob": .number, "bytes": .array(of: .integer(in: 0 ... 255)),
                    "top_logprobs": .array(
                        of: .answer([
                            "token": .string, "logprob": .number, "bytes": .array(of: .integer(in: 0 ... 255)),
                        ])),
                ]),
        ]
    }

    /// What is deleted.
    static func deleted(_ object: String) -> Schema {
        .answer(["id": .string, "object": .constant(.string(object)), "deleted": .constant(true)])
    }

    static func list(of element: Schema) -> Schema {
        .answer([
            "object": .constant("list"), "data": .array(of: element), "first_id": Schema.string.orNull,
            "last_id": Schema.string.orNull, "has_more": .boolean,
        ])
    }

    static let metadata = Field("metadata", .named("Metadata"), "Notes that stay with it.")

    /// Why an answer ended.
    static let finishes: [JSONValue] = [FinishReason.stop, .length].map { .string($0.rawValue) }

    /// Of its characters in ASCII, the pattern lets those in that the server lets in; of others, all.
    static let functionName = Schema.string(1 ... FunctionCall.nameBytesMax)
        .matching(#"^[^\x00-,;-@\[-\^`{-\x7f]+$"#)

    /// The data of a stream's events in OpenAI's form: a chunk, the refusal that ends a stream, or `[DONE]`.
    static func chunks(_ name: String) -> Schema {
        .any(of: .constant("[DONE]"), .text(of: .any(of: .named(name), .named("Error"))))
    }
}

// What all requests that generate read.
extension CommonReference {
    static func sampling(_ facts: ReferenceFacts) -> [Field] {
        typealias Range = SamplingRanges
        return [
            Field("temperature", .number(in: Range.temperature), usual: 1, "How random the answer is; 0: not at all."),
            Field("top_p", .number(in: Range.topP), usual: 1, "Only the likeliest tokens that have this share."),
            Field("top_k", .integer(in: Range.topK), usual: 0, "Only so many tokens; 0 and -1: all."),
            Field("min_p", .number(in: Range.minP), usual: 0, "Only tokens with this share of the likeliest one's."),
            Field("presence_penalty", .number(in: Range.penalty), usual: 0, "Against tokens that the answer has."),
            Field("frequency_penalty", .number(in: Range.penalty), usual: 0, "The same, for each time."),
            Field(
                "repetition_penalty", .number(above: 0, to: Range.repetitionPenalty.upperBound), usual: 1,
                "Against tokens that prompt or answer have; 1: none."),
            Field(
                "logit_bias", .map(of: .number(in: Range.bias), names: Schema.string.matching("^[0-9]+$")),
                "By token id, what is added to its logit."),
            Field("seed", .integer(in: .min ... .max), "Equal seeds give equal answers; drawn where there is none."),
            Field(
                "min_tokens", .integer(in: Range.tokensMin), usual: 0, "The answer does not end before it has these."),
            Field("ignore_eos", .boolean, usual: false, "Whether the answer goes on where the model would end it."),
            Field("stop_token_ids", .array(of: facts.tokenID), "Tokens that end the answer."),
            Field(
                "include_stop_str_in_output", .boolean, usual: false,
                "Whether the stop string or token is part of the answer."),
            Field(
                "bad_words",
                .array(of: .string(1 ... BadWordStrings.lengthMax), 0 ... BadWordStrings.countMax),
                "What the answer does not say."),
            Field("skip_special_tokens", .boolean, usual: true, "Whether special tokens have no text."),
        ]
    }

    /// - Parameter name: what the format calls it.
    static func stop(named name: String = "stop") -> Field {
        let string = Schema.string(1 ... StopStrings.lengthMax)
        return Field(
            name, .any(of: string, .array(of: string, 0 ... StopStrings.countMax)),
            "Strings that end an answer's text, and are no part of it unless asked for. In calls they do nothing."
        )
    }

    /// How the request is treated.
    static let scheduling: [Field] = [
        Field(
            "priority", .any(of: .one(of: "low", "normal", "high"), .integer), usual: "normal",
            "Who goes first. As a number: below 0 is high, above it low."),
        Field("timeout", .number(in: Job.timeoutRange), "Seconds after which an answer is given up."),
        Field(
            "cache_salt", .string(1 ... .max),
            "Requests share what was computed of their beginnings only with those of the same salt."),
        Field("cache_prompt", .boolean, usual: true, "Whether the prompt may go on from what was computed before."),
        Field("prompt_cache_key", .string, "A hint that needs no following."),
        Field("user", .string, "Whom the client asks for; stands in the server's log."),
    ]

    static let truncation: [Field] = [
        Field(
            "truncate_prompt_tokens", .any(of: .constant(-1), .integer(in: Job.tokensRange)),
            "Most tokens of the prompt, of which the others are left out; -1: as many as there is room for."),
        Field("truncation_side", .one(of: "left", "right"), usual: "left", "Where they are left out."),
    ]

    static let addsSpecialTokens = Field(
        "add_special_tokens", .boolean, "Changes nothing: this tokenizer puts no tokens around a text.")

    static let stream = Field("stream", .boolean, usual: false, "Whether the answer comes as a stream of events.")

    /// What a whole answer tells of its prompt: nothing of the first token; of each other one, itself and alternatives.
    static let promptLogprobs = Schema.array(
        of: Schema.map(
            of: .answer([
                "logprob": .number, "rank": Schema.count.orNull, "decoded_token": .string,
            ]), names: Schema.string.matching("^[0-9]+$")
        ).orNull)

    /// What requests in OpenAI's form read besides.
    static let answers: [Field] = [
        Field(
            "prompt_logprobs", .integer(in: Job.alternativesRange),
            "Log-probabilities of the prompt's tokens, and of so many likeliest ones. Not with `stream`."),
        Field("return_token_ids", .boolean, usual: false, "Whether the answer also tells token ids."),
        Field(
            "return_tokens_as_token_ids", .boolean, usual: false,
            "Whether log-probabilities name tokens by their ids, as `token_id:17`."),
        Field(
            "stream_options",
            .request([
                Field("include_usage", .boolean, usual: false, "Whether the last chunk tells the usage."),
                Field("continuous_usage_stats", .boolean, usual: false, "Whether every chunk does, with the former."),
            ]), "Only with `stream`."),
        Field(
            "response_format", .request([.required("type", .one(of: "text"), "The only one.")]),
            "Answers cannot be constrained to a form."),
    ]

    static let session = Field("session_id", .string, "Goes on with a session; see /v1/sessions.")

    static func choices(bestOf: Bool) -> [Field] {
        let range = Schema.integer(in: 1 ... Job.choicesPerPromptMax)
        let several = Field("n", range, usual: 1, "How many answers there are.")
        guard bestOf else { return [several] }
        return [
            several,
            Field("best_of", range, "How many are generated, of which the `n` likeliest come back. Not with `stream`."),
        ]
    }
}
