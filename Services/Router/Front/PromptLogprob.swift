internal import Tokenizer

/// One token that could stand at a place of a prompt, and how likely it was there.
struct PromptLogprob: Sendable, Equatable {
    let id: Int32
    let text: String
    let logprob: Float
    /// 1 for the most likely token; nil for one that is not among the alternatives that were asked for.
    let rank: Int?

    /// What is told of each token of a prompt: the token itself, then the most likely ones. nil for the first, which
    /// nothing precedes.
    static func places(
        of prompt: [Int32], _ logprobs: [TokenLogprobs?], alternatives: Int, _ tokenizer: BytePairTokenizer
    ) -> [[PromptLogprob]?] {
        zip(prompt, logprobs).map { id, logprobs in
            guard let logprobs else { return nil }
            func told(_ id: Int32, _ logprob: Float, rank: Int?) -> PromptLogprob {
                PromptLogprob(
                    id: id, text: tokenizer.decode([id], skippingSpecial: false), logprob: logprob, rank: rank)
            }
            let top = logprobs.top.prefix(alternatives)
            let place = top.firstIndex { $0.id == id }
            let others = top.enumerated().filter { $0.element.id != id }
            return [told(id, logprobs.logprob, rank: place.map { $0 + 1 })]
                + others.map { told($0.element.id, $0.element.logprob, rank: $0.offset + 1) }
        }
    }
}
