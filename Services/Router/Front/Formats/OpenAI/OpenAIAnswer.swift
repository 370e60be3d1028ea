internal import JSON

/// What chat completions and plain completions have in common.
extension Answer {
    /// As in OpenAI's reference. Audio and prediction tokens are always 0 here.
    static func json(_ usage: Usage) -> JSONValue {
        [
            "prompt_tokens": .int(usage.prompt), "completion_tokens": .int(usage.completion),
            "total_tokens": .int(usage.prompt + usage.completion),
            "prompt_tokens_details": ["cached_tokens": .int(usage.cached), "audio_tokens": 0],
            "completion_tokens_details": [
                "reasoning_tokens": .int(usage.reasoning), "audio_tokens": 0, "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            ],
        ]
    }

    /// - Parameter more: members of the answer, or the chunk.
    func envelope(object: String, choices: [JSONValue], more: [JSONValue.Member]) -> JSONValue {
        JSONValue(
            [
                "id": .string(id), "object": .string(object), "created": .int(created), "model": .string(model.id),
                "system_fingerprint": .string(model.fingerprint), "choices": .array(choices),
            ], and: sessionID + more)
    }

    private var sessionID: [JSONValue.Member] {
        job.session.map { [JSONValue.Member(name: "session_id", value: .string($0.id))] } ?? []
    }

    /// The usage that stands in a chunk of text: so far and of its choice alone, as with vLLM; or a null, as with
    /// OpenAI.
    func usage(besides delta: ChoiceDelta) -> [JSONValue.Member] {
        switch job.usage {
        case .none: return []
        case .atEnd: return [JSONValue.Member(name: "usage", value: .null)]
        case .inEveryChunk:
            let usage = Usage(
                prompt: prompt(ofChoice: delta.index).ids.count, cached: delta.cached, completion: delta.tokens,
                reasoning: delta.reasoningTokens)
            return [JSONValue.Member(name: "usage", value: Self.json(usage))]
        }
    }

    /// What ends a stream: the usage as a chunk of its own, if the client asked for it.
    func end(chunks object: String, usage: Usage) -> String {
        let last =
            job.usage == .none
            ? ""
            : ServerSentEvents.event(
                envelope(
                    object: object, choices: [], more: [JSONValue.Member(name: "usage", value: Self.json(usage))]))
        return last + ServerSentEvents.event("[DONE]")
    }
}

// Token ids, where they are asked for, stand where vLLM puts them.
extension Answer {
    /// Of the answer, or of a part of it.
    func ids(_ ids: [Int32]) -> [JSONValue.Member] {
        job.returnsTokenIDs ? [JSONValue.Member(name: "token_ids", value: .array(ids.map { .int($0) }))] : []
    }

    func promptIDs(ofChoice index: Int) -> [JSONValue.Member] {
        guard job.returnsTokenIDs else { return [] }
        let ids = prompt(ofChoice: index).ids
        return [JSONValue.Member(name: "prompt_token_ids", value: .array(ids.map { .int($0) }))]
    }
}

// So do the log-probabilities of prompts.
extension Answer {
    func promptLogprobs(ofChoice index: Int) -> [JSONValue.Member] {
        guard job.promptLogprobs != nil else { return [] }
        let places = promptLogprobs[index / job.choicesPerPrompt] ?? []
        let json = places.map { $0.map { .object($0.map(Self.member)) } ?? JSONValue.null }
        return [JSONValue.Member(name: "prompt_logprobs", value: .array(json))]
    }

    private static func member(_ token: PromptLogprob) -> JSONValue.Member {
        JSONValue.Member(
            name: "\(token.id)",
            value: [
                "logprob": .logprob(token.logprob), "rank": token.rank.map { .int($0) } ?? .null,
                "decoded_token": .string(token.text),
            ])
    }
}

extension JSONValue {
    /// An object of these members in this order.
    init(_ members: KeyValuePairs<String, JSONValue>, and more: [Member]) {
        self = .object(members.map { Member(name: $0.key, value: $0.value) } + more)
    }
}
