/// A binary heap of possible merges: lowest rank first, then leftmost.
struct CandidateHeap {
    /// Rank in the upper half, position in the lower: comparing keys compares rank, then position.
    struct Candidate: Comparable {
        private let key: UInt64

        init(rank: Int32, position: Int) { key = UInt64(UInt32(bitPattern: rank)) << 32 | UInt64(UInt32(truncatingIfNeeded: position)) }

        var rank: Int32 { Int32(truncatingIfNeeded: key >> 32) }
        var position: Int { Int(key & 0xFFFF_FFFF) }

        static func < (left: Self, right: Self) -> Bool { left.key < right.key }
    }
    private var items: [Candidate] = []

    mutating func insert(_ candidate: Candidate) {
        var hole = items.count
        items.append(candidate)
        while hole > 0, case let parent = (hole - 1) / 2, candidate < items[parent] {
            items[hole] = items[parent]
            hole = parent
        }
        items[hole] = candidate
    }

    mutating func popFirst() -> Candidate? {
        guard let last = items.popLast() else { return nil }
        guard let first = items.first else { return last }
        var hole = 0                                    // sinks until `last` fits into it
        while case var child = 2 * hole + 1, child < items.count {
            if child + 1 < items.count, items[child + 1] < items[child] { child += 1 }
            guard items[child] < last else { break }
            items[hole] = items[child]
            hole = child
        }
        items[hole] = last
        return first
    }
}
