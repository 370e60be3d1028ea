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
}

extension WeightMatrix {
    /// As the kernels take it; valid as long as the matrix.
    var kernelWeights: kernel_weights {
        unsafe kernel_weights(elements: base, scales: scales, columns: columns, stride: stride, type: elementType.rawValue)
    }
}
