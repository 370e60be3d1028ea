/// Why a text was not turned into ids.
package enum EncodingError: Error, Equatable {
    /// Nobody waits for the ids any more.
    case cancelled
    /// The tokenizer's patterns take far longer on this text than those of usable tokenizers take on any.
    case tooMuchWork
}

/// Counts the steps of encoding one text: no pattern on any text takes time without bound, and a cancelled request ends
/// soon.
struct EncodingWork {
    /// Patterns of usable tokenizers take about 30 steps a byte at most; a short text may take a fraction of a second.
    private static let stepsPerByte = 256, stepsMin = 20_000_000
    /// Steps after which it is asked again whether somebody waits: some milliseconds.
    private static let sliceMax = 1 << 20

    private var slice = 0        // steps until that is asked
    private var left: Int        // steps beyond the slice
    private let isCancelled: () -> Bool

    /// - Parameters:
    ///   - bytes: length of the text.
    ///   - rounds: how often the whole text is searched.
    init(bytes: Int, rounds: Int, isCancelled: @escaping () -> Bool) {
        left = Self.stepsMin + bytes * Self.stepsPerByte * max(rounds, 1)
        self.isCancelled = isCancelled
    }

    @inline(__always) mutating func spend(_ steps: Int) throws(EncodingError) {
        slice -= steps
        if slice < 0 { try nextSlice() }
    }

    @inline(never) private mutating func nextSlice() throws(EncodingError) {
        if isCancelled() { throw .cancelled }
        left += slice        // what was spent beyond the slice
        guard left > 0 else { throw .tooMuchWork }
        slice = min(left, Self.sliceMax)
        left -= slice
    }
}
