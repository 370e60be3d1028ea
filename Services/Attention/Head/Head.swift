internal import Checkpoint
internal import Messages
internal import Tensors

/// The output projection, or a part of it: some rows of the vocabulary. Its logits stay here; what is needed of them to
/// choose a token is answered.
struct Head: Sendable {
    let part: AttentionPart
    private let vocabulary: Int
    private let weights: WeightMatrix        // (ids of the part, D)

    /// - Parameter weights: of the whole vocabulary, (vocabulary, D).
    init(_ weights: WeightMatrix, part: AttentionPart = .whole) {
        self.part = part
        vocabulary = weights.rows
        self.weights = weights.rows(part.range(of: weights.rows))
    }

    /// A request that has been found to be one that can be answered.
    func reading(_ request: HeadRequest, rows: Int) throws(AttentionError) -> HeadReading {
        try HeadReading(request, rows: rows, vocabulary: vocabulary, part: part)
    }

    /// About how many additions or the like it takes to answer for so many rows.
    func operations(rows: Int) -> Double {
        Compute.operations(rows: rows, weights: weights.count)
            + Double(rows * weights.rows * HeadReading.operationsPerID)
    }

    /// - Parameter input: (rows, D), after the final norm.
    func answer(_ reading: HeadReading, _ input: Tensor, _ compute: Compute) -> HeadResponse {
        let logits = weights.rows > 0 ? compute.linear(input, weights).values : []        // (rows, ids of the part)
        return reading.answer(logits, compute)
    }
}
