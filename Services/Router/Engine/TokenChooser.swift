internal import Checkpoint
internal import Messages
internal import Synchronization
internal import Tensors

/// Rows of a step and whose they are.
struct SequenceRows: Sendable {
    let sequence: LiveSequence
    let rows: StepPlan.Rows

    /// A request for no tokens reads its prompt only.
    var needsToken: Bool { rows.yieldsToken && sequence.request.tokensMax > 0 }
}

/// From the hidden rows of a step to its tokens.
struct TokenChooser: Sendable {
    private let attention: any Attention
    private let vocabulary: Int
    private let compute: Compute
    private let suppressed: TokenRanges

    /// - Parameter suppressed: ids that are never chosen.
    init(attention: any Attention, vocabulary: Int, compute: Compute, suppressed: [Int32]) {
        self.attention = attention
        self.vocabulary = vocabulary
        self.compute = compute
        self.suppressed = TokenRanges(suppressed)
    }

    /// What came of one sequence's rows.
    struct Choice: Sendable {
        let part: SequenceRows
        let token: Int32?
        let logprobs: TokenLogprobs?
    }

    /// The head holds the logits of so many prompt rows at a time.
    private static let promptRowsMax = 64

    /// Samples for all sequences whose rows end in one that yields a token.
    func choose(_ work: [SequenceRows], _ hidden: Tensor, _ meter: StepMeter) async throws -> [Choice] {
        var firstRow = 0
        var open: [OpenRow] = []
        for part in work {
            let rows = firstRow ..< firstRow + part.rows.count
            if let alternatives = part.sequence.request.promptLogprobs {
                try await noteLogprobs(of: part, hidden.rows(rows), alternatives)
            }
            if part.sequence.request.promptEmbedding != nil { pool(part, hidden.rows(rows)) }
            firstRow = rows.upperBound
            if part.needsToken {
                open.append(OpenRow(part: part, hidden: hidden.row(firstRow - 1), question: question(about: part)))
            }
        }
        var made: [Made] = []
        while !open.isEmpty { made += try await choose(&open, meter) }
        // Only now, since after a failed call all sequences of the step begin anew.
        for choice in made { choice.part.sequence.progress.withLock { $0.sampler.take(choice.choice) } }
        return work.filter { !$0.needsToken }.map { Choice(part: $0, token: nil, logprobs: nil) }
            + made.map { Choice(part: $0.part, token: $0.choice.token, logprobs: $0.logprobs) }
    }

    /// A row whose token is not chosen yet.
    private struct OpenRow: Sendable {
        let part: SequenceRows
        let hidden: ArraySlice<Float>        // (D)
        var question: HeadQuestion
    }

    /// A token that was chosen.
    private struct Made: Sendable {
        let part: SequenceRows
        let choice: Sampler.Choice
        let logprobs: TokenLogprobs?
    }

    private func question(about part: SequenceRows, after asked: HeadQuestion? = nil) -> HeadQuestion {
        let logprobs = part.sequence.request.topLogprobs
        return part.sequence.progress.withLock {
            $0.sampler.question(vocabulary: vocabulary, logprobs: logprobs, after: asked)
        }
    }

    /// Asks the head once. Rows of which more must be known stay open.
    private func choose(_ open: inout [OpenRow], _ meter: StepMeter) async throws -> [Made] {
        let rows = open
        let call = HeadCall(
            hidden: Tensor(columns: rows[0].hidden.count, values: rows.flatMap(\.hidden)),
            questions: rows.map(\.question), excluded: suppressed, vocabulary: vocabulary)
        let answers = try await meter.time(.attention) { try await attention.head(call) }
        let chosen = Slots<Made>(count: rows.count)
        meter.time(.sampling) {
            compute.inParts(rows.count, operations: Self.operations(answers)) { indices in
                for index in indices { chosen[index] = choose(rows[index], answers[index]) }
            }
        }
        open = rows.indices.filter { chosen[$0] == nil }.map { index in
            var row = rows[index]
            row.question = question(about: row.part, after: row.question)
            return row
        }
        return rows.indices.compactMap { chosen[$0] }
    }

    private func choose(_ row: OpenRow, _ answer: HeadRow) -> Made? {
        let choice = row.part.sequence.progress.withLock {
            $0.sampler.choice(from: answer, to: row.question, vocabulary: vocabulary)
        }
        guard let choice else { return nil }
        let logprobs = row.part.sequence.request.topLogprobs.map { _ in
            TokenLogprobs(logit: choice.logit, in: answer)
        }
        return Made(part: row.part, choice: choice, logprobs: logprobs)
    }

    /// About how many additions or the like a row's choice takes.
    private static func operations(_ answers: [HeadRow]) -> Int {
        64 * (answers.map { $0.candidates.count + $0.named.count }.max() ?? 0)
    }

    private func pool(_ part: SequenceRows, _ hidden: Tensor) {
        part.sequence.progress.withLock { $0.pool(hidden, start: part.rows.start) }
    }

    /// A prompt that is read again has its first ones already.
    private func noteLogprobs(of part: SequenceRows, _ hidden: Tensor, _ alternatives: Int) async throws {
        let prompt = part.sequence.request.prompt
        let known = part.sequence.progress.withLock { $0.promptLogprobs.count }
        // Row i of the prompt tells how likely token i + 1 is.
        let wanted = (0 ..< hidden.rows).filter { (known ..< prompt.count).contains(part.rows.start + $0 + 1) }
        guard let first = wanted.first, let last = wanted.last else { return }
        for row in stride(from: first, through: last, by: Self.promptRowsMax) {
            let rows = row ..< min(row + Self.promptRowsMax, last + 1)
            let questions = rows.map {
                TokenLogprobs.question(about: prompt[part.rows.start + $0 + 1], alternatives: alternatives)
            }
            let call = HeadCall(
                hidden: hidden.rows(rows), questions: questions, excluded: TokenRanges([]), vocabulary: vocabulary)
            for answer in try await attention.head(call) {
                part.sequence.progress.withLock { $0.note(TokenLogprobs(answer: answer)) }
            }
        }
    }
}
