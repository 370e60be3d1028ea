/// Words that one answer must not say, in token ids: the last token of a word is barred wherever the answer ends in the
/// tokens before it. A pure value that is told each token of the answer.
struct BadWords: Sendable {
    /// Words of one token, which are barred everywhere.
    let always: Set<Int32>
    /// The ids that must not be chosen next.
    private(set) var barred: Set<Int32>
    /// Words of more tokens.
    private let longer: [[Int32]]
    /// Most tokens that a word has before its last.
    private let reach: Int
    /// The last `reach` tokens of the answer.
    private var tail: [Int32] = []

    init(_ words: [[Int32]]) {
        always = Set(words.compactMap { $0.count == 1 ? $0[0] : nil })
        barred = always
        longer = words.filter { $0.count > 1 }
        reach = (longer.map(\.count).max() ?? 1) - 1
    }

    /// Whether more are barred than `always`.
    var hasMore: Bool { barred.count > always.count }

    /// Notes the next token of the answer.
    mutating func append(_ token: Int32) {
        guard reach > 0 else { return }
        tail.append(token)
        tail.removeFirst(max(0, tail.count - reach))
        barred = always
        for word in longer where tail.suffix(word.count - 1).elementsEqual(word.dropLast()) {
            barred.insert(word[word.count - 1])
        }
    }
}
