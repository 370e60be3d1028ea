internal import HeapModule

/// Turns the bytes of one word into tokens: the pair of lowest rank is merged first, of equal ones the leftmost.
///
/// The tokens are a linked list and the pairs a heap, so a word of n bytes costs n log n, whatever it looks like.
struct WordMerger {
    private struct Symbol {
        var id: Int32
        var previous: Int32        // positions in `symbols`; -1 at the ends
        var next: Int32
        var merge: MergeTable.Merge?        // of this symbol with the next
    }
    /// A merge that was possible when it was noted.
    private struct Candidate: Comparable {
        /// Rank in the upper half, position in the lower: comparing keys compares rank, then position.
        private let key: UInt64

        init(rank: Int32, position: Int) {
            key = UInt64(UInt32(bitPattern: rank)) << 32 | UInt64(UInt32(truncatingIfNeeded: position))
        }

        var rank: Int32 { Int32(truncatingIfNeeded: key >> 32) }
        var position: Int { Int(key & 0xFFFF_FFFF) }

        static func < (left: Self, right: Self) -> Bool { left.key < right.key }
    }
    /// A long word reports its steps each time this many are done; a power of two less one.
    private static let stepsAtOnce = 0xFFFF
    private let table: MergeTable
    private var symbols: [Symbol] = []
    private var candidates = Heap<Candidate>()

    init(_ table: MergeTable) { self.table = table }

    /// Appends the tokens of `word` to `ids`. Bytes that the vocabulary does not have are left out, as Hugging Face
    /// does where no unknown token is declared.
    mutating func merge(
        _ word: some Collection<UInt8>, into ids: inout [Int32], _ work: inout EncodingWork
    ) throws(EncodingError) {
        link(word)
        try work.spend(word.count)
        for position in symbols.indices.dropLast() { offer(position) }
        var steps = 0
        while let candidate = candidates.popMin() {
            steps += 1
            if steps & Self.stepsAtOnce == 0 { try work.spend(Self.stepsAtOnce) }
            // A symbol that was merged since, or merged away, has a different merge now: the candidate is out of date.
            guard let merge = symbols[candidate.position].merge, merge.rank == candidate.rank else { continue }
            join(candidate.position, into: merge.id)
        }
        var position = symbols.isEmpty ? -1 : 0
        while position >= 0 {
            ids.append(symbols[position].id)
            position = Int(symbols[position].next)
        }
    }

    private mutating func link(_ word: some Collection<UInt8>) {
        symbols.removeAll(keepingCapacity: true)
        for byte in word {
            let id = table.byteIDs[Int(byte)]
            guard id >= 0 else { continue }
            let position = Int32(symbols.count)
            symbols.append(Symbol(id: id, previous: position - 1, next: position + 1, merge: nil))
        }
        if !symbols.isEmpty { symbols[symbols.count - 1].next = -1 }
    }

    /// Looks up what the symbol and its right neighbour become and files that as a candidate.
    private mutating func offer(_ position: Int) {
        let next = symbols[position].next
        let merge = next < 0 ? nil : table.merge(symbols[position].id, symbols[Int(next)].id)
        symbols[position].merge = merge
        if let merge { candidates.insert(Candidate(rank: merge.rank, position: position)) }
    }

    private mutating func join(_ position: Int, into id: Int32) {
        let absorbed = Int(symbols[position].next)
        let next = symbols[absorbed].next
        symbols[absorbed].merge = nil
        symbols[position].id = id
        symbols[position].next = next
        if next >= 0 { symbols[Int(next)].previous = Int32(position) }
        offer(position)
        if symbols[position].previous >= 0 { offer(Int(symbols[position].previous)) }
    }
}
