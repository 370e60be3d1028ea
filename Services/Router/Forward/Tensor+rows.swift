internal import Tensors

/// Rows that lie apart from each other, taken out and put back.
extension Tensor {
    /// Rows `rows`, in that order.
    func rows(of rows: [Range<Int>]) -> Tensor {
        Tensor(
            columns: columns,
            values: rows.flatMap { values[$0.lowerBound * columns ..< $0.upperBound * columns] })
    }

    /// Puts the rows of `other`, one after the other, to where `rows` say.
    mutating func set(_ rows: [Range<Int>], to other: Tensor) {
        var first = 0
        for range in rows {
            let count = range.count * columns
            values.replaceSubrange(
                range.lowerBound * columns ..< range.upperBound * columns, with: other.values[first ..< first + count])
            first += count
        }
    }
}
