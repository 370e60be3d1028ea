internal import Algorithms

/// Some ids of the vocabulary as ranges, which are few where ids lie side by side, as those of tokens that were never
/// trained do.
struct TokenRanges: Sendable, Equatable {
    /// Ascending, apart from each other.
    let ranges: [Range<Int>]

    private init(ranges: [Range<Int>]) { self.ranges = ranges }

    /// - Parameter ids: in any order; negative ones are left out.
    init(_ ids: some Sequence<Int32>) {
        var ranges: [Range<Int>] = []
        for id in Set(ids).sorted() where id >= 0 {
            let id = Int(id)
            if let last = ranges.last, last.upperBound == id {
                ranges[ranges.count - 1] = last.lowerBound ..< id + 1
            } else {
                ranges.append(id ..< id + 1)
            }
        }
        self.ranges = ranges
    }

    func contains(_ id: Int) -> Bool {
        let place = ranges.partitioningIndex { $0.upperBound > id }
        return place < ranges.count && ranges[place].contains(id)
    }

    var count: Int { ranges.reduce(0) { $0 + $1.count } }

    /// Those in `range`.
    func clamped(to range: Range<Int>) -> TokenRanges {
        TokenRanges(ranges: ranges.map { $0.clamped(to: range) }.filter { !$0.isEmpty })
    }

    /// As they travel: from id 0 on, how many are no such ids, how many are, and so on.
    var lengths: [UInt32] {
        var end = 0
        return ranges.flatMap { range in
            defer { end = range.upperBound }
            return [UInt32(range.lowerBound - end), UInt32(range.count)]
        }
    }

    /// The lowest id below `limit` that is not among them.
    func lowestOther(below limit: Int) -> Int? {
        guard let first = ranges.first, first.lowerBound == 0 else { return limit > 0 ? 0 : nil }
        return first.upperBound < limit ? first.upperBound : nil
    }
}
