/// One of 1, 2, 4 or 8 equal slices of an expert's intermediate dimension.
///
/// The halves of a slice are slices too; the sum of what they give is what the slice gives, bit for
/// bit.
package struct ExpertSlice: Sendable, Hashable {
    /// Which of the slices this is, from 0.
    package let index: Int
    /// Into how many slices the expert is cut.
    package let count: Int

    /// All of an expert.
    package static let whole = ExpertSlice(index: 0, of: 1)
    /// Into how many slices an expert may be cut.
    package static let counts = [1, 2, 4, 8]

    /// Traps where there is no such slice.
    package init(index: Int, of count: Int) {
        precondition(Self.counts.contains(count) && (0 ..< count).contains(index), "slice \(index) of \(count)")
        (self.index, self.count) = (index, count)
    }

    /// As a peer wrote it; an expert that nobody cut has no slices, 0 of 0.
    init(index: UInt32, count: UInt32, _ fields: FieldReader) throws(MessageError) {
        let count = count == 0 ? 1 : count
        guard Self.counts.contains(Int(count)), index < count else {
            throw MessageError(type: fields.type, reason: "slice \(index) of \(count), expected one of 1, 2, 4 or 8")
        }
        self.init(index: Int(index), of: Int(count))
    }

    /// The eighths of the expert it consists of, one bit each.
    package var eighths: UInt8 {
        let width = 8 / count
        return UInt8(truncatingIfNeeded: ((1 << width) - 1) << (index * width))
    }

    /// Its part of `0 ..< size`, which `count` divides.
    package func range(of size: Int) -> Range<Int> { size / count * index ..< size / count * (index + 1) }

    /// Nil for an eighth.
    package var halves: (ExpertSlice, ExpertSlice)? {
        guard count < 8 else { return nil }
        return (ExpertSlice(index: 2 * index, of: 2 * count), ExpertSlice(index: 2 * index + 1, of: 2 * count))
    }

    /// Twice as large, with this as its first or second half; nil for a whole expert.
    package var parent: ExpertSlice? { count == 1 ? nil : ExpertSlice(index: index / 2, of: count / 2) }
}
