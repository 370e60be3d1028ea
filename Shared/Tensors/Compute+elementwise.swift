internal import CKernels

extension Compute {
    /// RMSNorm of each row: `x / sqrt(mean(x²) + epsilon) * weight` (spec 2.2).
    package func rmsNorm(_ input: Tensor, weight: [Float], epsilon: Float) -> Tensor {
        precondition(weight.count == input.columns, "norm weight of \(weight.count), rows of \(input.columns)")
        return unsafe Tensor(rows: input.rows, columns: input.columns) { output in
            unsafe input.values.withUnsafeBufferPointer { x in
                inParts(input.rows) { rows in
                    for row in rows {
                        let offset = row * input.columns
                        let squares = unsafe table.sum_of_squares(x.baseAddress! + offset, input.columns)
                        let scale = 1 / (squares / Float(input.columns) + epsilon).squareRoot()
                        unsafe table.scale_by(output + offset, x.baseAddress! + offset, scale, weight, input.columns)
                    }
                }
            }
        }
    }

    /// `alpha * a + beta * b`, element by element.
    package func addScaled(_ alpha: Float, _ a: Tensor, _ beta: Float, _ b: Tensor) -> Tensor {
        precondition(a.rows == b.rows && a.columns == b.columns, "(\(a.rows), \(a.columns)) plus (\(b.rows), \(b.columns))")
        return unsafe Tensor(rows: a.rows, columns: a.columns) { output in
            unsafe table.add_scaled(output, alpha, a.values, beta, b.values, a.values.count)
        }
    }

    /// `row = scale * row` for each row's own scale.
    package func scaleRows(_ input: inout Tensor, by scales: [Float]) {
        precondition(scales.count == input.rows, "\(scales.count) scales for \(input.rows) rows")
        for row in 0 ..< input.rows {
            for index in row * input.columns ..< (row + 1) * input.columns { input.values[index] *= scales[row] }
        }
    }

    /// `x * sigmoid(x)` in place.
    package func silu(_ x: inout Tensor) {
        unsafe x.values.withUnsafeMutableBufferPointer { unsafe table.silu($0.baseAddress, $0.count) }
    }

    /// `gate = silu(gate) * up` in place.
    package func siluMultiply(_ gate: inout Tensor, _ up: Tensor) {
        precondition(gate.values.count == up.values.count, "\(gate.values.count) gates for \(up.values.count) values")
        unsafe gate.values.withUnsafeMutableBufferPointer { unsafe table.silu_multiply($0.baseAddress, up.values, $0.count) }
    }

    /// `gate = sigmoid(gate) * x * weight` in place; `weight` holds one factor per column.
    package func sigmoidMultiply(_ gate: inout Tensor, _ x: Tensor, weight: [Float]) {
        precondition(gate.columns == weight.count && gate.values.count == x.values.count, "\(weight.count) factors for \(gate.columns) columns")
        let rows = gate.rows, columns = gate.columns
        unsafe gate.values.withUnsafeMutableBufferPointer { gate in
            unsafe x.values.withUnsafeBufferPointer { x in
                for row in 0 ..< rows {
                    unsafe table.sigmoid_multiply(gate.baseAddress! + row * columns, x.baseAddress! + row * columns, weight, columns)
                }
            }
        }
    }

    /// Sum of squares of one row's columns `range`.
    package func sumOfSquares(_ x: Tensor, row: Int, columns range: Range<Int>) -> Float {
        precondition(row >= 0 && row < x.rows && range.lowerBound >= 0 && range.upperBound <= x.columns, "row \(row), columns \(range) of (\(x.rows), \(x.columns))")
        return unsafe x.values.withUnsafeBufferPointer { unsafe table.sum_of_squares($0.baseAddress! + row * x.columns + range.lowerBound, range.count) }
    }

    /// `sum[target] += factor * x[row]`, row by row.
    package func addRow(_ row: Int, of x: Tensor, times factor: Float, toRow target: Int, of sum: inout Tensor) {
        let columns = x.columns
        precondition(sum.columns == columns && row < x.rows && target < sum.rows, "row \(row) of \(x.rows) onto row \(target) of \(sum.rows)")
        unsafe sum.values.withUnsafeMutableBufferPointer { sum in
            unsafe x.values.withUnsafeBufferPointer { x in
                let place = unsafe sum.baseAddress! + target * columns
                unsafe table.add_scaled(place, 1, place, factor, x.baseAddress! + row * columns, columns)
            }
        }
    }
}
