/// Collects the ids of one text, word by word, and remembers words it has seen.
struct WordEncoder {
    /// Bounds of the memory for words: texts repeat few and short ones.
    private static let wordsMax = 1 << 16, wordBytesMax = 256
    private(set) var ids: [Int32] = []
    private let vocabulary: Vocabulary
    private let ignoresMerges: Bool
    private var merger: WordMerger
    private var ranges: [[UInt8]: Range<Int>] = [:]        // where in `ids` the word was encoded before

    init(_ vocabulary: Vocabulary, _ merges: MergeTable, ignoresMerges: Bool) {
        self.vocabulary = vocabulary
        self.ignoresMerges = ignoresMerges
        merger = WordMerger(merges)
    }

    mutating func append(_ id: Int32) { ids.append(id) }

    mutating func append(word slice: ArraySlice<UInt8>, _ work: inout EncodingWork) throws(EncodingError) {
        guard slice.count <= Self.wordBytesMax else { return try encode(Array(slice), &work) }
        let word = Array(slice)
        if let range = ranges[word] {
            for index in range { ids.append(ids[index]) }
        } else {
            let start = ids.count
            try encode(word, &work)
            if ranges.count < Self.wordsMax { ranges[word] = start ..< ids.count }
        }
    }

    private mutating func encode(_ word: [UInt8], _ work: inout EncodingWork) throws(EncodingError) {
        if ignoresMerges, let id = vocabulary.id(ofBytes: word) {
            ids.append(id)
        } else {
            try merger.merge(word, into: &ids, &work)
        }
    }
}
