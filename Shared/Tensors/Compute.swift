internal import CKernels

/// Runs kernels of one table over a fixed number of threads. Work is cut by shape alone and no sum crosses a cut,
/// so the bytes do not depend on the number of threads.
package struct Compute: Sendable {
    package let kernels: Kernels
    package let arithmetic: Arithmetic
    private let pool: ComputePool

    package init(kernels: Kernels = .best, arithmetic: Arithmetic = .exact, threads: Int) {
        self.kernels = kernels
        self.arithmetic = arithmetic
        pool = ComputePool(threads: max(1, threads))
    }

    package var threads: Int { pool.threads }

    var table: kernel_table { unsafe kernels.table }

    /// Calls `body` once for each contiguous part of `0 ..< count`; parts begin at multiples of `multiple`.
    ///
    /// - Parameter operations: about how many additions or the like one of `count` takes; work that is too small for several threads stays on this one.
    package func inParts(_ count: Int, multiple: Int = 1, operations: Int = .max, _ body: (Range<Int>) -> Void) {
        let units = (count + multiple - 1) / multiple
        let parts = worthwhileParts(of: units, operations: Double(count) * Double(operations))
        if parts <= 1 {
            if count > 0 { body(0 ..< count) }
            return
        }
        pool.run(parts) { part in
            let lower = units * part / parts * multiple
            let upper = min(count, units * (part + 1) / parts * multiple)
            if lower < upper { body(lower ..< upper) }
        }
    }

    /// How many threads should share `units` of work that take so many operations together: each should have a few microseconds to do, several
    /// times what waking it costs.
    func worthwhileParts(of units: Int, operations: Double) -> Int {
        let operationsMin = 65_536.0
        return max(1, min(threads, units, Int(min(operations / operationsMin, Double(threads)))))
    }

    /// `input · weightsᵀ`: (rows, K) times (outputs, K) gives (rows, outputs); the sum over K in `parts` equal parts added as a tree.
    package func linear(_ input: Tensor, _ weights: WeightMatrix, parts: Int = 1) -> Tensor {
        precondition(input.columns == weights.columns, "input of \(input.columns) columns, weights of \(weights.columns)")
        precondition([1, 2, 4, 8].contains(parts) && input.columns % parts == 0, "\(parts) equal parts of a sum over \(input.columns)")
        if arithmetic == .fast, kernels.isFast(weights.elementType) { return fastLinear(input, weights) }
        return unsafe Tensor(rows: input.rows, columns: weights.rows) { output in
            unsafe input.values.withUnsafeBufferPointer { x in
                inParts(weights.rows, multiple: 16, operations: input.rows * input.columns) { range in
                    var slice = unsafe weights.rows(range).kernelWeights
                    unsafe table.linear(output + range.lowerBound, weights.rows, x.baseAddress, input.columns, &slice, input.rows, range.count, parts)
                }
            }
        }
    }

    /// The same with rounded rows, which are made once for all threads.
    private func fastLinear(_ input: Tensor, _ weights: WeightMatrix) -> Tensor {
        let rowBytes = unsafe table.fast_input_bytes(weights.elementType.rawValue, input.columns)
        let rounded = UnsafeMutableRawPointer.allocate(byteCount: max(64, rowBytes * input.rows), alignment: 64)
        defer { unsafe rounded.deallocate() }
        unsafe input.values.withUnsafeBufferPointer { x in
            inParts(input.rows, operations: input.columns) { rows in
                unsafe table.fast_input(
                    rounded + rows.lowerBound * rowBytes, x.baseAddress! + rows.lowerBound * input.columns, input.columns,
                    weights.elementType.rawValue, rows.count, input.columns)
            }
        }
        return unsafe Tensor(rows: input.rows, columns: weights.rows) { output in
            inParts(weights.rows, multiple: 16, operations: input.rows * input.columns) { range in
                var slice = unsafe weights.rows(range).kernelWeights
                unsafe table.fast_linear(output + range.lowerBound, weights.rows, rounded, &slice, input.rows, range.count)
            }
        }
    }
}

extension WeightMatrix {
    /// As the kernels take it; valid as long as the matrix.
    var kernelWeights: kernel_weights {
        unsafe kernel_weights(elements: base, scales: scales, columns: columns, type: elementType.rawValue)
    }
}
