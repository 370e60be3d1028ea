internal import JSON

/// Embeddings, and what lies between texts and token ids.
enum TextReference: DocumentedFamily {
    static func endpoints(_ facts: ReferenceFacts) -> [DocumentedEndpoint] {
        let embeddings = DocumentedEndpoint(
            method: .post, path: Endpoints.embeddings, group: .embeddings, summary: "Makes a vector of each text.",
            text: "The model was not trained for embeddings.",
            body: .json(.named("EmbeddingRequest"), example: ["input": ["The sea is calm.", "No wind blows."]]),
            answers: [.json(.named("Embeddings"), "One vector for each text, in their order.")],
            refusals: [404, 504])
        return [embeddings] + ["", "/v1"].flatMap { tokens(below: $0, facts) }
    }

    private static func tokens(below root: String, _ facts: ReferenceFacts) -> [DocumentedEndpoint] {
        [
            DocumentedEndpoint(
                method: .post, path: root + Endpoints.tokenize, group: .text, summary: "Tells a text's tokens.",
                text: "Either of a `prompt` or of `messages`, as the model would read them in a chat.",
                body: .json(.named("TokenizeRequest"), example: ["prompt": "Who are you?"]),
                answers: [.json(.named("Tokens"), "Its tokens.")], refusals: [404]),
            DocumentedEndpoint(
                method: .post, path: root + Endpoints.detokenize, group: .text, summary: "Tells the text of tokens.",
                body: .json(
                    .request([.required("tokens", .array(of: facts.tokenID), "Token ids."), facts.modelField]),
                    example: ["tokens": [72, 105]]),
                answers: [.json(.answer(["prompt": .string]), "Their text.")], refusals: [404]),
            DocumentedEndpoint(
                method: .get, path: root + Endpoints.tokenizerInfo, group: .text,
                summary: "Tells what the checkpoint's tokenizer_config.json says.",
                answers: [.json(.named("TokenizerInfo"), "Special tokens, the chat template, and whatever else.")]),
        ]
    }

    static func schemas(_ facts: ReferenceFacts) -> KeyValuePairs<String, Schema> {
        [
            "EmbeddingRequest": embeddings(facts), "TokenizeRequest": tokenize(facts),
            "Embeddings": .answer([
                "object": .constant("list"),
                "data": .array(
                    of: .answer([
                        "object": .constant("embedding"), "index": .count,
                        "embedding": .any(of: .array(of: .number), .string),
                    ])),
                "model": .string, "usage": .answer(["prompt_tokens": .count, "total_tokens": .count]),
            ]),
            "Tokens": .answer([
                "count": .count, "max_model_len": .count, "tokens": .array(of: facts.tokenID),
                "token_strs": Schema.array(of: .string).orNull,
            ]),
            "TokenizerInfo": Schema.answer(["tokenizer_class": .string, "eos_token": Schema.string.orNull]).open,
        ]
    }

    private static func embeddings(_ facts: ReferenceFacts) -> Schema {
        func names<Value: RawRepresentable<String> & CaseIterable>(_ kind: Value.Type) -> Schema {
            .one(of: kind.allCases.map { .string($0.rawValue) })
        }
        let size = facts.model.hiddenSize
        let fields: [Field] = [
            .required(
                "input", CompletionReference.texts(facts, most: EmbeddingRequest.inputsMax),
                "A text or token ids, or several of either."),
            facts.modelField,
            Field(
                "encoding_format", names(EmbeddingRequest.Format.self), usual: "float",
                "A list of numbers, or float32 (little-endian) in base64."),
            Field("pooling", names(Pooling.self), usual: "mean", "The mean of all tokens' states, or the last one."),
            Field("dimensions", .one(of: [.int(size)]), usual: .int(size), "Vectors have no other size."),
            CommonReference.addsSpecialTokens,
        ]
        return .request(
            fields + CommonReference.truncation + CommonReference.scheduling,
            refused: UnsupportedParameter.ofEmbeddings)
    }

    private static func tokenize(_ facts: ReferenceFacts) -> Schema {
        let chat = ChatReference.conversation(isRequired: false)
        let fields = [
            Field("prompt", .string, "A text, in which special tokens count."), facts.modelField,
            Field("return_token_strs", .boolean, usual: false, "Whether the answer also spells the tokens."),
            CommonReference.addsSpecialTokens,
        ]
        return .request(fields + chat, refused: UnsupportedParameter.ofTokenizing.filter { $0.concerns(.chat) })
    }
}
