internal import Checkpoint
internal import Tensors

/// One session's keys (after rotation) and values in one softmax layer, in pages aligned to position. Not `Sendable`: it belongs to the session store.
///
/// G key/value heads of d components.
final class KeyValueCache {
    static let pageLength = ModelConfig.keyValuePageLength

    private let headCount: Int
    private let headDimension: Int
    /// Tokens seen so far.
    private(set) var length = 0
    private var pages: [Page] = []

    /// (G, pageLength, d) each.
    private final class Page {
        var keys: [Float]
        var values: [Float]
        init(count: Int) {
            keys = [Float](repeating: 0, count: count)
            values = keys
        }
    }

    init(headCount: Int, headDimension: Int) {
        self.headCount = headCount
        self.headDimension = headDimension
    }

    /// Appends rows `rows` of `keys` and `values`, both (rows, G * d).
    func append(_ keys: Tensor, _ values: Tensor, rows: Range<Int>) {
        let d = headDimension
        for row in rows {
            let slot = length % Self.pageLength
            if slot == 0 { pages.append(Page(count: headCount * Self.pageLength * d)) }
            let page = pages[pages.count - 1]
            for head in 0 ..< headCount {
                let target = (head * Self.pageLength + slot) * d, source = row * keys.columns + head * d
                page.keys.replaceSubrange(target ..< target + d, with: keys.values[source ..< source + d])
                page.values.replaceSubrange(target ..< target + d, with: values.values[source ..< source + d])
            }
            length += 1
        }
    }

    /// Visits one head's keys and values at `positions`, page after page; each visit gets its positions, its first key and its first value, `d` apart.
    func visit(head: Int, positions: Range<Int>, _ body: (Range<Int>, UnsafePointer<Float>, UnsafePointer<Float>) -> Void) {
        var position = positions.lowerBound
        while position < positions.upperBound {
            let slot = position % Self.pageLength
            let end = min(position + Self.pageLength - slot, positions.upperBound)
            let page = pages[position / Self.pageLength]
            let offset = (head * Self.pageLength + slot) * headDimension
            unsafe page.keys.withUnsafeBufferPointer { keys in
                unsafe page.values.withUnsafeBufferPointer { values in
                    unsafe body(position ..< end, keys.baseAddress! + offset, values.baseAddress! + offset)
                }
            }
            position = end
        }
    }
}
