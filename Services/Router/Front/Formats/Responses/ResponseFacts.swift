internal import JSON

/// What a request for a response says about it that its answer repeats.
struct ResponseFacts: Sendable {
    let instructions: String?
    let tools: ResponseTools
    let callsInParallel: Bool
    /// Most tokens of the answer; nil: as many as there is room for.
    let tokensMax: Int?
    let topLogprobs: Int?
    let includesLogprobs: Bool
    /// Whether the response can be asked for later.
    let isStored: Bool
    let isBackground: Bool
    /// The id of the response that this one goes on from.
    let previous: String?
    /// The id of the conversation that it belongs to.
    let conversation: String?
    /// A client's own notes.
    let metadata: [String: String]
    /// What else is repeated as it came, in order.
    private let repeated: [JSONValue.Member]

    init(_ fields: RequestFields) throws(APIError) {
        instructions = try fields.string("instructions")
        tools = try ResponseTools(fields)
        callsInParallel = try fields.bool("parallel_tool_calls", default: true)
        tokensMax = try fields.integer("max_output_tokens", in: Job.tokensRange)
        topLogprobs = try fields.integer("top_logprobs", in: Job.alternativesRange)
        includesLogprobs = try Self.includesLogprobs(fields)
        isStored = try fields.bool("store", default: true)
        isBackground = try fields.bool("background", default: false)
        previous = try fields.string("previous_response_id")?.withoutNUL
        conversation = try Self.conversation(fields)
        metadata = try SessionMetadata.read(fields)
        guard previous == nil || conversation == nil else {
            throw .invalid(
                "previous_response_id",
                "Mutually exclusive parameters: 'previous_response_id' and 'conversation'. Send one of them.",
                code: "mutually_exclusive_parameters")
        }
        guard isStored || !isBackground else {
            throw .invalid(
                "store", "Invalid 'store': a response in the background has to be stored.", code: "invalid_value")
        }
        repeated = try Self.repeated(fields)
    }

    /// `include`: of what can be asked for, this server has the log-probabilities of the text alone.
    private static func includesLogprobs(_ fields: RequestFields) throws(APIError) -> Bool {
        guard let value = fields.value("include") else { return false }
        guard case .array(let elements) = value else { throw .wrongType("include", expected: "an array", found: value) }
        for (index, element) in elements.enumerated() {
            guard case .string = element else {
                throw APIError.wrongType("include[\(index)]", expected: "a string", found: element).blaming("include")
            }
        }
        return elements.contains("message.output_text.logprobs")
    }

    /// The id of a conversation, by itself or in an object.
    private static func conversation(_ fields: RequestFields) throws(APIError) -> String? {
        switch fields.value("conversation") {
        case nil: return nil
        case .string(let id): return id.withoutNUL
        case .object(let members)?:
            guard let id = try JSONValue.object(members).text("id", of: "conversation") else {
                throw .missing("conversation.id")
            }
            return id
        case .some(let other): throw .wrongType("conversation", expected: "a string or an object", found: other)
        }
    }

    private static func repeated(_ fields: RequestFields) throws(APIError) -> [JSONValue.Member] {
        let text = try Self.text(fields)
        // A model that does not reason cannot do so more, or less.
        let reasoning = fields.value("reasoning") ?? ["effort": .null, "summary": .null]
        guard case .object = reasoning else { throw .wrongType("reasoning", expected: "an object", found: reasoning) }
        for name in ["prompt_cache_key", "safety_identifier", "service_tier", "user"] { _ = try fields.string(name) }
        let calls = try fields.integer("max_tool_calls", in: Job.tokensRange)
        let members: KeyValuePairs<String, JSONValue> = [
            "max_tool_calls": calls.map { .int($0) } ?? .null,
            "prompt_cache_key": fields.value("prompt_cache_key") ?? .null,
            "reasoning": reasoning,
            "safety_identifier": fields.value("safety_identifier") ?? .null, "service_tier": "default",
            "temperature": fields.value("temperature") ?? .number("1.0"), "text": text,
            "top_p": fields.value("top_p") ?? .number("1.0"), "truncation": fields.value("truncation") ?? "disabled",
            "user": fields.value("user") ?? .null,
        ]
        return members.map { JSONValue.Member(name: $0.key, value: $0.value) }
    }

    /// `text`: how the answer is to be written.
    private static func text(_ fields: RequestFields) throws(APIError) -> JSONValue {
        guard let text = fields.value("text") else { return ["format": ["type": "text"]] }
        guard case .object(let members) = text else { throw .wrongType("text", expected: "an object", found: text) }
        if let verbosity = try text.text("verbosity", of: "text"), verbosity != "medium" {
            throw .notSupported(
                "text.verbosity",
                """
                'text.verbosity' is not supported unless it is "medium": this model was not trained to follow it; ask \
                for it in the instructions.
                """)
        }
        guard let format = text["format"], format != .null else {
            let others = members.filter { $0.name != "format" }
            return JSONValue(["format": ["type": "text"]], and: others)
        }
        guard case .string(let type)? = format["type"] else { throw .missing("text.format.type") }
        guard type == "text" else {
            throw .notSupported(
                "text.format", "'text.format' of type '\(type.echoed)' is not supported yet; only 'text' is.")
        }
        return text
    }
}

extension ResponseFacts {
    /// What changes while a response is made.
    struct State: Sendable {
        var status = "in_progress"
        var output: [ResponseItem] = []
        var usage: Usage?
        var error: APIError?
        /// Seconds since 1970.
        var completed: Int?
    }

    /// The response.
    ///
    /// - Parameters:
    ///   - model: the name of the one that makes it.
    ///   - created: seconds since 1970.
    func json(_ id: String, model: String, created: Int, _ state: State) -> JSONValue {
        let isIncomplete = state.status == "incomplete"
        return JSONValue(
            [
                "id": .string(id), "object": "response", "created_at": .int(created),
                "status": .string(state.status), "background": .bool(isBackground),
                "completed_at": state.completed.map { .int($0) } ?? .null,
                "error": state.error.map(Self.error) ?? .null,
                "incomplete_details": isIncomplete ? ["reason": "max_output_tokens"] : .null,
                "instructions": .text(instructions), "max_output_tokens": tokensMax.map { .int($0) } ?? .null,
                "model": .string(model), "output": .array(state.output.map(\.json)),
                "parallel_tool_calls": .bool(callsInParallel), "previous_response_id": .text(previous),
                "conversation": conversation.map { ["id": .string($0)] } ?? .null, "store": .bool(isStored),
                "tool_choice": tools.choiceJSON, "tools": tools.json,
                "top_logprobs": .int(topLogprobs ?? 0), "usage": state.usage.map(Self.json) ?? .null,
                "metadata": .notes(metadata),
            ], and: repeated)
    }

    /// OpenAI's names of failures are few.
    static func error(_ error: APIError) -> JSONValue {
        let code = error.code == "rate_limit_exceeded" ? "rate_limit_exceeded" : "server_error"
        return ["code": .string(code), "message": .string(error.message)]
    }

    private static func json(_ usage: Usage) -> JSONValue {
        [
            "input_tokens": .int(usage.prompt),
            "input_tokens_details": ["cached_tokens": .int(usage.cached), "cache_write_tokens": 0],
            "output_tokens": .int(usage.completion),
            "output_tokens_details": ["reasoning_tokens": .int(usage.reasoning)],
            "total_tokens": .int(usage.prompt + usage.completion),
        ]
    }
}
