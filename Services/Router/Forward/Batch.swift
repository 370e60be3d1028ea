internal import Messages

/// The new tokens of one step: those of one sequence after those of another, packed.
struct Batch: Sendable, Equatable {
    private(set) var tokens: [UInt32] = []
    /// Whose they are, in order.
    private(set) var spans: [SequenceSpan] = []

    init() {}

    /// `tokens` of one sequence, the first at position `start`.
    init(sequence: SequenceID, start: Int, tokens: [UInt32]) { append(tokens, of: sequence, start: start) }

    mutating func append(_ new: some Collection<UInt32>, of sequence: SequenceID, start: Int) {
        tokens += new
        spans.append(SequenceSpan(sequence: sequence, start: start, count: new.count))
    }

    /// The first half of the rows and the others; a sequence on the border is in both.
    var halves: (Batch, Batch) {
        var halves = (Batch(), Batch())
        let border = (tokens.count + 1) / 2
        var row = 0
        for span in spans {
            let first = min(max(border - row, 0), span.count)
            let middle = row + first, end = row + span.count
            if first > 0 { halves.0.append(tokens[row ..< middle], of: span.sequence, start: span.start) }
            if middle < end { halves.1.append(tokens[middle ..< end], of: span.sequence, start: span.start + first) }
            row = end
        }
        return halves
    }
}
