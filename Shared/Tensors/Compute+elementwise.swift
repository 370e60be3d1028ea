internal import CKernels

extension Compute {
    /// RMSNorm of each row: `x / sqrt(mean(x²) + epsilon) * weight`.
    package func rmsNorm(_ input: Tensor, weight: [Float], epsilon: Float) -> Tensor {
        precondition(weight.count == input.columns, "norm weight of \(weight.count), rows of \(input.columns)")
        return unsafe Tensor(rows: input.rows, columns: input.columns) { output in
            unsafe input.values.withUnsafeBufferPointer { x in
                inParts(input.rows, operations: input.columns) { rows in
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
        precondition(
            a.rows == b.rows && a.columns == b.columns, "(\(a.rows), \(a.columns)) plus (\(b.rows), \(b.columns))")
        return unsafe Tensor(rows: a.rows, columns: a.columns) { output in
            unsafe a.values.withUnsafeBufferPointer { a in
                unsafe b.values.withUnsafeBufferPointer { b in
                    inParts(a.count, multiple: 16, operations: 1) { range in
                        let first = range.lowerBound
                        unsafe table.add_scaled(
                            output + first, alpha, a.baseAddress! + first, beta, b.baseAddress! + first, range.count)
                    }
                }
            }
        }
    }

    /// `row = scale * row` for each row's own scale.
    package func scaleRows(_ input: inout Tensor, by scales: [Float]) {
        precondition(scales.count == input.rows, "\(scales.count) scales for \(input.rows) rows")
        let rows = input.rows, columns = input.columns
        unsafe input.values.withUnsafeMutableBufferPointer { values in
            inParts(rows, operations: columns) { part in
                for row in part {
                    for index in row * columns ..< (row + 1) * columns { unsafe values[index] *= scales[row] }
                }
            }
        }
    }

    /// `x * sigmoid(x)` in place.
    package func silu(_ x: inout Tensor) {
        unsafe x.values.withUnsafeMutableBufferPointer { x in
            inParts(x.count, multiple: 16, operations: 8) {
                unsafe table.silu(x.baseAddress! + $0.lowerBound, $0.count)
            }
        }
    }

    /// `gate = silu(gate) * up` in place.
    package func siluMultiply(_ gate: inout Tensor, _ up: Tensor) {
        precondition(gate.values.count == up.values.count, "\(gate.values.count) gates for \(up.values.count) values")
        unsafe gate.values.withUnsafeMutableBufferPointer { gate in
            unsafe up.values.withUnsafeBufferPointer { up in
                inParts(gate.count, multiple: 16, operations: 8) {
                    unsafe table.silu_multiply(
                        gate.baseAddress! + $0.lowerBound, up.baseAddress! + $0.lowerBound, $0.count)
                }
            }
        }
    }

    /// `gate = sigmoid(gate) * x * weight` in place; `weight` holds one factor per column.
    package func sigmoidMultiply(_ gate: inout Tensor, _ x: Tensor, weight: [Float]) {
        precondition(
            gate.columns == weight.count && gate.values.count == x.values.count,
            "\(weight.count) factors for \(gate.columns) columns")
        let rows = gate.rows, columns = gate.columns
        unsafe gate.values.withUnsafeMutableBufferPointer { gate in
            unsafe x.values.withUnsafeBufferPointer { x in
                inParts(rows, operations: 8 * columns) { part in
                    for row in part {
                        unsafe table.sigmoid_multiply(
                            gate.baseAddress! + row * columns, x.baseAddress! + row * columns, weight, columns)
                    }
                }
            }
        }
    }

    /// Sum of squares of one row's columns `range`.
    package func sumOfSquares(_ x: Tensor, row: Int, columns range: Range<Int>) -> Float {
        precondition(
            row >= 0 && row < x.rows && range.lowerBound >= 0 && range.upperBound <= x.columns,
            "row \(row), columns \(range) of (\(x.rows), \(x.columns))")
        return unsafe x.values.withUnsafeBufferPointer {
            unsafe table.sum_of_squares($0.baseAddress! + row * x.columns + range.lowerBound, range.count)
        }
    }

    /// `sum[target] += factor * x[row]`, row by row.
    package func addRow(_ row: Int, of x: Tensor, times factor: Float, toRow target: Int, of sum: inout Tensor) {
        let columns = x.columns
        precondition(
            sum.columns == columns && row < x.rows && target < sum.rows,
            "row \(row) of \(x.rows) onto row \(target) of \(sum.rows)")
        unsafe sum.values.withUnsafeMutableBufferPointer { sum in
            unsafe x.values.withUnsafeBufferPointer { x in
                let place = unsafe sum.baseAddress! + target * columns
                unsafe table.add_scaled(place, 1, place, factor, x.baseAddress! + row * columns, columns)
            }
        }
    }
}
