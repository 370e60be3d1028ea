internal import Chat
internal import Tokenizer

/// What became known about one choice: more of what it says, the tokens that came from, and perhaps its end.
struct ChoiceDelta: Sendable {
    let index: Int
    /// In order; no text is empty.
    var pieces: [AnswerPiece] = []
    var reports: [TokenReport] = []
    /// Of the tokens that came, where they are asked for.
    var ids: [Int32] = []
    var finish: FinishReason?
    /// With the end: the stop string that was met.
    var stop: String?
    /// How many tokens the choice has so far.
    var tokens = 0
    /// How many of them are reasoning.
    var reasoningTokens = 0
    /// How many tokens of its prompt were reused.
    var cached = 0
    /// With the end: the mean log-probability of the choice's tokens, where the engine told it.
    var meanLogprob: Double?

    /// What it says, without reasoning and calls.
    var text: String { pieces.reduce(into: "") { if case .text(let text) = $1 { $0 += text } } }

    var hasContent: Bool { !pieces.isEmpty || !reports.isEmpty || !ids.isEmpty }
    var isEmpty: Bool { !hasContent && finish == nil }
}

/// Turns one sequence's tokens into text, reasoning, calls and log-probabilities: whole characters only, nothing of a
/// stop string, and a token is reported together with its text. Stop strings are looked for in the text.
struct ChoiceAssembler {
    private let index: Int
    private let job: Job
    private let prompt: Job.Prompt
    private let tokenizer: BytePairTokenizer
    private var decoder: StreamDecoder
    private var reader: AnswerReader
    private var stops: StopMatcher
    /// Length of all decoded text, in Unicode scalars, with the echoed prompt.
    private var decoded = 0
    /// How much of that was dropped behind a stop string.
    private var dropped = 0
    /// What the answer was made to begin with, until it is told.
    private var opening: [AnswerPiece] = []
    /// Tokens whose text is still held back.
    private var waiting: [TokenReport] = []
    /// The echoed prompt ended inside a character, which the answer has yet to end.
    private var isInsideEcho = false
    /// Tokens of the answer so far.
    private(set) var tokens = 0
    /// Those of them that are reasoning.
    private var reasoningTokens = 0
    private var logprobSum = 0.0
    private var metStopToken = false

    init(_ choice: Job.Choice, of job: Job, tokenizer: BytePairTokenizer) {
        index = choice.index
        self.job = job
        prompt = job.prompts[choice.prompt]
        self.tokenizer = tokenizer
        decoder = StreamDecoder(tokenizer, skippingSpecial: job.skipsSpecial)
        reader = AnswerReader(job.reading)
        opening = reader.begin(job.reading)
        stops = StopMatcher(job.stops, includesStop: job.includesStop)
    }

    /// True once a stop string or a stop token was found, or the last call that is wanted has ended.
    var isStopped: Bool { stops.isStopped || metStopToken || reader.isDone }

    /// How many Unicode scalars of the answer's text a stop string took away; known once the choice has finished.
    var cutOff: Int { stops.isStopped ? decoded - emitted : 0 }

    /// How much of the decoded text was handed out, or will never be.
    private var emitted: Int { decoded - reader.heldScalars - stops.heldScalars - dropped }

    /// The echoed prompt, to be sent first. With log-probabilities it has to wait for them.
    ///
    /// Prompt and answer are one text: where a prompt of token ids ends inside a character, that waits for the answer's
    /// first bytes.
    mutating func echo(_ logprobs: [TokenLogprobs?] = []) -> ChoiceDelta {
        decoder.skipsSpecial = false
        defer { decoder.skipsSpecial = job.skipsSpecial }
        var text = ""
        for (position, id) in prompt.ids.enumerated() {
            if position < logprobs.count {
                var logprobs = logprobs[position]
                logprobs?.keepTop(job.topLogprobs ?? 0)        // more may have been asked for by `prompt_logprobs`
                waiting.append(report(id, logprobs, offset: decoded))
            }
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
        return delta(text.isEmpty ? [] : [.text(text)])
    }

    mutating func append(_ id: Int32, _ logprobs: TokenLogprobs?) -> ChoiceDelta {
        metStopToken = job.stopTokens.contains(id) && tokens >= job.sampling.tokensMin
        guard !metStopToken || job.includesStop else { return ChoiceDelta(index: index) }
        tokens += 1
        logprobSum += Double(logprobs?.logprob ?? 0)
        if job.topLogprobs != nil, let logprobs { waiting.append(report(id, logprobs, offset: decoded)) }
        let wasReasoning = reader.isReasoning
        var delta = release(id, decoder.append(id))
        if wasReasoning { reasoningTokens += 1 }
        delta.reasoningTokens = reasoningTokens
        if job.returnsTokenIDs { delta.ids = [id] }
        return delta
    }

    private func report(_ id: Int32, _ logprobs: TokenLogprobs?, offset: Int) -> TokenReport {
        TokenReport(id, logprobs, offset: offset, tokenizer, namedByID: job.namesTokensByID)
    }

    mutating func finish(_ reason: FinishReason) -> ChoiceDelta {
        var delta = ChoiceDelta(index: index)
        if !stops.isStopped {
            let rest = decoder.finish()
            decoded += rest.unicodeScalars.count
            delta.pieces = told(takeOpening() + reader.append(rest) + reader.finish())
            let text = stops.finish()
            if !text.isEmpty { delta.pieces.append(.text(text)) }
        }
        delta.finish = isStopped ? .stop : reason
        delta.stop = stops.met
        (delta.tokens, delta.reasoningTokens) = (tokens, reasoningTokens)
        if job.ranksChoices, tokens > 0 { delta.meanLogprob = logprobSum / Double(tokens) }
        // A stop string takes its tokens with it; otherwise every token is reported.
        delta.reports = stops.isStopped ? waiting.filter { $0.offset < emitted } : waiting
        waiting = []
        return delta
    }

    private mutating func release(_ id: Int32, _ piece: String) -> ChoiceDelta {
        decoded += piece.unicodeScalars.count
        guard isInsideEcho, let first = piece.unicodeScalars.first else {
            return delta(told(takeOpening() + reader.append(id, piece)))
        }
        // A stop string is looked for in what the model wrote, and this character it wrote only in part.
        isInsideEcho = false
        return delta([.text(String(first))] + told(reader.append(id, String(piece.unicodeScalars.dropFirst()))))
    }

    private mutating func takeOpening() -> [AnswerPiece] {
        defer { opening = [] }
        return opening
    }

    /// What of `pieces` is certain not to be a stop string.
    private mutating func told(_ pieces: [AnswerPiece]) -> [AnswerPiece] {
        let mayEnd = tokens > job.sampling.tokensMin
        var told: [AnswerPiece] = []
        for piece in pieces {
            guard case .text(let text) = piece else {
                if stops.isStopped { continue }
                // Text that stands before a call or reasoning ends there, and so does what might be a stop string.
                let text = stops.cut()
                told += text.isEmpty ? [piece] : [.text(text), piece]
                continue
            }
            let held = stops.heldScalars
            let certain = stops.append(text, mayEnd: mayEnd)
            if stops.isStopped { dropped += held + text.unicodeScalars.count - certain.unicodeScalars.count }
            if !certain.isEmpty { told.append(.text(certain)) }
        }
        return told
    }

    /// Pieces to be handed out, with the tokens that begin in them.
    private mutating func delta(_ pieces: [AnswerPiece]) -> ChoiceDelta {
        let ready = waiting.prefix { $0.offset < emitted }.count
        defer { waiting.removeFirst(ready) }
        var delta = ChoiceDelta(index: index, pieces: pieces, reports: Array(waiting.prefix(ready)), tokens: tokens)
        delta.reasoningTokens = reasoningTokens
        return delta
    }
}
