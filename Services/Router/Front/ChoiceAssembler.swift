internal import Tokenizer

/// What became known about one choice: more text, the tokens it came from, and perhaps its end.
struct ChoiceDelta: Sendable {
    let index: Int
    var text = ""
    var reports: [TokenReport] = []
    /// Of the tokens that came, where they are asked for.
    var ids: [Int32] = []
    var finish: FinishReason?
    /// How many tokens the choice has so far.
    var tokens = 0
    /// How many tokens of its prompt were reused.
    var cached = 0
    /// With the end: the mean log-probability of the choice's tokens, where the engine told it.
    var meanLogprob: Double?

    var hasContent: Bool { !text.isEmpty || !reports.isEmpty || !ids.isEmpty }
    var isEmpty: Bool { !hasContent && finish == nil }
}

/// Turns one sequence's tokens into text and log-probabilities: whole characters only, nothing of a stop string,
/// and a token is reported together with its text.
struct ChoiceAssembler {
    private let index: Int
    private let job: Job
    private let prompt: Job.Prompt
    private let tokenizer: BytePairTokenizer
    private var decoder: StreamDecoder
    private var stops: StopMatcher
    /// Length of all decoded text and of all text handed out, in Unicode scalars, with the echoed prompt.
    private var decoded = 0
    private var emitted = 0
    /// Tokens whose text is still held back.
    private var waiting: [TokenReport] = []
    /// The echoed prompt ended inside a character, which the answer has yet to end.
    private var isInsideEcho = false
    /// Tokens of the answer so far.
    private(set) var tokens = 0
    private var logprobSum = 0.0
    private var metStopToken = false

    init(_ choice: Job.Choice, of job: Job, tokenizer: BytePairTokenizer) {
        index = choice.index
        self.job = job
        prompt = job.prompts[choice.prompt]
        self.tokenizer = tokenizer
        decoder = StreamDecoder(tokenizer, skippingSpecial: job.skipsSpecial)
        stops = StopMatcher(job.stops, includesStop: job.includesStop)
    }

    /// True once a stop string or a stop token was found; nothing more is wanted.
    var isStopped: Bool { stops.isStopped || metStopToken }

    /// How many Unicode scalars of the answer's text a stop string took away; known once the choice has finished.
    var cutOff: Int { stops.isStopped ? decoded - emitted : 0 }

    /// The echoed prompt, to be sent first. With log-probabilities it has to wait for them.
    ///
    /// Prompt and answer are one text: where a prompt of token ids ends inside a character, that waits for the answer's
    /// first bytes.
    mutating func echo(_ logprobs: [TokenLogprobs?] = []) -> ChoiceDelta {
        decoder.skipsSpecial = false
        defer { decoder.skipsSpecial = job.skipsSpecial }
        var text = ""
        for (position, id) in prompt.ids.enumerated() {
            if position < logprobs.count { waiting.append(report(id, logprobs[position], offset: decoded)) }
            let piece = decoder.append(id)
            decoded += piece.unicodeScalars.count
            text += piece
        }
        if let given = prompt.text {
            text = given
            decoded = given.unicodeScalars.count
            _ = decoder.finish()
        }
        isInsideEcho = decoder.isInsideCharacter
        return delta(text)
    }

    mutating func append(_ id: Int32, _ logprobs: TokenLogprobs?) -> ChoiceDelta {
        metStopToken = job.stopTokens.contains(id) && tokens >= job.sampling.tokensMin
        guard !metStopToken || job.includesStop else { return ChoiceDelta(index: index) }
        tokens += 1
        logprobSum += Double(logprobs?.logprob ?? 0)
        if job.topLogprobs != nil, let logprobs { waiting.append(report(id, logprobs, offset: decoded)) }
        var delta = release(decoder.append(id))
        if job.returnsTokenIDs { delta.ids = [id] }
        return delta
    }

    private func report(_ id: Int32, _ logprobs: TokenLogprobs?, offset: Int) -> TokenReport {
        TokenReport(id, logprobs, offset: offset, tokenizer, namedByID: job.namesTokensByID)
    }

    mutating func finish(_ reason: FinishReason) -> ChoiceDelta {
        var delta = stops.isStopped ? ChoiceDelta(index: index) : release(decoder.finish())
        let rest = stops.finish()
        delta.text += rest
        emitted += rest.unicodeScalars.count
        delta.finish = isStopped ? .stop : reason
        delta.tokens = tokens
        if job.ranksChoices, tokens > 0 { delta.meanLogprob = logprobSum / Double(tokens) }
        // A stop string takes its tokens with it; otherwise every token is reported.
        delta.reports += stops.isStopped ? waiting.filter { $0.offset < emitted } : waiting
        waiting = []
        return delta
    }

    private mutating func release(_ piece: String) -> ChoiceDelta {
        decoded += piece.unicodeScalars.count
        let mayEnd = tokens > job.sampling.tokensMin
        guard isInsideEcho, let first = piece.unicodeScalars.first else {
            return delta(stops.append(piece, mayEnd: mayEnd))
        }
        // A stop string is looked for in what the model wrote, and this character it wrote only in part.
        isInsideEcho = false
        return delta(String(first) + stops.append(String(piece.unicodeScalars.dropFirst()), mayEnd: mayEnd))
    }

    /// Text to be handed out, with the tokens that begin in it.
    private mutating func delta(_ text: String) -> ChoiceDelta {
        emitted += text.unicodeScalars.count
        let ready = waiting.prefix { $0.offset < emitted }.count
        defer { waiting.removeFirst(ready) }
        return ChoiceDelta(index: index, text: text, reports: Array(waiting.prefix(ready)), tokens: tokens)
    }
}
