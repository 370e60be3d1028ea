internal import Messages

/// The new tokens of one step: those of one sequence after those of another, packed.
struct Batch: Sendable, Equatable {
    private(set) var tokens: [UInt32] = []
    /// Whose they are, in order.
    private(set) var spans: [SequenceSpan] = []
    /// Where each span's sequence lives.
    private(set) var replicas: [ReplicaID] = []

    init() {}

    /// `tokens` of one sequence, the first at position `start`.
    init(sequence: SequenceID, on replica: ReplicaID, start: Int, tokens: [UInt32]) {
        append(tokens, of: sequence, on: replica, start: start)
    }

    mutating func append(
        _ new: some Collection<UInt32>, of sequence: SequenceID, on replica: ReplicaID, start: Int
    ) {
        tokens += new
        spans.append(SequenceSpan(sequence: sequence, start: start, count: new.count))
        replicas.append(replica)
    }

    /// The first half of the rows and the others; a sequence on the border is in both.
    var halves: (Batch, Batch) {
        var halves = (Batch(), Batch())
        let border = (tokens.count + 1) / 2
        for (index, rows) in rows.enumerated() {
            let (span, replica) = (spans[index], replicas[index])
            let middle = min(max(border, rows.lowerBound), rows.upperBound), first = middle - rows.lowerBound
            if first > 0 {
                halves.0.append(tokens[rows.lowerBound ..< middle], of: span.sequence, on: replica, start: span.start)
            }
            if middle < rows.upperBound {
                halves.1.append(
                    tokens[middle ..< rows.upperBound], of: span.sequence, on: replica, start: span.start + first)
            }
        }
        return halves
    }

    var isEmpty: Bool { spans.isEmpty }

    /// One batch behind the other.
    static func + (first: Batch, second: Batch) -> Batch {
        var all = first
        all.tokens += second.tokens
        all.spans += second.spans
        all.replicas += second.replicas
        return all
    }

    /// Where the rows of each span lie.
    private var rows: [Range<Int>] {
        var first = 0
        return spans.map { span in
            defer { first += span.count }
            return first ..< first + span.count
        }
    }

    /// What each replica has to do, ascending by replica.
    var shares: [BatchShare] {
        var shares: [ReplicaID: BatchShare] = [:]
        for (index, rows) in rows.enumerated() {
            shares[replicas[index], default: BatchShare(replica: replicas[index])].append(spans[index], rows)
        }
        return shares.values.sorted { $0.replica < $1.replica }
    }

    /// Without the sequences of replicas that were lost; and which rows are left.
    func without(_ lost: some Collection<ReplicaID>) -> (batch: Batch, rows: [Range<Int>]) {
        var left = (batch: Batch(), rows: [Range<Int>]())
        for (index, rows) in rows.enumerated() where !lost.contains(replicas[index]) {
            left.batch.append(
                tokens[rows], of: spans[index].sequence, on: replicas[index], start: spans[index].start)
            left.rows.append(rows)
        }
        return left
    }
}

/// Those rows of a batch whose sequences live on one replica.
struct BatchShare: Sendable, Equatable {
    let replica: ReplicaID
    private(set) var spans: [SequenceSpan] = []
    /// Where the rows of each span lie in the batch.
    private(set) var rows: [Range<Int>] = []

    init(replica: ReplicaID) { self.replica = replica }

    fileprivate mutating func append(_ span: SequenceSpan, _ rows: Range<Int>) {
        spans.append(span)
        self.rows.append(rows)
    }
}
