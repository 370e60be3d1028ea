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
    /// The echoed prompt ended inside a character, which the answer has yet to end.
    private var isInsideEcho = false
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
    ///
    /// Prompt and answer are one text: where a prompt of token ids ends inside a character, that waits for the answer's first bytes.
    mutating func echo(_ logprobs: [TokenLogprobs?] = []) -> ChoiceDelta {
        decoder.skipsSpecial = false
        defer { decoder.skipsSpecial = true }
        var text = ""
        for (position, id) in prompt.ids.enumerated() {
            if position < logprobs.count { waiting.append(TokenReport(id, logprobs[position], offset: decoded, tokenizer)) }
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
        decoded += piece.unicodeScalars.count
        guard isInsideEcho, let first = piece.unicodeScalars.first else { return delta(stops.append(piece)) }
        // A stop string is looked for in what the model wrote, and this character it wrote only in part.
        isInsideEcho = false
        return delta(String(first) + stops.append(String(piece.unicodeScalars.dropFirst())))
    }

    /// Text to be handed out, with the tokens that begin in it.
    private mutating func delta(_ text: String) -> ChoiceDelta {
        emitted += text.unicodeScalars.count
        let ready = waiting.prefix { $0.offset < emitted }.count
        defer { waiting.removeFirst(ready) }
        return ChoiceDelta(index: index, text: text, reports: Array(waiting.prefix(ready)))
    }
}
