internal import Tensors

/// One of 1, 2, 4 or 8 equal shares of a model's attention layers and head, each held by a process of its own.
///
/// A part has some of the heads of every layer: rows of the q, k, v and gate projections and columns of the output
/// projection. Of the head it has some rows of the vocabulary. What parts answer is added pair by pair, as the sums
/// inside one process are (`sumParts`), so that the bytes are the same for any number of parts.
package struct AttentionPart: Sendable, Hashable, CustomStringConvertible {
    /// Which part it is, from 0.
    package let index: Int
    /// How many parts there are.
    package let count: Int

    /// All of attention in one process.
    package static let whole = AttentionPart(unchecked: 0, of: 1)

    /// The numbers of parts that there can be, ascending; see `ModelConfig.attentionPartsMax`.
    package static let counts = [1, 2, 4, 8]

    /// Nil where `count` is none of `counts`, or `index` not below it.
    package init?(index: Int, count: Int) {
        guard Self.counts.contains(count), (0 ..< count).contains(index) else { return nil }
        self.init(unchecked: index, of: count)
    }

    private init(unchecked index: Int, of count: Int) { (self.index, self.count) = (index, count) }

    /// All parts of so many; `count` must be one of `counts`.
    package static func all(of count: Int) -> [AttentionPart] {
        (0 ..< count).compactMap { AttentionPart(index: $0, count: count) }
    }

    /// As in "part 0 of 2".
    package var description: String { "part \(index) of \(count)" }

    /// As sentences name it.
    package var inWords: String { self == .whole ? "all of attention" : "\(self) of attention" }

    /// Which eighths of everything are this part's.
    package var eighths: Range<Int> { index * 8 / count ..< (index + 1) * 8 / count }

    /// This part's share of `count` heads, or rows, or whatever is cut at eighths.
    package func range(of count: Int) -> Range<Int> {
        Self.border(eighths.lowerBound, count) ..< Self.border(eighths.upperBound, count)
    }

    /// Where eighth `eighth` of `count` things begins: rounded down where eight does not divide them.
    package static func border(_ eighth: Int, _ count: Int) -> Int { count * eighth / 8 }
}

extension ModelConfig {
    /// Into how many parts attention can be cut at most: heads are not cut, sums over heads are added as a tree of so
    /// many, and columns of the output projection that share a scale stay together.
    package var attentionPartsMax: Int {
        partsMax(sumParts(of: headCount), columns: headCount * headDimension, groupSize: quantization?.groupSize)
    }

    /// The query heads that are a part's, and the heads of lightning layers.
    package func heads(of part: AttentionPart) -> Range<Int> { part.range(of: headCount) }

    /// The key and value heads that the part's query heads read: where there are fewer than parts, the same one is in
    /// several.
    package func keyValueHeads(of part: AttentionPart) -> Range<Int> {
        let heads = heads(of: part), groupSize = headCount / keyValueHeadCount
        return heads.lowerBound / groupSize ..< (heads.upperBound + groupSize - 1) / groupSize
    }
}

/// The most of `parts`, half of them, and so on, that cut so many columns where groups which share a scale meet.
///
/// - Parameter groupSize: nil: columns need no scales.
func partsMax(_ parts: Int, columns: Int, groupSize: Int?) -> Int {
    var parts = parts
    while parts > 1, columns / parts % (groupSize ?? 1) != 0 { parts /= 2 }
    return parts
}
