internal import Tokenizer

/// What became known about one choice: more text, the tokens it came from, and perhaps its end.
struct ChoiceDelta: Sendable {
    let index: Int
    var text = ""
    var reports: [TokenReport] = []
    var finish: FinishReason?

    var isEmpty: Bool { text.isEmpty && reports.isEmpty && finish == nil }
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
    /// Tokens generated so far.
    private(set) var tokens = 0

    init(_ choice: Job.Choice, of job: Job, tokenizer: BytePairTokenizer) {
        index = choice.index
        self.job = job
        prompt = job.prompts[choice.prompt]
        self.tokenizer = tokenizer
        decoder = StreamDecoder(tokenizer)
        stops = StopMatcher(job.stop)
    }

    /// True once a stop string was found; nothing more is wanted.
    var isStopped: Bool { stops.isStopped }

    /// The echoed prompt, to be sent first. With log-probabilities it has to wait for them.
    mutating func echo(_ logprobs: [TokenLogprobs?] = []) -> ChoiceDelta {
        var delta = ChoiceDelta(index: index)
        var decoder = StreamDecoder(tokenizer, skippingSpecial: false)
        var text = ""
        var length = 0
        for (position, id) in prompt.ids.enumerated() {
            if position < logprobs.count { delta.reports.append(TokenReport(id, logprobs[position], offset: length, tokenizer)) }
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
        tokens += 1
        if let logprobs { waiting.append(TokenReport(id, logprobs, offset: decoded, tokenizer)) }
        return release(decoder.append(id))      // nothing for special tokens: they steer the model and are no text
    }

    mutating func finish(_ reason: FinishReason) -> ChoiceDelta {
        var delta = stops.isStopped ? ChoiceDelta(index: index) : release(decoder.finish())
        let rest = stops.finish()
        delta.text += rest
        emitted += rest.unicodeScalars.count
        delta.finish = stops.isStopped ? .stop : reason
        // A stop string takes its tokens with it; otherwise every token is reported.
        delta.reports += stops.isStopped ? waiting.filter { $0.offset < emitted } : waiting
        waiting = []
        return delta
    }

    private mutating func release(_ piece: String) -> ChoiceDelta {
        var delta = ChoiceDelta(index: index)
        decoded += piece.unicodeScalars.count
        delta.text = stops.append(piece)
        emitted += delta.text.unicodeScalars.count
        let ready = waiting.prefix { $0.offset < emitted }.count
        delta.reports = Array(waiting.prefix(ready))
        waiting.removeFirst(ready)
        return delta
    }
}
