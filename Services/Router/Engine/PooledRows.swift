internal import Tensors

/// The hidden states of one prompt, pooled as they come. A pure value.
///
/// Sums are in Double, and each row is added in its turn: the result is the same bytes however the prompt was cut into
/// pieces, and also where some of it was read a second time.
struct PooledRows {
    private let pooling: Pooling
    /// Tokens of the prompt.
    private let count: Int
    /// So many of them are in `sums`, or, where only the last one counts, have been passed.
    private var taken = 0
    private var sums: [Double] = []        // (D)

    init(_ pooling: Pooling, count: Int) { (self.pooling, self.count) = (pooling, count) }

    /// Takes rows of the prompt. Those that it has already are left out.
    ///
    /// - Parameters:
    ///   - hidden: (rows, D), after the final norm.
    ///   - start: the position of the first row.
    mutating func add(_ hidden: Tensor, start: Int) {
        for row in 0 ..< hidden.rows where start + row < count {
            switch pooling {
            case .mean where start + row == taken:
                if sums.isEmpty { sums = [Double](repeating: 0, count: hidden.columns) }
                for (column, value) in hidden.row(row).enumerated() { sums[column] += Double(value) }
                taken += 1
            case .last where start + row == count - 1:
                sums = hidden.row(row).map(Double.init)
                taken = count
            default: break
            }
        }
    }

    /// Of length 1, or 0 where all numbers are; nil while rows are missing. (The mean has the direction of the sum.)
    var vector: [Float]? {
        guard taken == count else { return nil }
        let length = sums.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return length == 0 ? sums.map { _ in 0 } : sums.map { Float($0 / length) }
    }
}
