internal import Chat
internal import JSON
internal import Tensors

/// Reads the body of `POST /v1/responses`.
struct ResponseRequest: Sendable {
    /// Without its prompt.
    let job: Job
    /// What the request adds to what was said before.
    let input: [ResponseInput]
    let facts: ResponseFacts
    /// Whether what is too long loses its oldest messages; else it is refused.
    let isTruncated: Bool
    /// What the client gives the chat template by name.
    private let templateArguments: [JSONValue.Member]

    /// About how many bytes of text it has.
    var size: Int {
        let items = input.reduce(0) { if case .item(let item) = $1 { $0 + item.size } else { $0 } }
        return facts.tools.definitions.reduce((facts.instructions?.utf8.count ?? 0) + items) { $0 + $1.text.utf8.count }
    }

    init(_ fields: RequestFields, model: ServedModel, seed: UInt64) throws(APIError) {
        for parameter in UnsupportedParameter.ofResponses { try parameter.check(fields, of: .response) }
        var job = try Job(.response, fields, model: model, seed: seed)
        guard job.choicesPerPrompt == 1 else { throw .notSupported("n", "'n' must be 1: a response is one answer.") }
        let facts = try ResponseFacts(fields)
        job.request(tokens: facts.tokensMax, contextLength: model.contextLength)
        if facts.includesLogprobs { job.topLogprobs = facts.topLogprobs ?? 0 }
        try job.checkCounts(prompts: 1)
        guard fields.value("input") != nil || facts.previous != nil || facts.conversation != nil else {
            throw .missing("input")
        }
        input = try fields.value("input").map { value throws(APIError) in try ResponseInput.read(value) } ?? []
        switch try fields.string("truncation") {
        case nil, "disabled": isTruncated = false
        case "auto": isTruncated = true
        case let other?:
            throw .invalid(
                "truncation", "Invalid 'truncation': expected 'auto' or 'disabled', but got '\(other.echoed)' instead.",
                code: "invalid_value")
        }
        templateArguments = try ChatRequest.templateArguments(fields)
        self.facts = facts
        self.job = job
    }

    /// The job with its prompt: all that was said before, and then the input.
    ///
    /// - Parameters:
    ///   - items: what was said before, and behind that the input.
    ///   - earlier: how many of them were said before.
    func job(_ items: [ResponseItem], earlier: Int, by prompts: ConversationPrompts) throws -> Job {
        let messages = try ResponseConversation(items, instructions: facts.instructions, earlier: earlier).messages
        guard !messages.isEmpty else {
            throw APIError.invalid("input", "Invalid 'input': expected at least one item.", code: "empty_array")
        }
        guard isTruncated else { return try job(messages, by: prompts) }
        do { return try job(messages, by: prompts) } catch let error as APIError where error.isContextExceeded {
            return try truncated(messages, by: prompts) ?? { throw error }()
        }
    }

    private func job(_ messages: [ChatMessage], by prompts: ConversationPrompts) throws -> Job {
        let turn = ChatTurn(
            conversation: Conversation(messages: messages, tools: facts.tools.definitions),
            choice: facts.tools.choice, callsMax: facts.callsInParallel ? nil : 1, arguments: templateArguments)
        return try prompts.job(job, of: turn, named: "input")
    }

    /// As many of the newest messages as fit; nil where not even the last one does.
    private func truncated(_ messages: [ChatMessage], by prompts: ConversationPrompts) throws -> Job? {
        let cuts = messages.cuts
        var low = 0, high = cuts.count, best: Job?        // the first cut that fits is at `low` or behind it
        while low < high {
            let middle = (low + high) / 2
            do {
                best = try job(messages.leavingOut(cuts[middle]), by: prompts)
                high = middle
            } catch let error as APIError where error.isContextExceeded { low = middle + 1 }
        }
        return best
    }
}

extension UnsupportedParameter {
    /// What only requests for responses can ask for.
    static let ofResponses = [
        UnsupportedParameter("return_token_ids", unless: false, because: "a response has no place for token ids."),
        UnsupportedParameter(
            "return_tokens_as_token_ids", unless: false, because: "log-probabilities name tokens by their text."),
        UnsupportedParameter(
            "continue_final_message", unless: false, because: "a prompt ends where the assistant begins."),
        UnsupportedParameter(
            "add_generation_prompt", unless: true, because: "a prompt ends where the assistant begins."),
        UnsupportedParameter(
            "prompt_logprobs", because: "a response has no place for them; use /v1/chat/completions."),
        UnsupportedParameter("prompt", because: "templates of prompts are not stored here; send 'input'."),
        UnsupportedParameter("session_id", because: "use 'previous_response_id' or 'conversation'."),
        UnsupportedParameter("max_tokens", because: "use 'max_output_tokens'."),
        UnsupportedParameter("max_completion_tokens", because: "use 'max_output_tokens'."),
        UnsupportedParameter("logprobs", because: "use 'include' with \"message.output_text.logprobs\"."),
        UnsupportedParameter("moderation", because: "texts are not judged."),
        UnsupportedParameter("background_options", because: "there is one kind of background."),
        UnsupportedParameter("context_management", unless: [], because: "use 'truncation'."),
    ]
}

extension APIError {
    fileprivate var isContextExceeded: Bool { code == "context_length_exceeded" }
}
