internal import Checkpoint
internal import Tensors

/// One live state's keys (after rotation) and values in one softmax layer, in pages aligned to position. It is not
/// `Sendable`: it belongs to its live state.
///
/// G key/value heads of d components.
final class KeyValueCache {
    static let pageLength = ModelConfig.keyValuePageLength

    private let shape: KeyValueShape
    private let allowance: Allowance
    /// Tokens seen so far.
    private(set) var length = 0
    /// Full pages may be shared with others; the last one is written by this cache alone.
    private(set) var pages: [FloatMemory] = []

    init(_ shape: KeyValueShape, _ allowance: Allowance) { (self.shape, self.allowance) = (shape, allowance) }

    /// Goes on behind the first `length` positions of pages that others keep: full pages are shared, of the last one
    /// this cache has a copy.
    ///
    /// - Parameter takesOver: whether who keeps them lets go of them now, with all of their positions: then a last page
    ///   that nobody else refers to needs no copy.
    init(
        _ shape: KeyValueShape, _ allowance: Allowance, sharing kept: [FloatMemory], length: Int,
        _ takesOver: Bool = false
    ) {
        (self.shape, self.allowance, self.length) = (shape, allowance, length)
        let (fullPages, rows) = length.quotientAndRemainder(dividingBy: Self.pageLength)
        let takesLast = rows > 0 && takesOver && !kept[fullPages].isShared
        pages = Array(kept[..<(takesLast ? fullPages + 1 : fullPages)])
        for page in pages { page.pin() }
        guard rows > 0, !takesLast else { return }
        let page = allowance.allocate(shape.format, count: shape.pageCount)
        page.copy(0 ..< page.count, from: kept[fullPages])
        pages.append(page)
    }

    /// Makes room for `count` rows more, which are to be stored before anyone reads them; returns the position of the
    /// first.
    func grow(by count: Int) -> Int {
        defer { length += count }
        while pages.count * Self.pageLength < length + count {
            pages.append(allowance.allocate(shape.format, count: shape.pageCount))
        }
        return length
    }

    /// Bytes that it still takes until it has `tokens` positions.
    func bytesNeeded(tokens: Int) -> Int { max(0, shape.pages(tokens) - pages.count) * shape.pageBytes }

    /// Stores the key and the value of one position, both (G, d). Threads may store side by side, each at positions of
    /// its own.
    ///
    /// Where the cache is in bf16 both are rounded here, and nowhere else: whoever reads them, in the same call or long
    /// after, sees the same numbers.
    func store(at position: Int, key: UnsafePointer<Float>, value: UnsafePointer<Float>, _ compute: Compute) {
        precondition(position >= 0 && position < length, "position \(position) of \(length)")
        let d = shape.headDimension, page = pages[position / Self.pageLength], place = position % Self.pageLength
        for head in 0 ..< shape.headCount {
            let (keys, values) = unsafe memory(of: head, page)
            let key = unsafe key + head * d, value = unsafe value + head * d
            switch shape.format {
            case .float32:
                unsafe compute.storeKeys(
                    keys.assumingMemoryBound(to: Float.self), first: place, from: key, stride: d, count: 1, dimension: d
                )
                unsafe (values.assumingMemoryBound(to: Float.self) + place * d).update(from: value, count: d)
            case .bfloat16:
                unsafe compute.storeRounded(
                    keys: keys.assumingMemoryBound(to: UInt16.self),
                    values: values.assumingMemoryBound(to: UInt16.self), place: place, key: key, value: value,
                    dimension: d)
            }
        }
    }

    /// All of a page's keys of one head, in groups, and its values.
    private func memory(
        of head: Int, _ page: FloatMemory
    ) -> (keys: UnsafeMutableRawPointer, values: UnsafeMutableRawPointer) {
        let count = Self.pageLength * shape.headDimension
        let keys = unsafe page.bytes(head * count ..< (head + 1) * count).baseAddress!
        return unsafe (keys, keys + page.byteCount / 2)
    }

    /// How its keys and values are stored.
    var format: FloatFormat { shape.format }

    /// Visits one head's keys and values at `positions`, page after page; each visit gets its positions, and all of the
    /// page's keys, in groups, and values.
    func visit(head: Int, positions: Range<Int>, _ body: (Range<Int>, UnsafeRawPointer, UnsafeRawPointer) -> Void) {
        var position = positions.lowerBound
        while position < positions.upperBound {
            let slot = position % Self.pageLength
            let end = min(position + Self.pageLength - slot, positions.upperBound)
            let (keys, values) = unsafe memory(of: head, pages[position / Self.pageLength])
            unsafe body(position ..< end, keys, values)
            position = end
        }
    }

    deinit { for page in pages { page.unpin() } }
}

/// Where the first `rows` of 64 positions lie in memory that holds of each head the keys, in groups, and then of each
/// head the values.
func headRanges(headCount: Int, headDimension: Int, rows: Int) -> [Range<Int>] {
    (0 ..< 2 * headCount).map { part in
        let first = part * KeyValueCache.pageLength * headDimension
        let used = part < headCount ? Kernels.keyFloats(rows, dimension: headDimension) : rows * headDimension
        return first ..< first + used
    }
}

/// The same without what lies between those keys and behind them in their last group, which belongs to no position.
func headRowRanges(headCount: Int, headDimension: Int, rows: Int) -> [Range<Int>] {
    (0 ..< 2 * headCount).flatMap { part in
        let first = part * KeyValueCache.pageLength * headDimension
        let used = part < headCount ? Kernels.keyRanges(rows, dimension: headDimension) : [0 ..< rows * headDimension]
        return used.map { first + $0.lowerBound ..< first + $0.upperBound }
    }
}

/// What one page of one softmax layer holds: keys (G, pageLength, d) in groups, then values (G, pageLength, d).
struct KeyValueShape: Sendable, Equatable {
    /// G.
    let headCount: Int
    /// d.
    let headDimension: Int
    /// How they are stored.
    var format = FloatFormat.float32

    /// Numbers of a page.
    var pageCount: Int { 2 * headCount * KeyValueCache.pageLength * headDimension }
    var pageBytes: Int { pageCount * format.byteCount }

    /// Where the first `rows` positions of a page lie in its memory, and nothing else.
    func ranges(rows: Int) -> [Range<Int>] {
        headRowRanges(headCount: headCount, headDimension: headDimension, rows: rows)
    }

    /// Pages of so many positions.
    func pages(_ tokens: Int) -> Int { (tokens + KeyValueCache.pageLength - 1) / KeyValueCache.pageLength }
}
