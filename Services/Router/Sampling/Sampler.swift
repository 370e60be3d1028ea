internal import Foundation

/// Chooses the tokens of one sequence. A pure value: the same parameters and logits give the same tokens, on any
/// machine.
///
/// The order, which is vLLM's:
/// 1. repetition penalty over prompt and answer (a positive logit is divided, another multiplied),
///   then frequency (times the count) and presence penalty over the answer;
/// 2. logit bias; 3. suppressed ids, NaN, and what may not end the answer yet become minus infinity;
/// 4. temperature; 5. top_k; 6. min_p, relative to the most likely token; 7. top_p of what is left.
/// Ties go to the lower id everywhere. A temperature below 1e-5 takes the most likely token after step 3.
struct Sampler: Sendable {
    private let parameters: SamplingParameters
    private let suppressed: [Int32]
    /// Ids that end the answer.
    private let ends: [Int32]
    private var chosenCount = 0
    private var random: RandomSource
    /// Ids the repetition penalty touches; filled only if there is one.
    private var seen: Set<Int32> = []
    /// How often each id was generated; filled only if a penalty needs it.
    private var counts: [Int32: Int] = [:]
    private var scores: [Float] = []        // (vocabulary): logits after steps 1 to 3
    private var candidates = Candidates()

    static let greedyBelow = 1e-5

    /// - Parameters:
    ///   - suppressed: ids that are never chosen.
    ///   - ends: ids that are not chosen before `parameters.tokensMin` tokens were.
    init(_ parameters: SamplingParameters, prompt: [Int32] = [], suppressed: [Int32] = [], ends: [Int32] = []) {
        self.parameters = parameters
        self.suppressed = suppressed
        self.ends = parameters.tokensMin > 0 ? ends : []
        random = RandomSource(seed: parameters.seed)
        if parameters.repetitionPenalty != 1 { seen = Set(prompt) }
    }

    /// Chooses the next token and remembers it for the penalties.
    /// - Parameter logits: the model's raw logits of the last position, (vocabulary), not empty.
    mutating func next(_ logits: Span<Float>) -> Int32 {
        score(logits)
        let token = parameters.temperature < Self.greedyBelow ? best() : draw()
        chosenCount += 1
        if parameters.repetitionPenalty != 1 { seen.insert(token) }
        if parameters.presencePenalty != 0 || parameters.frequencyPenalty != 0 { counts[token, default: 0] += 1 }
        return token
    }

    /// Steps 1 to 3 into `scores`. Only ids that were seen, biased or suppressed are touched beyond the copy.
    private mutating func score(_ logits: Span<Float>) {
        if scores.count != logits.count { scores = [Float](repeating: 0, count: logits.count) }
        for id in logits.indices { scores[id] = logits[id].isNaN ? -.infinity : logits[id] }
        for id in seen where inVocabulary(id) {
            let score = scores[Int(id)]
            scores[Int(id)] = score > 0 ? score / parameters.repetitionPenalty : score * parameters.repetitionPenalty
        }
        for (id, count) in counts where inVocabulary(id) {
            scores[Int(id)] -= parameters.frequencyPenalty * Float(count) + parameters.presencePenalty
        }
        for (id, bias) in parameters.logitBias where inVocabulary(id) { scores[Int(id)] += bias }
        for id in suppressed where inVocabulary(id) { scores[Int(id)] = -.infinity }
        if chosenCount < parameters.tokensMin {
            for id in ends where inVocabulary(id) { scores[Int(id)] = -.infinity }
        }
    }

    private func inVocabulary(_ id: Int32) -> Bool { id >= 0 && Int(id) < scores.count }

    /// The highest score, the lower id among equals. If nothing has a score (all NaN), the lowest id that is not
    /// suppressed.
    private func best() -> Int32 {
        var best = -1
        var highest = -Float.infinity
        for id in scores.indices where scores[id] > highest { (best, highest) = (id, scores[id]) }
        if best >= 0 { return Int32(best) }
        let never = Set(suppressed)
        return Int32(scores.indices.first { !never.contains(Int32($0)) } ?? 0)
    }

    /// Steps 4 to 7 and one random number.
    private mutating func draw() -> Int32 {
        let first = best()
        let highest = Double(scores[Int(first)])
        guard highest.isFinite else { return first }
        candidates.removeAll()
        // top_k, min_p and top_p only ever drop from the lower end, so the first two act before any exponential is
        // needed.
        let lowest = parameters.minP > 0 ? highest + parameters.temperature * log(parameters.minP) : -.infinity
        for id in scores.indices where scores[id] > -.infinity && Double(scores[id]) >= lowest {
            candidates.append(id: Int32(id), score: scores[id])
        }
        if parameters.topK > 0 { candidates.keepHighest(parameters.topK) }
        let total = candidates.weigh(highest: highest, temperature: parameters.temperature)
        let kept = parameters.topP < 1 ? candidates.keepMass(parameters.topP * total) : total
        return candidates.token(at: random.uniform() * kept)
    }
}
