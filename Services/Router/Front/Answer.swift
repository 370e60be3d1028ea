/// Spells a job's answer as OpenAI does: the whole, or chunk by chunk. One for both endpoints, which differ in names and nesting.
struct Answer: Sendable {
    let id: String
    let kind: Job.Kind
    let model: ServedModel
    /// Seconds since 1970.
    let created: Int
    let includesUsage: Bool
    let wantsLogprobs: Bool

    /// One finished choice.
    struct Choice {
        var text = ""
        var reports: [TokenReport] = []
        var finish: FinishReason?

        mutating func add(_ delta: ChoiceDelta) {
            text += delta.text
            reports += delta.reports
            finish = delta.finish ?? finish
        }
    }

    static func usage(prompt: Int, completion: Int) -> JSON {
        ["prompt_tokens": .int(prompt), "completion_tokens": .int(completion), "total_tokens": .int(prompt + completion)]
    }

    func whole(_ choices: [Choice], usage: JSON) -> JSON {
        envelope(
            object: kind == .chat ? "chat.completion" : "text_completion",
            choices: choices.enumerated().map { index, choice in
                let logprobs = wantsLogprobs ? Logprobs.json(choice.reports, kind) : .null
                let finish = JSON.text(choice.finish?.rawValue)
                switch kind {
                case .chat:
                    let message: JSON = ["role": "assistant", "content": .string(choice.text), "refusal": .null]
                    return ["index": .int(index), "message": message, "logprobs": logprobs, "finish_reason": finish]
                case .completion:
                    return ["text": .string(choice.text), "index": .int(index), "logprobs": logprobs, "finish_reason": finish]
                }
            },
            usage: usage)
    }

    // MARK: Streaming

    /// The chunk that opens a choice; plain completions have none.
    func opening(_ index: Int) -> JSON? {
        kind == .chat ? chunk(index, chatDelta: ["role": "assistant", "content": ""], text: "", logprobs: .null, finish: .null) : nil
    }

    func chunk(_ delta: ChoiceDelta) -> JSON {
        chunk(
            delta.index, chatDelta: ["content": .string(delta.text)], text: delta.text,
            logprobs: wantsLogprobs ? Logprobs.json(delta.reports, kind) : .null, finish: .null)
    }

    func closing(_ index: Int, _ finish: FinishReason) -> JSON {
        chunk(index, chatDelta: [:], text: "", logprobs: .null, finish: .string(finish.rawValue))
    }

    /// The last chunk, if the client asked for it.
    func usageChunk(_ usage: JSON) -> JSON { envelope(object: chunkObject, choices: [], usage: usage) }

    private var chunkObject: String { kind == .chat ? "chat.completion.chunk" : "text_completion" }

    private func chunk(_ index: Int, chatDelta: JSON, text: String, logprobs: JSON, finish: JSON) -> JSON {
        let choice: JSON = switch kind {
        case .chat: ["index": .int(index), "delta": chatDelta, "logprobs": logprobs, "finish_reason": finish]
        case .completion: ["text": .string(text), "index": .int(index), "logprobs": logprobs, "finish_reason": finish]
        }
        return envelope(object: chunkObject, choices: [choice], usage: includesUsage ? .null : nil)
    }

    /// - Parameter usage: nil leaves the member out; `.null` sends a null.
    private func envelope(object: String, choices: [JSON], usage: JSON?) -> JSON {
        var members: [JSON.Member] = [
            JSON.Member(name: "id", value: .string(id)), JSON.Member(name: "object", value: .string(object)),
            JSON.Member(name: "created", value: .int(created)), JSON.Member(name: "model", value: .string(model.id)),
            JSON.Member(name: "system_fingerprint", value: .string(model.fingerprint)),
            JSON.Member(name: "choices", value: .array(choices)),
        ]
        if let usage { members.append(JSON.Member(name: "usage", value: usage)) }
        return .object(members)
    }
}

/// Log-probabilities in the two shapes of OpenAI's API.
enum Logprobs {
    static func json(_ reports: [TokenReport], _ kind: Job.Kind) -> JSON {
        kind == .chat ? chat(reports) : completion(reports)
    }

    private static func chat(_ reports: [TokenReport]) -> JSON {
        func members(_ name: TokenName, _ logprob: Float) -> [JSON.Member] {
            [
                JSON.Member(name: "token", value: .string(name.text)), JSON.Member(name: "logprob", value: .logprob(logprob)),
                JSON.Member(name: "bytes", value: .array(name.bytes.map { .int($0) })),
            ]
        }
        let content = reports.map { report in
            let top = report.top.map { JSON.object(members($0.name, $0.logprob)) }
            return JSON.object(members(report.name, report.logprob ?? -.infinity) + [JSON.Member(name: "top_logprobs", value: .array(top))])
        }
        return ["content": .array(content), "refusal": .null]
    }

    /// Parallel lists. Each map of alternatives also holds the token itself, as OpenAI's do.
    private static func completion(_ reports: [TokenReport]) -> JSON {
        [
            "tokens": .array(reports.map { .string($0.name.text) }),
            "token_logprobs": .array(reports.map { $0.logprob.map { .logprob($0) } ?? .null }),
            "top_logprobs": .array(reports.map { alternatives($0) }),
            "text_offset": .array(reports.map { .int($0.offset) }),
        ]
    }

    private static func alternatives(_ report: TokenReport) -> JSON {
        guard let logprob = report.logprob else { return .null }
        var members: [JSON.Member] = []
        for (name, logprob) in report.top.map({ ($0.name.text, $0.logprob) }) + [(report.name.text, logprob)]
        where !members.contains(where: { $0.name == name }) {
            members.append(JSON.Member(name: name, value: .logprob(logprob)))
        }
        return .object(members)
    }
}
