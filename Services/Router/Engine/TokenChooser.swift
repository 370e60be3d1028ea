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
    let attention: AttentionClient
    let compute: Compute

    /// What came of one sequence's rows.
    struct Choice: Sendable {
        let part: SequenceRows
        let token: Int32?
        let logprobs: TokenLogprobs?
    }

    /// Logits of every prompt row are large: so many rows at a time.
    private static let logitRowsMax = 16

    /// Samples for all sequences whose rows end in one that yields a token.
    func choose(_ work: [SequenceRows], _ hidden: Tensor, _ meter: StepMeter) async throws -> [Choice] {
        var firstRow = 0
        var lastRows: [Float] = []
        for part in work {
            let rows = firstRow ..< firstRow + part.rows.count
            if part.sequence.request.promptLogprobs { try await noteLogprobs(of: part, hidden.rows(rows)) }
            firstRow = rows.upperBound
            if part.needsToken { lastRows += hidden.row(firstRow - 1) }
        }
        let choosing = work.filter(\.needsToken)
        guard !choosing.isEmpty else { return work.map { Choice(part: $0, token: nil, logprobs: nil) } }
        let last = Tensor(columns: hidden.columns, values: lastRows)
        let logits = try await meter.time(.attention) { try await attention.logits(last) }
        let chosen = Slots<Choice>(count: choosing.count)
        meter.time(.sampling) {
            compute.inParts(choosing.count) { indices in
                for index in indices {
                    let part = choosing[index], span = logits.row(index).span
                    let token = part.sequence.progress.withLock { $0.sampler.next(span) }
                    let logprobs = part.sequence.request.topLogprobs.map {
                        TokenLogprobs(of: token, in: span, alternatives: $0)
                    }
                    chosen[index] = Choice(part: part, token: token, logprobs: logprobs)
                }
            }
        }
        let others = work.filter { !$0.needsToken }.map { Choice(part: $0, token: nil, logprobs: nil) }
        return others + chosen[0 ..< choosing.count]
    }

    /// Each row of logits lives only as long as it is read. A prompt that is read again has its first ones already.
    private func noteLogprobs(of part: SequenceRows, _ hidden: Tensor) async throws {
        let prompt = part.sequence.request.prompt
        for row in stride(from: 0, to: hidden.rows, by: Self.logitRowsMax) {
            let rows = row ..< min(row + Self.logitRowsMax, hidden.rows)
            let known = part.sequence.progress.withLock { $0.promptLogprobs.count }
            guard part.rows.start + rows.upperBound >= known else { continue }
            let logits = try await attention.logits(hidden.rows(rows))
            for index in rows where (known ..< prompt.count).contains(part.rows.start + index + 1) {
                let next = TokenLogprobs(
                    of: prompt[part.rows.start + index + 1], in: logits.row(index - rows.lowerBound).span,
                    alternatives: part.sequence.request.topLogprobs ?? 0)
                part.sequence.progress.withLock { $0.note(next) }
            }
        }
    }
}
