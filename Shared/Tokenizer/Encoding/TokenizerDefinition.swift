/// What decides which ids there are and what they mean, as bytes: equal for equal tokenizers, however their files are
/// written.
struct TokenizerDefinition {
    private(set) var bytes: [UInt8] = []

    /// - Parameter addedIDs: of the tokens that are found in a text as a whole.
    init(_ vocabulary: Vocabulary, _ merges: MergeTable, addedIDs: [Int32]) {
        add(vocabulary.count)
        for id in 0 ..< Int32(vocabulary.count) {
            guard let token = vocabulary.bytes(of: id) else {
                add(-1)
                continue
            }
            add(token.count)
            bytes += token
            bytes.append(vocabulary.isSpecial(id) ? 1 : 0)
        }
        let merges = merges.inOrder
        add(merges.count)
        for merge in merges { for id in [merge.left, merge.right, merge.id] { add(Int(id)) } }
        for id in addedIDs.sorted() { add(Int(id)) }
    }

    private mutating func add(_ number: Int) {
        let bits = UInt32(truncatingIfNeeded: number)
        for shift: UInt32 in [0, 8, 16, 24] { bytes.append(UInt8(truncatingIfNeeded: bits >> shift)) }
    }
}
