internal import Checkpoint
internal import Messages
internal import Tensors

/// The answer of one part of the head, read row after row. Nothing of it is believed before it was checked: what is
/// left are wrong numbers that look like right ones.
struct HeadAnswer {
    /// What one part says of one row.
    struct Share {
        /// How many free ids the part has.
        let freeCount: Int
        let candidates: [RankedToken]
        let named: [Float]
        let top: [RankedToken]
        /// One for each eighth of the vocabulary.
        let logSums: [ExponentialSum]
        let freeSums: [ExponentialSum]
    }

    private let call: HeadCall
    private let name: String
    private let ids: Range<Int>
    private let excludedCount: Int
    /// The sizes of the part's eighths.
    private let eighths: [Int]
    private var candidates: Pile<Int32>
    private var candidateLogits: Pile<Float>
    private var named: Pile<Float>
    private var top: Pile<Int32>
    private var topLogits: Pile<Float>
    private var logSums: Pile<Double>
    private var freeSums: Pile<Double>
    private var whole: Pile<Float>

    init(_ response: HeadResponse, from name: String, part: AttentionPart, of call: HeadCall) {
        self.call = call
        self.name = name
        ids = part.range(of: call.vocabulary)
        excludedCount = call.excluded.clamped(to: ids).count
        eighths = part.eighths.map {
            AttentionPart.border($0 + 1, call.vocabulary) - AttentionPart.border($0, call.vocabulary)
        }
        candidates = Pile("candidates", response.candidates)
        candidateLogits = Pile("candidates' logits", response.candidateLogits)
        named = Pile("named logits", response.namedLogits)
        top = Pile("highest tokens", response.top)
        topLogits = Pile("highest logits", response.topLogits)
        logSums = Pile("sums", response.logSums)
        freeSums = Pile("sums over free ids", response.freeSums)
        whole = Pile("logits", response.wholeLogits)
    }

    /// The next row's share.
    ///
    /// - Parameter isFinite: whether the row's logits are finite numbers.
    mutating func next(_ question: HeadQuestion, isFinite: Bool) throws(ClusterError) -> Share {
        let namedHere = question.named.filter { ids.contains(Int($0)) }.map { Int($0) }
        let free = ids.count - excludedCount - namedHere.count { !call.excluded.contains($0) }
        let top = try tokens(
            take(min(question.top, ids.count), &top), take(min(question.top, ids.count), &topLogits), isFinite)
        let (candidates, named) =
            question.whole
            ? try ofWhole(question, namedHere, isFinite) : try ofFew(question, namedHere, free: free, isFinite)
        let logSums = try sums(question.logSum, &logSums, isFinite)
        let freeSums = try sums(question.wantsFreeSum, &freeSums, isFinite)
        if let highest = top.first, question.logSum { try expect(highest, isHighestOf: logSums) }
        if let highest = candidates.first, question.wantsFreeSum, !question.whole {
            try expect(highest, isHighestOf: freeSums)
        }
        return Share(
            freeCount: free, candidates: candidates, named: named, top: top, logSums: logSums, freeSums: freeSums)
    }

    /// To be called after the last row.
    func checkEnd() throws(ClusterError) {
        for (name, left) in [
            candidates.rest, candidateLogits.rest, named.rest, top.rest, topLogits.rest, logSums.rest, freeSums.rest,
            whole.rest,
        ] where left > 0 { throw fault("\(left) \(name) that nobody has asked for") }
    }

    private func fault(_ reason: String) -> ClusterError { .answer(from: name, reason) }

    private func take<Value>(_ count: Int, _ pile: inout Pile<Value>) throws(ClusterError) -> ArraySlice<Value> {
        guard let values = pile.take(count) else { throw fault("too few \(pile.name)") }
        return values
    }

    private mutating func ofFew(
        _ question: HeadQuestion, _ namedHere: [Int], free: Int, _ isFinite: Bool
    ) throws(ClusterError) -> (candidates: [RankedToken], named: [Float]) {
        let count = min(question.candidates, free)
        let found = try tokens(take(count, &candidates), take(count, &candidateLogits), isFinite)
        for token in found where call.excluded.contains(Int(token.id)) || question.place(of: token.id) != nil {
            throw fault("candidate \(token.id), which is no free id")
        }
        let logits = Array(try take(namedHere.count, &named))
        for logit in logits { try check(logit, isFinite) }
        return (found, logits)
    }

    private mutating func ofWhole(
        _ question: HeadQuestion, _ namedHere: [Int], _ isFinite: Bool
    ) throws(ClusterError) -> (candidates: [RankedToken], named: [Float]) {
        let raw = try take(ids.count, &whole)
        if isFinite, let logit = raw.first(where: { !$0.isFinite }) { try check(logit, true) }
        let logits = raw.map { $0.isNaN ? -.infinity : $0 }
        let free = ids.filter { !call.excluded.contains($0) && question.place(of: Int32($0)) == nil }
        return (
            free.map { RankedToken(id: Int32($0), logit: logits[$0 - ids.lowerBound]) },
            namedHere.map { logits[$0 - ids.lowerBound] }
        )
    }

    /// Tokens in their order, each once.
    private func tokens(
        _ tokens: ArraySlice<Int32>, _ logits: ArraySlice<Float>, _ isFinite: Bool
    ) throws(ClusterError) -> [RankedToken] {
        var result: [RankedToken] = []
        result.reserveCapacity(tokens.count)
        for (id, logit) in zip(tokens, logits) {
            guard ids.contains(Int(id)) else { throw fault("token \(id), which is none of \(ids)") }
            try check(logit, isFinite)
            let token = RankedToken(id: id, logit: logit)
            if let last = result.last, !last.precedes(token) {
                throw fault("token \(id) behind token \(last.id), which is not higher")
            }
            result.append(token)
        }
        let ids = result.map(\.id).sorted()
        for (id, next) in zip(ids, ids.dropFirst()) where id == next { throw fault("token \(id) twice") }
        return result
    }

    private func check(_ logit: Float, _ isFinite: Bool) throws(ClusterError) {
        guard !logit.isNaN, logit.isFinite || !isFinite else { throw fault("a logit of \(logit)") }
    }

    private func sums(
        _ areWanted: Bool, _ pile: inout Pile<Double>, _ isFinite: Bool
    ) throws(ClusterError) -> [ExponentialSum] {
        guard areWanted else { return [] }
        let numbers = Array(try take(2 * eighths.count, &pile))
        return try eighths.indices.map { index throws(ClusterError) in
            let sum = ExponentialSum(highest: numbers[2 * index], sum: numbers[2 * index + 1])
            let isEmpty = sum.highest == -.infinity
            guard isEmpty ? sum.sum == 0 : sum.sum >= 1 && sum.sum <= Double(eighths[index]),
                !sum.highest.isNaN, isEmpty || sum.highest.isFinite || !isFinite
            else { throw fault("a sum of \(sum.sum) where \(sum.highest) is the highest of \(eighths[index]) logits") }
            return sum
        }
    }

    private func expect(_ token: RankedToken, isHighestOf sums: [ExponentialSum]) throws(ClusterError) {
        let highest = sums.reduce(-.infinity) { max($0, $1.highest) }
        guard highest == Double(token.logit) else {
            throw fault("\(token.logit) as the highest logit where its sums say \(highest)")
        }
    }
}

/// Values that are taken from the front.
private struct Pile<Value> {
    let name: String
    private var values: ArraySlice<Value>

    init(_ name: String, _ values: [Value]) { (self.name, self.values) = (name, values[...]) }

    /// Nil where there are not so many.
    mutating func take(_ count: Int) -> ArraySlice<Value>? {
        guard values.count >= count else { return nil }
        defer { values = values.dropFirst(count) }
        return values.prefix(count)
    }

    var rest: (String, Int) { (name, values.count) }
}
