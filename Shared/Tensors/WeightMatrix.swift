/// How one element of a stored weight is written; the raw values are those of `kernels.h`.
package enum ElementType: Int32, Sendable, Equatable {
    case bfloat16 = 0
    case float32 = 1

    package var byteCount: Int { self == .bfloat16 ? 2 : 4 }
}

/// Read-only weights of shape (rows, columns), row-major, used where they lie: usually inside a mapped checkpoint file.
///
/// A vector is a matrix of one row. The memory lives as long as `owner`; nothing is copied, so many processes share the page cache.
@safe package struct WeightMatrix: @unchecked Sendable {    // the bytes are never written
    package let rows: Int
    package let columns: Int
    package let elementType: ElementType
    /// The first element; `rows * columns * elementType.byteCount` bytes follow, in any alignment.
    package let base: UnsafeRawPointer
    private let owner: AnyObject

    package init(rows: Int, columns: Int, elementType: ElementType, base: UnsafeRawPointer, owner: AnyObject) {
        self.rows = rows
        self.columns = columns
        self.elementType = elementType
        unsafe self.base = base
        self.owner = owner
    }

    package var byteCount: Int { rows * columns * elementType.byteCount }

    /// The rows of `range`, still where they lie.
    package func rows(_ range: Range<Int>) -> WeightMatrix {
        precondition(range.lowerBound >= 0 && range.upperBound <= rows, "rows \(range) of a matrix with \(rows) rows")
        let offset = range.lowerBound * columns * elementType.byteCount
        return unsafe WeightMatrix(rows: range.count, columns: columns, elementType: elementType, base: base + offset, owner: owner)
    }
}
