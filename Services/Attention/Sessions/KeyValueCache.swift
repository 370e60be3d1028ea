internal import Checkpoint
internal import Tensors

/// One session's keys (after rotation) and values in one softmax layer, in pages aligned to position. Not `Sendable`:
/// it belongs to the session store.
///
/// G key/value heads of d components.
final class KeyValueCache {
    static let pageLength = ModelConfig.keyValuePageLength

    private let headCount: Int
    private let headDimension: Int
    /// Tokens seen so far.
    private(set) var length = 0
    private var pages: [FloatMemory] = []        // each: keys (G, pageLength, d) in groups, values (G, pageLength, d)

    /// - Parameter length: tokens seen so far, whose memory is still to be filled.
    init(headCount: Int, headDimension: Int, length: Int = 0) {
        self.headCount = headCount
        self.headDimension = headDimension
        _ = grow(by: length)
    }

    /// Makes room for `count` rows more, which are to be stored before anyone reads them; returns the position of the
    /// first.
    func grow(by count: Int) -> Int {
        defer { length += count }
        while pages.count * Self.pageLength < length + count { pages.append(FloatMemory(count: 2 * pageSize)) }
        return length
    }

    /// Stores the key and the value of one position, both (G, d). Threads may store side by side, each at positions of
    /// its own.
    func store(at position: Int, key: UnsafePointer<Float>, value: UnsafePointer<Float>, _ compute: Compute) {
        precondition(position >= 0 && position < length, "position \(position) of \(length)")
        let d = headDimension, page = unsafe pages[position / Self.pageLength].base
        for head in 0 ..< headCount {
            let keys = unsafe page + head * Self.pageLength * d, place = position % Self.pageLength
            unsafe compute.storeKeys(keys, first: place, from: key + head * d, stride: d, count: 1, dimension: d)
            unsafe (keys + pageSize + place * d).update(from: value + head * d, count: d)
        }
    }

    /// Visits one head's keys and values at `positions`, page after page; each visit gets its positions, and all of the
    /// page's keys, in groups, and values.
    func visit(
        head: Int, positions: Range<Int>, _ body: (Range<Int>, UnsafePointer<Float>, UnsafePointer<Float>) -> Void
    ) {
        var position = positions.lowerBound
        while position < positions.upperBound {
            let slot = position % Self.pageLength
            let end = min(position + Self.pageLength - slot, positions.upperBound)
            let keys = unsafe pages[position / Self.pageLength].base + head * Self.pageLength * headDimension
            unsafe body(position ..< end, keys, keys + pageSize)
            position = end
        }
    }

    /// The memory in use, in a fixed order: the full pages, and of the last page the groups of keys and the values that
    /// there are.
    var usedMemory: [UnsafeMutableRawBufferPointer] {
        let (fullPages, rows) = length.quotientAndRemainder(dividingBy: Self.pageLength)
        let full = unsafe pages[..<fullPages].map { unsafe $0.bytes(0 ..< $0.count) }
        guard rows > 0 else { return unsafe full }
        return unsafe full
            + (0 ..< 2 * headCount).map { part in
                let first = part * Self.pageLength * headDimension
                let used = part < headCount ? Kernels.keyFloats(rows, dimension: headDimension) : rows * headDimension
                return unsafe pages[fullPages].bytes(first ..< first + used)
            }
    }

    /// Floats of a page's keys, and of its values.
    private var pageSize: Int { headCount * Self.pageLength * headDimension }
}
