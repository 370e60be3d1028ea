internal import Chat
internal import Tensors
internal import Tokenizer

/// Makes prompts in token ids of conversations, for every format of chats.
struct ConversationPrompts {
    let tokenizer: BytePairTokenizer
    /// Tells where tools stand, and whether control tokens that messages spell are control tokens; else they are text.
    let config: FrontConfig
    let contextLength: Int
    /// Ends the work early.
    let cancellation: CancellationFlag

    /// The job with the conversation rendered and encoded, once it is known to fit.
    ///
    /// - Parameter name: what the client calls its messages.
    func job(_ job: Job, of turn: ChatTurn, named name: String = "messages") throws -> Job {
        var job = job
        let conversation = turn.conversation
        try turn.choice.check(conversation.tools)
        job.reading = reading(turn, isWanted: job.skipsSpecial)
        let template = ChatTemplate(toolPlace: config.toolPlace)
        let opening = job.reading.opening
        let prompt = template.render(conversation, ending: turn.ending) + opening
        try job.check(promptBytes: prompt.byteCount, tokenizer, contextLength: contextLength, promptName: name)
        if job.session != nil {
            job.session?.toolPlace = config.toolPlace
            try job.session?.addChat(conversation, opening: opening) { try encoded($0, name).ids }
            return job        // fitted once the session's length is known
        }
        let tokens = try encoded(prompt, name)
        job.prompts = [Job.Prompt(ids: tokens.ids, keepAt: Self.keepPoints(of: tokens))]
        try job.fit(absent: .max, contextLength: contextLength, promptName: name)
        return job
    }

    private func encoded(_ prompt: PromptText, _ name: String) throws -> EncodedPrompt {
        try tokenizer.encoded(config.trustsSpecialTokens ? prompt.trusted : prompt, name, cancellation)
    }

    /// Calls are looked for where the model knows of tools. A client that wants to see special tokens sees what the
    /// model wrote as it wrote it.
    private func reading(_ turn: ChatTurn, isWanted: Bool) -> AnswerReading {
        guard isWanted || turn.choice.isForced else { return AnswerReading() }
        let tools = turn.conversation.tools
        var syntax = AnswerSyntax(tokenizer: tokenizer, template: nil)
        if tools.isEmpty { syntax.calls = nil }
        var reading = AnswerReading(syntax, callsMax: turn.callsMax)
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
