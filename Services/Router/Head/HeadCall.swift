internal import Algorithms
internal import Checkpoint
internal import Messages
internal import Tensors

/// Questions about the logits of some rows. A pure value: it makes the requests to the processes that have the parts of
/// the vocabulary, and merges their answers.
struct HeadCall: Sendable {
    let hidden: Tensor        // (rows, D), after the final norm
    /// One for each row.
    let questions: [HeadQuestion]
    /// Ids that are candidates of no row.
    let excluded: TokenRanges
    let vocabulary: Int

    /// The same about some of the rows.
    func rows(_ range: Range<Int>) -> HeadCall {
        HeadCall(
            hidden: hidden.rows(range), questions: Array(questions[range]), excluded: excluded, vocabulary: vocabulary)
    }

    /// What the process that has this part is asked.
    func request(for part: AttentionPart) -> HeadRequest {
        let ids = part.range(of: vocabulary)
        return HeadRequest(
            hidden: hidden.values, questions: questions.map { $0.clamped(to: ids) },
            excluded: excluded.clamped(to: ids).lengths, partIndex: part.index, partCount: part.count)
    }

    /// Makes one answer of those of all parts, in their order: the same bytes for any number of parts.
    ///
    /// - Parameter names: who has answered, for errors.
    /// - Throws: where an answer cannot be right.
    func merge(_ responses: [HeadResponse], from names: [String]) throws(ClusterError) -> [HeadRow] {
        let parts = AttentionPart.all(of: responses.count)
        precondition(parts.count == responses.count && names.count == responses.count, "\(responses.count) parts")
        var answers = parts.indices.map { HeadAnswer(responses[$0], from: names[$0], part: parts[$0], of: self) }
        var rows: [HeadRow] = []
        for (row, question) in questions.enumerated() {
            // From numbers that are none comes anything.
            let isFinite = hidden.row(row).allSatisfy(\.isFinite)
            var shares: [HeadAnswer.Share] = []
            for index in answers.indices {
                shares.append(try answers[index].next(question, isFinite: isFinite))
            }
            rows.append(merge(shares, question))
        }
        for answer in answers { try answer.checkEnd() }
        return rows
    }

    private func merge(_ shares: [HeadAnswer.Share], _ question: HeadQuestion) -> HeadRow {
        let freeCount = shares.reduce(0) { $0 + $1.freeCount }
        let candidates = candidates(shares.flatMap(\.candidates), question)
        return HeadRow(
            candidates: candidates, isComplete: candidates.count == freeCount,
            named: shares.flatMap(\.named),
            top: RankedToken.highest(question.top, of: shares.flatMap(\.top)),
            allSum: question.logSum ? .tree(shares.flatMap(\.logSums), temperature: 1) : nil,
            freeSum: question.wantsFreeSum
                ? .tree(shares.flatMap(\.freeSums), temperature: question.temperature) : nil)
    }

    private func candidates(_ tokens: [RankedToken], _ question: HeadQuestion) -> [RankedToken] {
        if question.whole { return tokens }
        guard question.draws else { return RankedToken.highest(question.candidates, of: tokens) }
        let noise = TokenNoise(seed: question.seed, temperature: question.temperature)
        return noise.drawn(from: tokens).map { [$0] } ?? []
    }
}

extension TokenNoise {
    /// The token with the highest score, the lower id among equals.
    func drawn(from tokens: [RankedToken]) -> RankedToken? {
        let scored = tokens.map { (token: $0, score: score(of: Int($0.id), logit: $0.logit)) }
        return scored.max { $0.score < $1.score || ($0.score == $1.score && $0.token.id > $1.token.id) }?.token
    }
}

extension HeadQuestion {
    /// Whether sums over the free ids are wanted.
    var wantsFreeSum: Bool { temperature > 0 && !draws }

    /// The same question, as far as it is about these ids.
    func clamped(to ids: Range<Int>) -> HeadQuestion {
        HeadQuestion(
            candidates: candidates, named: named.filter { ids.contains(Int($0)) }, top: top, logSum: logSum,
            whole: whole, temperature: temperature, draws: draws, seed: seed)
    }

    /// Where an id stands among the named ones; nil where it does not.
    func place(of id: Int32) -> Int? {
        let place = named.partitioningIndex { $0 >= id }
        return place < named.count && named[place] == id ? place : nil
    }
}
