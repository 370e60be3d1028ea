internal import JSON

/// Spells a job's answer as OpenAI does: the whole, or chunk by chunk. One for both endpoints, which differ in names
/// and nesting.
struct Answer: Sendable {
    let id: String
    let job: Job
    let model: ServedModel
    /// Seconds since 1970.
    let created: Int

    private var kind: Job.Kind { job.kind }
    private var wantsLogprobs: Bool { job.topLogprobs != nil }

    /// One finished choice.
    struct Choice {
        var text = ""
        var reports: [TokenReport] = []
        var ids: [Int32] = []
        var finish: FinishReason?
        /// Of its tokens; a choice without any is the least likely.
        var meanLogprob = -Double.infinity

        mutating func add(_ delta: ChoiceDelta) {
            text += delta.text
            reports += delta.reports
            ids += delta.ids
            finish = delta.finish ?? finish
            meanLogprob = delta.meanLogprob ?? meanLogprob
        }
    }

    /// As in OpenAI's reference. Audio, reasoning and prediction tokens are always 0 here.
    ///
    /// - Parameter cached: of the prompts' tokens, those that were reused.
    static func usage(prompt: Int, completion: Int, cached: Int = 0) -> JSONValue {
        [
            "prompt_tokens": .int(prompt), "completion_tokens": .int(completion),
            "total_tokens": .int(prompt + completion),
            "prompt_tokens_details": ["cached_tokens": .int(cached), "audio_tokens": 0],
            "completion_tokens_details": [
                "reasoning_tokens": 0, "audio_tokens": 0, "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            ],
        ]
    }

    func whole(_ choices: [Choice], usage: JSONValue) -> JSONValue {
        envelope(
            object: kind == .chat ? "chat.completion" : "text_completion",
            choices: choices.enumerated().map { index, choice in
                let logprobs = wantsLogprobs ? Logprobs.json(choice.reports, kind) : .null
                let finish = JSONValue.text(choice.finish?.rawValue)
                let ids = promptIDs(besideChoice: index) + self.ids(choice.ids)
                switch kind {
                case .chat:
                    let message: JSONValue = ["role": "assistant", "content": .string(choice.text), "refusal": .null]
                    return JSONValue(
                        ["index": .int(index), "message": message, "logprobs": logprobs, "finish_reason": finish],
                        and: ids)
                case .completion:
                    return JSONValue(
                        [
                            "text": .string(choice.text), "index": .int(index), "logprobs": logprobs,
                            "finish_reason": finish,
                        ], and: ids)
                }
            },
            more: promptIDsOfChat + [JSONValue.Member(name: "usage", value: usage)])
    }

    // MARK: Streaming

    /// The chunk that opens a choice; plain completions have none.
    ///
    /// - Parameter first: what the next chunk tells.
    func opening(_ first: ChoiceDelta) -> JSONValue? {
        guard kind == .chat else { return nil }
        return chunk(
            ChoiceDelta(index: first.index, cached: first.cached), chatDelta: ["role": "assistant", "content": ""],
            text: "", logprobs: .null, finish: .null,
            promptIDsOfChat)
    }

    /// - Parameter isFirst: of its choice.
    func chunk(_ delta: ChoiceDelta, isFirst: Bool) -> JSONValue {
        let logprobs = wantsLogprobs ? Logprobs.json(delta.reports, kind) : .null
        let ids = (isFirst ? promptIDs(besideChoice: delta.index) : []) + ids(delta.ids)
        return chunk(
            delta, chatDelta: ["content": .string(delta.text)], text: delta.text, logprobs: logprobs, finish: .null,
            ids: ids)
    }

    /// - Parameter isFirst: of its choice, whose answer is empty.
    func closing(_ delta: ChoiceDelta, _ finish: FinishReason, isFirst: Bool) -> JSONValue {
        chunk(
            delta, chatDelta: [:], text: "", logprobs: .null, finish: .string(finish.rawValue),
            ids: isFirst ? promptIDs(besideChoice: delta.index) : [])
    }

    /// The last chunk, if the client asked for it.
    func usageChunk(_ usage: JSONValue) -> JSONValue {
        envelope(object: chunkObject, choices: [], more: [JSONValue.Member(name: "usage", value: usage)])
    }

    private var chunkObject: String { kind == .chat ? "chat.completion.chunk" : "text_completion" }

    /// - Parameters:
    ///   - more: members of the chunk.
    ///   - ids: members of the choice.
    private func chunk(
        _ delta: ChoiceDelta, chatDelta: JSONValue, text: String, logprobs: JSONValue, finish: JSONValue,
        _ more: [JSONValue.Member] = [],
        ids: [JSONValue.Member] = []
    ) -> JSONValue {
        let index = JSONValue.int(delta.index)
        let choice: JSONValue =
            switch kind {
            case .chat:
                JSONValue(
                    ["index": index, "delta": chatDelta, "logprobs": logprobs, "finish_reason": finish], and: ids)
            case .completion:
                JSONValue(
                    ["text": .string(text), "index": index, "logprobs": logprobs, "finish_reason": finish], and: ids)
            }
        return envelope(object: chunkObject, choices: [choice], more: more + usage(besides: delta))
    }

    /// The usage that stands in a chunk of text: so far and of its choice alone, as with vLLM; or a null, as with
    /// OpenAI.
    private func usage(besides delta: ChoiceDelta) -> [JSONValue.Member] {
        switch job.usage {
        case .none: []
        case .atEnd: [JSONValue.Member(name: "usage", value: .null)]
        case .inEveryChunk:
            [
                JSONValue.Member(
                    name: "usage",
                    value: Self.usage(
                        prompt: prompt(of: delta.index).ids.count, completion: delta.tokens, cached: delta.cached))
            ]
        }
    }

    private var sessionID: [JSONValue.Member] {
        job.session.map { [JSONValue.Member(name: "session_id", value: .string($0.id))] } ?? []
    }

    private func envelope(object: String, choices: [JSONValue], more: [JSONValue.Member]) -> JSONValue {
        JSONValue(
            [
                "id": .string(id), "object": .string(object), "created": .int(created), "model": .string(model.id),
                "system_fingerprint": .string(model.fingerprint), "choices": .array(choices),
            ], and: sessionID + more)
    }
}

// Token ids, where they are asked for, stand where vLLM puts them: a chat's prompt beside the choices, a completion's
// in each choice.
extension Answer {
    private func prompt(of choice: Int) -> Job.Prompt { job.prompts[choice / job.choicesPerPrompt] }

    private func ids(_ ids: [Int32]) -> [JSONValue.Member] {
        job.returnsTokenIDs ? [JSONValue.Member(name: "token_ids", value: .array(ids.map { .int($0) }))] : []
    }

    private var promptIDsOfChat: [JSONValue.Member] { kind == .chat ? promptIDs(of: 0) : [] }

    private func promptIDs(besideChoice index: Int) -> [JSONValue.Member] {
        kind == .completion ? promptIDs(of: index) : []
    }

    private func promptIDs(of choice: Int) -> [JSONValue.Member] {
        guard job.returnsTokenIDs else { return [] }
        return [JSONValue.Member(name: "prompt_token_ids", value: .array(prompt(of: choice).ids.map { .int($0) }))]
    }
}

extension JSONValue {
    /// An object of these members in this order.
    fileprivate init(_ members: KeyValuePairs<String, JSONValue>, and more: [Member]) {
        self = .object(members.map { Member(name: $0.key, value: $0.value) } + more)
    }
}

/// Log-probabilities in the two shapes of OpenAI's API.
enum Logprobs {
    static func json(_ reports: [TokenReport], _ kind: Job.Kind) -> JSONValue {
        kind == .chat ? chat(reports) : completion(reports)
    }

    private static func chat(_ reports: [TokenReport]) -> JSONValue {
        func members(_ name: TokenName, _ logprob: Float) -> [JSONValue.Member] {
            [
                JSONValue.Member(name: "token", value: .string(name.text)),
                JSONValue.Member(name: "logprob", value: .logprob(logprob)),
                JSONValue.Member(name: "bytes", value: .array(name.bytes.map { .int($0) })),
            ]
        }
        let content = reports.map { report in
            let top = report.top.map { JSONValue.object(members($0.name, $0.logprob)) }
            return JSONValue.object(
                members(report.name, report.logprob ?? -.infinity) + [
                    JSONValue.Member(name: "top_logprobs", value: .array(top))
                ])
        }
        return ["content": .array(content), "refusal": .null]
    }

    /// Parallel lists. Each map of alternatives also holds the token itself, as OpenAI's do.
    private static func completion(_ reports: [TokenReport]) -> JSONValue {
        [
            "tokens": .array(reports.map { .string($0.name.text) }),
            "token_logprobs": .array(reports.map { $0.logprob.map { .logprob($0) } ?? .null }),
            "top_logprobs": .array(reports.map { alternatives($0) }),
            "text_offset": .array(reports.map { .int($0.offset) }),
        ]
    }

    private static func alternatives(_ report: TokenReport) -> JSONValue {
        guard let logprob = report.logprob else { return .null }
        var members: [JSONValue.Member] = []
        for (name, logprob) in report.top.map({ ($0.name.text, $0.logprob) }) + [(report.name.text, logprob)]
        where !members.contains(where: { $0.name == name }) {
            members.append(JSONValue.Member(name: name, value: .logprob(logprob)))
        }
        return .object(members)
    }
}
