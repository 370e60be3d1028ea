internal import Checkpoint
internal import Messages
internal import Tensors

/// What a request wants to know of logits, and how it is read from them. Whatever crosses ids is done for each eighth
/// of the vocabulary apart, in the order of ids, so that the answers of 1, 2, 4 or 8 parts together are the same bytes.
struct HeadReading: Sendable {
    private let questions: [HeadQuestion]
    private let excluded: [Range<Int>]
    private let eighths: [Range<Int>]
    /// The ids of the part.
    let ids: Range<Int>

    /// About how many additions or the like reading one logit takes.
    static let operationsPerID = 8

    /// - Throws: where the request does not fit its rows or the vocabulary.
    init(_ request: HeadRequest, rows: Int, vocabulary: Int, part: AttentionPart) throws(AttentionError) {
        guard request.questions.count == rows else {
            throw .shape(name: "questions", expected: "one for each of \(rows) rows", found: request.questions.count)
        }
        for (row, question) in request.questions.enumerated() {
            if let fault = question.fault(vocabulary: vocabulary) { throw .question(row: row, fault) }
        }
        guard let excluded = Self.ranges(request.excluded, within: vocabulary) else {
            throw .shape(
                name: "excluded", expected: "lengths in pairs, together at most \(vocabulary)",
                found: request.excluded.count)
        }
        questions = request.questions
        self.excluded = excluded
        eighths = part.eighths.map {
            AttentionPart.border($0, vocabulary) ..< AttentionPart.border($0 + 1, vocabulary)
        }
        ids = part.range(of: vocabulary)
    }

    /// The ranges that stand between others, from their lengths and those of the others; nil where they are no such
    /// lengths.
    private static func ranges(_ lengths: [UInt32], within vocabulary: Int) -> [Range<Int>]? {
        guard lengths.count.isMultiple(of: 2) else { return nil }
        var ranges: [Range<Int>] = [], end = 0
        for index in stride(from: 0, to: lengths.count, by: 2) {
            let start = end + Int(lengths[index])
            end = start + Int(lengths[index + 1])
            guard end <= vocabulary else { return nil }
            if start < end { ranges.append(start ..< end) }
        }
        return ranges
    }

    /// About how long the answer is.
    var answerBytes: Int {
        questions.reduce(0) { bytes, question in
            let logits = question.whole ? ids.count : question.named.count
            let ranked = min(question.candidates, ids.count) + min(question.top, ids.count)
            return bytes + 4 * logits + 8 * ranked + 32 * eighths.count
        }
    }

    /// - Parameter logits: (rows, ids of the part).
    func answer(_ logits: [Float], _ compute: Compute) -> HeadResponse {
        let count = questions.count * eighths.count
        let readings = Slots<EighthReading>(count: count)
        compute.inParts(count, operations: Self.operationsPerID * max(1, ids.count / eighths.count)) { part in
            for index in part {
                let (row, eighth) = index.quotientAndRemainder(dividingBy: eighths.count)
                readings[index] = read(eighths[eighth], ofRow: row, logits)
            }
        }
        return questions.indices.reduce(into: AnswerDraft()) { answer, row in
            let place = row * eighths.count ..< (row + 1) * eighths.count
            let values = logits[row * ids.count ..< (row + 1) * ids.count]
            answer.append(questions[row], readings[place], values, ids)
        }.response
    }

    private func read(_ range: Range<Int>, ofRow row: Int, _ logits: [Float]) -> EighthReading {
        let question = questions[row], first = row * ids.count - ids.lowerBound
        let free = question.readsFree ? range.without(excluded).without(question.named) : []
        let values = logits[first + range.lowerBound ..< first + range.upperBound]
        return EighthReading(question, free: free, LogitRange(values, ids: range))
    }
}

extension HeadQuestion {
    /// Whether free ids are told from others to answer it.
    fileprivate var readsFree: Bool { temperature > 0 || (candidates > 0 && !whole) }

    /// Why it is no question to a head of this vocabulary.
    fileprivate func fault(vocabulary: Int) -> String? {
        if let last = named.last, last >= vocabulary { return "names id \(last) of a vocabulary of \(vocabulary)" }
        if !zip(named, named.dropFirst()).allSatisfy({ $0 < $1 }) { return "names ids that do not ascend" }
        if !temperature.isFinite || temperature < 0 { return "has temperature \(temperature)" }
        if draws, temperature == 0 || candidates != 1 || whole {
            return "draws, and so needs a temperature above 0 and one candidate"
        }
        return nil
    }
}

/// The answers for rows, put together one row after the other.
private struct AnswerDraft {
    private var candidates: [RankedToken] = []
    private var top: [RankedToken] = []
    private var named: [Float] = []
    private var whole: [Float] = []
    private var logSums: [Double] = []
    private var freeSums: [Double] = []

    /// - Parameters:
    ///   - eighths: what was read of the row.
    ///   - logits: of the row.
    ///   - ids: whose logits they are.
    mutating func append(
        _ question: HeadQuestion, _ eighths: [EighthReading], _ logits: ArraySlice<Float>, _ ids: Range<Int>
    ) {
        if question.whole {
            whole += logits
        } else {
            if question.draws {
                candidates += eighths.compactMap(\.drawn).max { $1.precedes($0) }.map { [$0.token] } ?? []
            } else {
                candidates += RankedToken.highest(question.candidates, of: eighths.flatMap(\.candidates))
            }
            named += question.named.lazy.map { Int($0) }.filter(ids.contains).map {
                logits[logits.startIndex + $0 - ids.lowerBound].orMinusInfinity
            }
        }
        top += RankedToken.highest(question.top, of: eighths.flatMap(\.top))
        if question.logSum { logSums += eighths.flatMap(\.logSum.numbers) }
        if question.temperature > 0, !question.draws { freeSums += eighths.flatMap(\.freeSum.numbers) }
    }

    var response: HeadResponse {
        HeadResponse(
            candidates: candidates.map(\.id), candidateLogits: candidates.map(\.logit), namedLogits: named,
            top: top.map(\.id), topLogits: top.map(\.logit), logSums: logSums, freeSums: freeSums, wholeLogits: whole)
    }
}
