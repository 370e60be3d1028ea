/// Row-major Float32 activations of shape (rows, columns).
package struct Tensor: Sendable, Equatable {
    /// How many rows lie one after the other in `values`.
    package let rows: Int
    /// How many elements a row has, side by side in `values`.
    package let columns: Int
    /// `rows * columns` elements.
    package var values: [Float]

    /// Makes a tensor of zeros; `columns` must be positive.
    package init(rows: Int, columns: Int) {
        self.init(columns: columns, values: [Float](repeating: 0, count: rows * columns))
    }

    /// Takes whole rows; the count of `values` must be a multiple of `columns`.
    package init(columns: Int, values: [Float]) {
        precondition(
            columns > 0 && values.count % columns == 0, "\(values.count) values do not make rows of \(columns)")
        self.rows = values.count / columns
        self.columns = columns
        self.values = values
    }

    /// Memory that a kernel is about to fill; `fill` must write every element.
    package init(rows: Int, columns: Int, filledBy fill: (UnsafeMutablePointer<Float>) throws -> Void) rethrows {
        self.rows = rows
        self.columns = columns
        self.values = try unsafe [Float](unsafeUninitializedCapacity: rows * columns) { buffer, count in
            if let base = buffer.baseAddress { try unsafe fill(base) }
            count = rows * columns
        }
    }

    /// One element; `column` must lie within the row, which is not checked.
    package subscript(row: Int, column: Int) -> Float {
        get { values[row * columns + column] }
        set { values[row * columns + column] = newValue }
    }

    /// The elements of one row, as a slice whose indices are those of `values`.
    package func row(_ row: Int) -> ArraySlice<Float> { values[row * columns ..< (row + 1) * columns] }

    /// Rows `range` as a tensor of their own.
    package func rows(_ range: Range<Int>) -> Tensor {
        Tensor(columns: columns, values: Array(values[range.lowerBound * columns ..< range.upperBound * columns]))
    }
}
