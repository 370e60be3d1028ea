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
    /// Tokens of the answer so far.
    private(set) var tokens = 0
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

    /// The echoed prompt, to be sent first. With log-probabilities it has to wait for them.
    mutating func echo(_ logprobs: [TokenLogprobs?] = []) -> ChoiceDelta {
        var delta = ChoiceDelta(index: index)
        var decoder = StreamDecoder(tokenizer, skippingSpecial: false)
        var text = ""
        var length = 0
        for (position, id) in prompt.ids.enumerated() {
            if position < logprobs.count { delta.reports.append(report(id, logprobs[position], offset: length)) }
            let piece = decoder.append(id)
            length += piece.unicodeScalars.count
            text += piece
        }
        delta.text = prompt.text ?? text + decoder.finish()
        decoded = delta.text.unicodeScalars.count
        emitted = decoded
        return delta
    }

    mutating func append(_ id: Int32, _ logprobs: TokenLogprobs?) -> ChoiceDelta {
        metStopToken = job.stopTokens.contains(id) && tokens >= job.sampling.tokensMin
        guard !metStopToken || job.includesStop else { return ChoiceDelta(index: index) }
        tokens += 1
        if let logprobs { waiting.append(report(id, logprobs, offset: decoded)) }
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
        // A stop string takes its tokens with it; otherwise every token is reported.
        delta.reports += stops.isStopped ? waiting.filter { $0.offset < emitted } : waiting
        waiting = []
        return delta
    }

    private mutating func release(_ piece: String) -> ChoiceDelta {
        var delta = ChoiceDelta(index: index)
        decoded += piece.unicodeScalars.count
        delta.tokens = tokens
        delta.text = stops.append(piece, mayEnd: tokens > job.sampling.tokensMin)
        emitted += delta.text.unicodeScalars.count
        let ready = waiting.prefix { $0.offset < emitted }.count
        delta.reports = Array(waiting.prefix(ready))
        waiting.removeFirst(ready)
        return delta
    }
}
