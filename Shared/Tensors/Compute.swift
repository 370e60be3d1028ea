internal import CKernels

/// Runs kernels of one table over a fixed number of threads. Work is cut by shape alone and no sum crosses a cut,
/// so the bytes do not depend on the number of threads.
///
/// A call of several products gathers the threads once, with `together`; a product alone gathers them itself.
package struct Compute: Sendable {
    /// The instruction set that does the work.
    package let kernels: Kernels
    /// Whether products may round activations; `fast` does so only where `kernels` can for the type of the weights.
    package let arithmetic: Arithmetic
    private let pool: ComputePool
    /// How many threads are there for the call under way; nil outside of one.
    private var gathered: Int?

    /// - Parameters:
    ///   - threads: how many compute, the asking one included.
    ///   - spinning: how long the others wait for the next call before they sleep.
    package init(kernels: Kernels = .best, arithmetic: Arithmetic = .exact, threads: Int, spinning: Duration = .zero) {
        self.kernels = kernels
        self.arithmetic = arithmetic
        pool = ComputePool(threads: max(1, threads), spinning: spinning)
    }

    /// How many threads compute at most, the asking one included; at least 1.
    package var threads: Int { pool.threads }

    /// About how many additions or the like `rows` rows take with so many weights: bringing one from memory takes about
    /// as long as four rows do with it.
    package static func operations(rows: Int, weights: Int) -> Double { Double(rows + 4) * Double(weights) }

    var table: kernel_table { unsafe kernels.table }

    /// Calls `body` with threads that stay awake until it returns. Where waking them would take longer than they help,
    /// it has this thread alone, and those that are awake.
    ///
    /// - Parameter operations: about how many additions or the like all products in `body` take together.
    package func together<R>(operations: Double, _ body: (Compute) throws -> R) rethrows -> R {
        let share = Int(min(operations / Self.operationsPerChunkMin, Double(threads(worth: operations))))
        return try pool.gather(max(1, share)) { count in
            var compute = self
            compute.gathered = count
            return try body(compute)
        }
    }

    /// Calls `body` once for each contiguous part of `0 ..< count`; parts begin at multiples of `multiple`.
    ///
    /// - Parameter operations: about how many additions or the like one of `count` takes; work that is too small for
    ///   several threads stays on this one.
    package func inParts(_ count: Int, multiple: Int = 1, operations: Int = .max, _ body: (Range<Int>) -> Void) {
        let units = (count + multiple - 1) / multiple
        let parts = worthwhileParts(of: units, operations: Double(count) * Double(operations))
        if parts <= 1 {
            if count > 0 { body(0 ..< count) }
            return
        }
        run(parts) { part in
            let lower = units * part / parts * multiple
            let upper = min(count, units * (part + 1) / parts * multiple)
            if lower < upper { body(lower ..< upper) }
        }
    }

    /// Into how many parts `units` of work that take so many operations together should be cut: several for each
    /// thread, so that one that is held up is helped by the others, and each with a few microseconds to do.
    func worthwhileParts(of units: Int, operations: Double, perThread: Int = 4) -> Int {
        let threads = threads(worth: operations)
        guard threads > 1 else { return 1 }
        return max(
            1,
            min(
                perThread * threads, units, RegionBoard.chunksMax,
                Int(min(operations / Self.operationsPerChunkMin, 1e6))))
    }

    /// Where a call of so many operations is computed. A call that takes two milliseconds or less is computed on the
    /// event loop that received it: the answer leaves two changes of threads earlier, and the loop's other connections
    /// can wait for so long.
    package func place(operations: Double) -> ComputeLane.Place {
        operations <= Self.operationsShortMax * Double(threads) ? .here : .lane
    }

    private func threads(worth operations: Double) -> Int {
        gathered ?? (operations >= Self.operationsWorthWaking ? threads : pool.threadsAwake)
    }

    private func run(_ parts: Int, _ body: (Int) -> Void) {
        if let gathered { return pool.run(parts, on: gathered, body) }
        pool.gather(parts) { pool.run(parts, on: $0, body) }
    }

    /// What a thread does in a few microseconds.
    private static let operationsPerChunkMin = 65_536.0
    /// What one thread does in the time that waking another takes, twice.
    private static let operationsWorthWaking = 6_000_000.0
    /// What a thread does in two milliseconds, where memory is slow.
    private static let operationsShortMax = 50_000_000.0
}

extension WeightMatrix {
    /// As the kernels take it; valid as long as the matrix.
    var kernelWeights: kernel_weights {
        unsafe kernel_weights(
            elements: base, scales: scales, columns: columns, stride: stride, type: elementType.rawValue)
    }
}
