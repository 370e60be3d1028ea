/// Which pairs of tokens become one token, and in what order of preference.
struct MergeTable: Sendable {
    struct Merge: Sendable {
        let rank: Int32        // lower is merged first
        let id: Int32        // what the pair becomes
    }
    private var merges: [UInt64: Merge] = [:]
    /// The token of each single byte, -1 where the vocabulary has none.
    let byteIDs: [Int32]

    init(_ vocabulary: Vocabulary, reserving count: Int) {
        byteIDs = (UInt8.min ... UInt8.max).map { vocabulary.id(ofBytes: [$0]) ?? -1 }
        merges.reserveCapacity(count)
    }

    /// Whether no byte of a text is left out. UTF-8 never has C0, C1 and those from F5 on.
    var knowsAllBytes: Bool {
        byteIDs.indices.allSatisfy { byteIDs[$0] >= 0 || $0 == 0xC0 || $0 == 0xC1 || $0 >= 0xF5 }
    }

    /// A pair given twice keeps its last rank, as in Hugging Face's reader.
    mutating func insert(_ left: Int32, _ right: Int32, _ merge: Merge) {
        merges[Self.key(left, right)] = merge
    }

    /// Every token that bytes and merges lead to.
    var ids: [Int32] { byteIDs.filter { $0 >= 0 } + merges.values.map(\.id) }

    /// All merges, the one that is preferred first.
    var inOrder: [(left: Int32, right: Int32, id: Int32)] {
        merges.sorted { ($0.value.rank, $0.key) < ($1.value.rank, $1.key) }.map { pair, merge in
            (Int32(truncatingIfNeeded: pair >> 32), Int32(truncatingIfNeeded: pair), merge.id)
        }
    }

    func merge(_ left: Int32, _ right: Int32) -> Merge? { merges[Self.key(left, right)] }

    private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
    }
}
