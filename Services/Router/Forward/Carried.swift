internal import Tensors

/// What came of a step's batch. A replica of attention that is lost on the way takes the rows of its sequences with it;
/// all other rows go on, with the bytes that they would have had anyway.
struct Carried: Sendable {
    /// The rows that came through.
    private(set) var batch: Batch { didSet { shares = batch.shares } }
    /// What each replica has to do for them in every layer.
    private(set) var shares: [BatchShare]
    /// (rows, D), after the final norm.
    var hidden = Tensor(rows: 0, columns: 1)
    /// Replicas that were lost on the way, and why.
    private(set) var lost: [ReplicaID: any Error] = [:]

    init(batch: Batch) { (self.batch, shares) = (batch, batch.shares) }

    /// Rows of these replicas end here.
    ///
    /// - Parameter a, b, c: (rows, D), of which those rows are taken out.
    mutating func lose(
        _ replicas: [ReplicaID: any Error], from a: inout Tensor, _ b: inout Tensor, _ c: inout Tensor
    ) {
        lost.merge(replicas) { earlier, _ in earlier }
        let left = batch.without(replicas.keys)
        (a, b, c) = (a.rows(of: left.rows), b.rows(of: left.rows), c.rows(of: left.rows))
        batch = left.batch
    }

    func someRows() throws(NoRowsLeft) -> Carried {
        guard !batch.isEmpty || lost.isEmpty else { throw NoRowsLeft(lost: lost) }
        return self
    }

    /// This group's rows and the other's. A sequence must have come through in both groups, or in the one where it is.
    func joined(with other: Carried) -> Carried {
        var all = self
        all.lost.merge(other.lost) { first, _ in first }
        let (mine, theirs) = (batch.without(all.lost.keys), other.batch.without(all.lost.keys))
        all.batch = mine.batch + theirs.batch
        if mine.batch.isEmpty { all.hidden = other.hidden.rows(of: theirs.rows) }
        if theirs.batch.isEmpty { all.hidden = hidden.rows(of: mine.rows) }
        guard !mine.batch.isEmpty, !theirs.batch.isEmpty else { return all }
        all.hidden = Tensor(
            columns: hidden.columns,
            values: hidden.rows(of: mine.rows).values + other.hidden.rows(of: theirs.rows).values)
        return all
    }
}

/// Replicas of attention that were lost on the way, and why, took all rows of a step with them.
struct NoRowsLeft: Error, CustomStringConvertible {
    let lost: [ReplicaID: any Error]

    var description: String {
        lost.sorted { $0.key < $1.key }.map { "replica \($0.key): \($0.value)" }.joined(separator: "; ")
    }
}
