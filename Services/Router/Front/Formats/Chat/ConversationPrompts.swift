internal import Chat
internal import Tensors
internal import Tokenizer

/// Makes prompts in token ids of conversations, for every format of chats.
struct ConversationPrompts {
    let tokenizer: BytePairTokenizer
    /// Tells how prompts are rendered, and whether control tokens that messages spell are control tokens; else they are
    /// text.
    let config: FrontConfig
    /// How the model that reads such prompts writes its answers.
    let syntax: AnswerSyntax
    var contextLength: Int
    /// Seconds since 1970, for templates that tell the date.
    let now: Int
    /// Ends the work early.
    let cancellation: CancellationFlag

    /// The job with the conversation rendered and encoded, once it is known to fit.
    ///
    /// - Parameter name: what the client calls its messages.
    func job(_ job: Job, of turn: ChatTurn, named name: String = "messages") throws -> Job {
        var job = job
        try job.encodeWords(by: tokenizer, cancellation)
        try turn.choice.check(turn.conversation.tools)
        var prompt = try text(of: turn, name)
        job.reading = try reading(turn, prompt, isWanted: job.skipsSpecial)
        let opening = job.reading.opening
        prompt += opening
        try job.check(promptBytes: prompt.byteCount, tokenizer, contextLength: contextLength, promptName: name)
        if job.session != nil {
            job.session?.toolPlace = try config.templateOfSessions("session_id").toolPlace
            try job.session?.addChat(turn.conversation, opening: opening) { try encoded($0, name).ids }
            return job        // fitted once the session's length is known
        }
        let tokens = try encoded(prompt, name)
        job.prompts = [Job.Prompt(ids: tokens.ids, keepAt: Self.keepPoints(of: tokens))]
        try job.fit(absent: .max, contextLength: contextLength, promptName: name)
        return job
    }

    /// The prompt of a conversation, and what the answer has to begin with.
    ///
    /// - Parameter name: what the client calls its messages.
    func encoded(_ turn: ChatTurn, named name: String = "messages") throws -> EncodedPrompt {
        try turn.choice.check(turn.conversation.tools)
        let prompt = try text(of: turn, name)
        return try encoded(prompt + reading(turn, prompt, isWanted: true).opening, name)
    }

    private func text(of turn: ChatTurn, _ name: String) throws -> PromptText {
        let circumstances = PromptCircumstances(arguments: turn.arguments, now: now) { [cancellation] in
            cancellation.isSet
        }
        do {
            return try config.template.render(turn.conversation, ending: turn.ending, circumstances)
        } catch {
            switch error {
            case .refused(let words): throw APIError.invalid(name, words, code: "chat_template_refused")
            case .cancelled: throw CancellationError()
            case .failed(let words):
                throw APIError.invalid(
                    name, "The model's chat template failed: \(words).", code: "chat_template_failed")
            }
        }
    }

    private func encoded(_ prompt: PromptText, _ name: String) throws -> EncodedPrompt {
        try tokenizer.encoded(config.trustsSpecialTokens ? prompt.trusted : prompt, name, cancellation)
    }

    /// Calls are looked for where the model knows of tools. A client that wants to see special tokens sees what the
    /// model wrote as it wrote it.
    private func reading(_ turn: ChatTurn, _ prompt: PromptText, isWanted: Bool) throws(APIError) -> AnswerReading {
        guard isWanted || turn.choice.isForced else { return AnswerReading() }
        let tools = turn.conversation.tools
        var syntax = syntax
        if tools.isEmpty { syntax.calls = nil }
        let isReasoning = syntax.reasoning.map { prompt.ends(with: $0.begin.text) } ?? false
        guard !isReasoning || !turn.choice.isForced else {
            throw .notSupported(
                "tool_choice", "A call cannot be required where the chat template has the model think first.")
        }
        var reading = AnswerReading(syntax, isReasoning: isReasoning, callsMax: turn.callsMax)
        switch turn.choice {
        case .auto: break
        case .required: reading.require(callTo: tools.count == 1 ? tools[0].name : nil)
        case .function(let name): reading.require(callTo: name)
        }
        return reading
    }

    /// From where in a rendered prompt later ones are likely to go on: behind what many conversations have in common,
    /// and behind all messages, which the next turn sends again. (What stands behind those, it does not repeat there.)
    static func keepPoints(of prompt: EncodedPrompt) -> [Int] {
        var points: [Int] = []
        if let common = prompt.borders.first ?? nil, common >= KeepPolicy.commonLengthMin { points.append(common) }
        if let end = prompt.borders.last ?? nil, end > points.last ?? 0 { points.append(end) }
        return points
    }
}

extension PromptText {
    /// Whether the template wrote this at the end, apart from white space behind it.
    fileprivate func ends(with marker: String) -> Bool {
        guard let last = pieces.last, last.origin == .template else { return false }
        let text = last.text.reversed().drop { $0.isWhitespace }
        return text.starts(with: marker.reversed())
    }
}
