internal import Algorithms
internal import Foundation
internal import Messages
internal import Tensors

/// Chooses the tokens of one sequence. A pure value: the same parameters and logits give the same tokens, on any
/// machine. It asks the head for what it needs of a row's logits, and chooses from the answer; where that is not enough
/// for a choice that is exactly as from all logits, it asks again for more, in the end for all.
///
/// The order, which is vLLM's:
/// 1. repetition penalty over prompt and answer (a positive logit is divided, another multiplied),
///   then frequency (times the count) and presence penalty over the answer;
/// 2. logit bias; 3. suppressed ids, NaN, what may not end the answer yet and what ends a bad word become minus
///   infinity;
/// 4. temperature; 5. top_k; 6. min_p, relative to the most likely token; 7. top_p of what is left.
/// Ties go to the lower id everywhere. A temperature below 1e-5 takes the most likely token after step 3. Where steps 5
/// to 7 leave all tokens, the token is drawn by `TokenNoise`, which needs no logits but those of one token.
struct Sampler: Sendable {
    /// What comes of an answer of the head, before it is remembered.
    struct Choice: Sendable {
        let token: Int32
        /// The model's own logit of the token.
        let logit: Float
        /// Where the random numbers go on.
        fileprivate let random: RandomSource
        /// How many tokens were left after the cuts of steps 5 to 7.
        fileprivate let keptCount: Int
    }

    private let parameters: SamplingParameters
    private let suppressed: TokenRanges
    /// Ids that end the answer.
    private let ends: [Int32]
    private var chosenCount = 0
    private var random: RandomSource
    /// Ids the repetition penalty touches; filled only if there is one.
    private var seen: Set<Int32> = []
    private var badWords: BadWords
    /// How often each id was generated; filled only if a penalty needs it.
    private var counts: [Int32: Int] = [:]
    /// The ids that steps 1 and 2 touch, ascending; suppressed ones are not among them.
    private var touched: [Int32]
    /// How many candidates are asked for first where the cuts leave an unknown number: more where the last token needed
    /// more.
    private var breadth = Self.breadthMin

    static let greedyBelow = 1e-5
    /// Mostly enough, and little on the wire, from 8 parts too.
    static let breadthMin = 128
    /// Where candidates were not enough, so many times as many are asked for.
    private static let growth = 8
    /// Above this share of the vocabulary, all logits are asked for instead.
    private static let shareMax = 0.25

    /// - Parameters:
    ///   - suppressed: ids that are never chosen.
    ///   - ends: ids that are not chosen before `parameters.tokensMin` tokens were.
    init(_ parameters: SamplingParameters, prompt: [Int32] = [], suppressed: [Int32] = [], ends: [Int32] = []) {
        self.parameters = parameters
        let suppressed = TokenRanges(suppressed)
        self.suppressed = suppressed
        self.ends = parameters.tokensMin > 0 ? ends : []
        random = RandomSource(seed: parameters.seed)
        badWords = BadWords(parameters.badWords)
        if parameters.repetitionPenalty != 1 { seen = Set(prompt) }
        touched = seen.union(parameters.logitBias.keys).union(badWords.always).filter {
            $0 >= 0 && !suppressed.contains(Int($0))
        }.sorted()
    }

    // MARK: what the head is asked

    /// What is to be asked about the row of logits from which the next token is chosen.
    ///
    /// - Parameters:
    ///   - logprobs: with how many alternatives the token's log-probability will be told; nil: it will not be told.
    ///   - asked: the last question about the same row, whose answer was not enough.
    func question(vocabulary: Int, logprobs: Int? = nil, after asked: HeadQuestion? = nil) -> HeadQuestion {
        let named = changed.filter { $0 < vocabulary }.map { UInt32($0) }
        func question(
            candidates: Int, whole: Bool = false, temperature: Double = 0, seed: UInt64? = nil
        ) -> HeadQuestion {
            HeadQuestion(
                candidates: candidates, named: named, top: logprobs ?? 0, logSum: logprobs != nil, whole: whole,
                temperature: temperature, draws: seed != nil, seed: seed ?? 0)
        }
        if isGreedy { return question(candidates: 1) }
        let topK = topK(vocabulary)
        if topK == 0, parameters.minP <= 0, parameters.topP >= 1 {
            var source = random
            return question(candidates: 1, temperature: parameters.temperature, seed: source.next())
        }
        var count = asked.map { $0.candidates * Self.growth } ?? breadth
        if topK > 0 { count = parameters.minP > 0 ? min(count, topK) : topK }
        let whole = Double(count) > Self.shareMax * Double(vocabulary)
        return question(
            candidates: whole ? 0 : count, whole: whole, temperature: needsTotal(topK) ? parameters.temperature : 0)
    }

    private var isGreedy: Bool { parameters.temperature < Self.greedyBelow }

    /// 0 where it keeps all.
    private func topK(_ vocabulary: Int) -> Int { parameters.topK < vocabulary ? max(0, parameters.topK) : 0 }

    /// Whether top_p is a share of all tokens' probabilities.
    private func needsTotal(_ topK: Int) -> Bool { topK == 0 && parameters.minP <= 0 }

    /// The ids whose scores are not their logits, ascending; suppressed ones are left out.
    private var changed: [Int32] {
        guard endsAreBarred || badWords.hasMore else { return touched }
        let barred = (endsAreBarred ? ends : []) + badWords.barred
        return Set(touched).union(barred.filter { $0 >= 0 && !suppressed.contains(Int($0)) }).sorted()
    }

    private var endsAreBarred: Bool { chosenCount < parameters.tokensMin }

    // MARK: what is chosen

    /// Chooses the next token.
    ///
    /// - Parameters:
    ///   - row: the answer to `question`.
    /// - Returns: nil where the answer is not enough for an exact choice.
    func choice(from row: HeadRow, to question: HeadQuestion, vocabulary: Int) -> Choice? {
        let changed = zip(question.named, row.named).map {
            RankedToken(id: Int32($0), logit: score(of: Int32($0), logit: $1))
        }
        let tokens = (row.candidates + changed).filter { $0.logit > -.infinity }
        guard let best = tokens.min(by: { $0.precedes($1) }) else {
            // Nothing has a score, as where all logits are NaN.
            return Choice(
                token: Int32(suppressed.lowestOther(below: vocabulary) ?? 0), logit: -.infinity, random: random,
                keptCount: 1)
        }
        var source = random
        if question.draws {
            _ = source.next()        // the seed
            let noise = TokenNoise(seed: question.seed, temperature: question.temperature)
            return choice(noise.drawn(from: tokens) ?? best, row, question, random: source)
        }
        guard !isGreedy, best.logit.isFinite else { return choice(best, row, question, random: source) }
        guard let kept = cut(tokens, changed, row, highest: Double(best.logit), topK: topK(vocabulary)) else {
            return nil
        }
        let id = kept.tokens.token(at: source.uniform() * kept.mass)
        let token = tokens.first { $0.id == id } ?? best
        return choice(token, row, question, random: source, keptCount: kept.tokens.ids.count)
    }

    private func choice(
        _ token: RankedToken, _ row: HeadRow, _ question: HeadQuestion, random: RandomSource, keptCount: Int = 1
    ) -> Choice {
        // A named token's score is not its logit.
        let logit = question.place(of: token.id).map { row.named[$0] } ?? token.logit
        return Choice(token: token.id, logit: logit, random: random, keptCount: keptCount)
    }

    /// Steps 1 to 3 for an id that is named.
    private func score(of id: Int32, logit: Float) -> Float {
        var score = logit
        if seen.contains(id) {
            score = score > 0 ? score / parameters.repetitionPenalty : score * parameters.repetitionPenalty
        }
        if let count = counts[id] { score -= parameters.frequencyPenalty * Float(count) + parameters.presencePenalty }
        if let bias = parameters.logitBias[id] { score += bias }
        let isBarred = (endsAreBarred && ends.contains(id)) || badWords.barred.contains(id)
        return score.isNaN || isBarred ? -.infinity : score
    }

    /// Steps 4 to 7: the tokens that are left, and what they weigh together.
    ///
    /// - Parameters:
    ///   - tokens: candidates and changed ones, with their scores.
    ///   - changed: those of named ids.
    /// - Returns: nil where free ids that are no candidates may be left, too.
    private func cut(
        _ tokens: [RankedToken], _ changed: [RankedToken], _ row: HeadRow, highest: Double, topK: Int
    ) -> (tokens: Candidates, mass: Double)? {
        let temperature = parameters.temperature
        // top_k, min_p and top_p only ever drop from the lower end, so the first two act before any exponential is
        // needed.
        let lowest = parameters.minP > 0 ? highest + temperature * log(parameters.minP) : -.infinity
        let last = row.isComplete ? nil : row.candidates.last        // what is not known of follows it
        let needsTotal = needsTotal(topK)
        if let last, !needsTotal {
            guard (topK > 0 && row.candidates.count >= topK) || Double(last.logit) < lowest else { return nil }
        }
        var kept = Candidates()
        for token in tokens where Double(token.logit) >= lowest { kept.append(id: token.id, score: token.logit) }
        if topK > 0 { kept.keepHighest(topK) }
        let mass = kept.weigh(highest: highest, temperature: temperature)
        guard parameters.topP < 1 else {
            kept.sortByID()
            return (kept, mass)
        }
        guard needsTotal, let free = row.freeSum else {
            let sum = kept.keepMass(parameters.topP * mass)
            return (kept, sum)
        }
        var others = Candidates()
        for token in changed where token.logit > -.infinity { others.append(id: token.id, score: token.logit) }
        let total =
            free.sum(beside: highest, temperature: temperature)
            + others.weigh(highest: highest, temperature: temperature)
        if let last { kept.remove(behind: last.id, score: last.logit) }
        let sum = kept.keepMass(parameters.topP * total)
        return last == nil || sum >= parameters.topP * total ? (kept, sum) : nil
    }

    // MARK: what is remembered

    /// Remembers a choice as the next token.
    mutating func take(_ choice: Choice) {
        chosenCount += 1
        random = choice.random
        badWords.append(choice.token)
        breadth = max(Self.breadthMin, 2 * choice.keptCount)
        let counts = parameters.presencePenalty != 0 || parameters.frequencyPenalty != 0
        if parameters.repetitionPenalty != 1 { seen.insert(choice.token) }
        if counts { self.counts[choice.token, default: 0] += 1 }
        if counts || parameters.repetitionPenalty != 1 { touch(choice.token) }
    }

    private mutating func touch(_ id: Int32) {
        let place = touched.partitioningIndex { $0 >= id }
        guard place == touched.count || touched[place] != id, !suppressed.contains(Int(id)) else { return }
        touched.insert(id, at: place)
    }
}
