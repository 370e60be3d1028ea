/// How one element of a stored weight is written; the raw values are those of `kernels.h`, which describes the layouts.
package enum ElementType: Int32, Sendable, Equatable, CaseIterable {
    case bfloat16 = 0
    case float32 = 1
    /// Whole numbers from -127 to 127, times a float16 scale for each 64 columns of a row.
    case int8 = 2
    /// Whole numbers from -8 to 7, times a float16 scale for each 32 columns of a row.
    case int4 = 3

    /// How many columns of a row share a scale; nil where elements are values already.
    package var groupSize: Int? {
        switch self {
        case .bfloat16, .float32: nil
        case .int8: 64
        case .int4: 32
        }
    }

    /// Bytes of the elements of one row, scales not counted.
    package func rowByteCount(columns: Int) -> Int {
        switch self {
        case .bfloat16: 2 * columns
        case .float32: 4 * columns
        case .int8: columns
        case .int4: (columns + 31) / 32 * 16
        }
    }

    /// Scales of one row.
    package func scaleCount(columns: Int) -> Int { groupSize.map { (columns + $0 - 1) / $0 } ?? 0 }
}

/// Read-only weights of shape (rows, columns), row-major, used where they lie: usually inside a mapped checkpoint file.
///
/// A vector is a matrix of one row; some columns of each row are a matrix too, whose rows lie `stride` columns apart.
/// The memory lives as long as its owners; nothing is copied, so many processes share the page cache.
@safe package struct WeightMatrix: @unchecked Sendable {        // the bytes are never written
    /// How many rows there are; a product has one output for each.
    package let rows: Int
    /// How many elements of each row belong to the matrix; a product sums over them.
    package let columns: Int
    /// Columns from the beginning of a row to that of the next.
    package let stride: Int
    /// How the bytes at `base` are read, and whether there are scales.
    package let elementType: ElementType
    /// The first element, in any alignment; rows lie `elementType.rowByteCount(columns: stride)` bytes apart.
    package let base: UnsafeRawPointer
    /// float16, in any alignment, `elementType.scaleCount(columns: stride)` to a row; nil where the elements need none.
    package let scales: UnsafeRawPointer?
    private let owner: AnyObject
    private let scalesOwner: AnyObject?

    /// Takes weights where they lie; scales must be given exactly where `elementType` needs them.
    ///
    /// - Parameters:
    ///   - stride: columns from row to row; nil where one row follows the other at once.
    ///   - owner: keeps the memory at `base` alive.
    ///   - scalesOwner: keeps that of the scales alive; nil where `owner` does.
    package init(
        rows: Int, columns: Int, stride: Int? = nil, elementType: ElementType, base: UnsafeRawPointer, owner: AnyObject,
        scales: UnsafeRawPointer? = nil, scalesOwner: AnyObject? = nil
    ) {
        precondition(
            unsafe (elementType.groupSize != nil) == (scales != nil), "\(elementType) weights with the wrong scales")
        self.rows = rows
        self.columns = columns
        self.stride = stride ?? columns
        self.elementType = elementType
        unsafe self.base = base
        unsafe self.scales = scales
        self.owner = owner
        self.scalesOwner = scalesOwner
    }

    /// Elements.
    package var count: Int { rows * columns }

    /// Of elements and scales.
    package var byteCount: Int {
        rows * (elementType.rowByteCount(columns: columns) + 2 * elementType.scaleCount(columns: columns))
    }

    /// The rows of `range`, still where they lie.
    package func rows(_ range: Range<Int>) -> WeightMatrix {
        precondition(range.lowerBound >= 0 && range.upperBound <= rows, "rows \(range) of a matrix with \(rows) rows")
        let offset = range.lowerBound * elementType.rowByteCount(columns: stride)
        let scalesOffset = range.lowerBound * elementType.scaleCount(columns: stride) * 2
        return unsafe WeightMatrix(
            rows: range.count, columns: columns, stride: stride, elementType: elementType, base: base + offset,
            owner: owner,
            scales: scales.map { unsafe $0 + scalesOffset }, scalesOwner: scalesOwner)
    }

    /// The columns of `range` of every row, still where they lie.
    ///
    /// - Parameter range: begins and ends where a group of columns that share a scale does.
    package func columns(_ range: Range<Int>) -> WeightMatrix {
        precondition(
            range.lowerBound >= 0 && range.upperBound <= columns, "columns \(range) of a matrix with \(columns) columns"
        )
        let group = elementType.groupSize ?? 1
        precondition(
            range.lowerBound % group == 0 && (range.upperBound % group == 0 || range.upperBound == columns),
            "columns \(range) cut a group of \(group)")
        let offset = elementType.rowByteCount(columns: range.lowerBound),
            scalesOffset = elementType.scaleCount(columns: range.lowerBound) * 2
        return unsafe WeightMatrix(
            rows: rows, columns: range.count, stride: stride, elementType: elementType, base: base + offset,
            owner: owner,
            scales: scales.map { unsafe $0 + scalesOffset }, scalesOwner: scalesOwner)
    }
}
