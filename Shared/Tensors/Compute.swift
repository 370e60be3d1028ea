internal import CKernels
internal import Dispatch

/// Runs kernels of one table over a fixed number of threads. Work is cut by shape alone and no sum crosses a cut,
/// so the bytes do not depend on the number of threads.
package struct Compute: Sendable {
    package let kernels: Kernels
    package let threads: Int

    package init(kernels: Kernels = .best, threads: Int) {
        self.kernels = kernels
        self.threads = max(1, threads)
    }

    var table: kernel_table { unsafe kernels.table }

    /// Calls `body` once for each contiguous part of `0 ..< count`; parts begin at multiples of `multiple`.
    package func inParts(_ count: Int, multiple: Int = 1, _ body: (Range<Int>) -> Void) {
        let units = (count + multiple - 1) / multiple
        let parts = min(threads, units)
        if parts <= 1 {
            if count > 0 { body(0 ..< count) }
            return
        }
        nonisolated(unsafe) let concurrent = body     // called from several threads, each with a part of its own; all return before this function does
        DispatchQueue.concurrentPerform(iterations: parts) { part in
            let lower = units * part / parts * multiple
            let upper = min(count, units * (part + 1) / parts * multiple)
            if lower < upper { unsafe concurrent(lower ..< upper) }
        }
    }

    /// `input · weightsᵀ`: (rows, K) times (outputs, K) gives (rows, outputs); the sum over K in `parts` equal parts added as a tree.
    package func linear(_ input: Tensor, _ weights: WeightMatrix, parts: Int = 1) -> Tensor {
        precondition(input.columns == weights.columns, "input of \(input.columns) columns, weights of \(weights.columns)")
        precondition([1, 2, 4, 8].contains(parts) && input.columns % parts == 0, "\(parts) equal parts of a sum over \(input.columns)")
        return unsafe Tensor(rows: input.rows, columns: weights.rows) { output in
            unsafe input.values.withUnsafeBufferPointer { x in
                inParts(weights.rows, multiple: 16) { range in
                    let slice = weights.rows(range)
                    unsafe table.linear(output + range.lowerBound, weights.rows, x.baseAddress, input.columns, slice.base, slice.elementType.rawValue,
                                        input.rows, range.count, weights.columns, parts)
                }
            }
        }
    }
}
