/// Cuts text into the words whose bytes are merged on their own.
struct PreTokenizer: Sendable {
    enum Step: Sendable {
        case split(WordSplit)
        case prefixSpace        // puts a space before each piece that does not begin with one
    }

    /// The pattern of ByteLevel with `use_regex`: contractions, words, numbers, the rest, whitespace.
    ///
    /// - Source: openai/gpt-2 `encoder.py`.
    static let byteLevelPattern = #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#

    let steps: [Step]

    /// The words of `text` as ranges of the returned bytes, which are `text` with prefix spaces put in.
    func words(
        of text: consuming [UInt8], _ work: inout EncodingWork
    ) throws(EncodingError) -> (text: [UInt8], words: [Range<Int>]) {
        var text = text
        var pieces = text.isEmpty ? [] : [0 ..< text.count]
        for step in steps {
            switch step {
            case .split(let split): pieces = try split.split(text.span, pieces, &work)
            case .prefixSpace: (text, pieces) = withPrefixSpaces(text, pieces)
            }
        }
        return (text, pieces)
    }

    private func withPrefixSpaces(_ text: [UInt8], _ pieces: [Range<Int>]) -> ([UInt8], [Range<Int>]) {
        let space = UInt8(ascii: " ")
        var result: [UInt8] = []
        result.reserveCapacity(text.count + pieces.count)
        let moved = pieces.map { piece in
            let start = result.count
            if text[piece.lowerBound] != space { result.append(space) }
            result.append(contentsOf: text[piece])
            return start ..< result.count
        }
        return (result, moved)
    }
}
