internal import Messages
internal import Tensors

/// What was read of one row's logits in one eighth of the vocabulary.
struct EighthReading: Sendable {
    private(set) var candidates: [RankedToken] = []
    private(set) var drawn: DrawnToken?
    private(set) var top: [RankedToken] = []
    private(set) var logSum = EighthSum()
    private(set) var freeSum = EighthSum()

    /// - Parameter free: the free ids of the eighth.
    init(_ question: HeadQuestion, free: [Range<Int>], _ logits: LogitRange) {
        if question.top > 0 { top = logits.highest(question.top, in: [logits.ids]) }
        if question.logSum { logSum = logits.sum(over: [logits.ids], temperature: 1) }
        if question.draws {
            drawn = logits.drawn(TokenNoise(seed: question.seed, temperature: question.temperature), from: free)
            return
        }
        if question.temperature > 0 { freeSum = logits.sum(over: free, temperature: question.temperature) }
        if question.candidates > 0, !question.whole { candidates = logits.highest(question.candidates, in: free) }
    }
}
