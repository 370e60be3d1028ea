/// Finds added tokens in a text: leftmost first, of those that start at one place the longest, never overlapping.
///
/// Special tokens count in template text alone, others in content too; none crosses the border between the two, so that
/// content can neither make a control token nor hide one of the template's.
///
/// - Source: the rules of huggingface/tokenizers `tokenizer/added_vocabulary.rs`, where a match that fails
///   `single_word` still uses up its text; in content, those of its `encode_special_tokens`.
struct AddedTokenFinder: Sendable {
    enum Part: Equatable { case text(Range<Int>), token(Int32) }

    private struct Node: Sendable {
        var children: [UInt8: Int] = [:]
        var token: Int?        // index into `tokens` of the token that ends here
    }
    private let tokens: [AddedToken]
    private var nodes = [Node()]        // a trie over UTF-8 bytes; the root is first
    private var canStart = [Bool](repeating: false, count: 256)

    init(_ tokens: [AddedToken]) {
        self.tokens = tokens
        for (index, token) in tokens.enumerated() {
            if let first = token.text.first { canStart[Int(first)] = true }
            var node = 0
            for byte in token.text {
                if let child = nodes[node].children[byte] {
                    node = child
                } else {
                    nodes.append(Node())
                    nodes[node].children[byte] = nodes.count - 1
                    node = nodes.count - 1
                }
            }
            if nodes[node].token == nil { nodes[node].token = index }
        }
    }

    var isEmpty: Bool { tokens.isEmpty }
    var ids: [Int32] { tokens.map(\.id) }

    /// Cuts `text` into added tokens and what lies between; parts of no length are left out.
    func parts(of text: [UInt8], _ origins: TextOrigins, _ work: inout EncodingWork) throws(EncodingError) -> [Part] {
        guard !isEmpty else { return text.isEmpty ? [] : [.text(0 ..< text.count)] }
        var parts: [Part] = []
        var done = 0        // everything before is in `parts`
        var position = 0
        for span in origins.spans {
            while position < span.end {
                guard canStart[Int(text[position])] else {
                    position += 1
                    continue
                }
                guard let (token, end) = try longestMatch(in: text, position ..< span.end, &work) else {
                    position += 1
                    continue
                }
                let match = position ..< end
                position = end
                if token.isSpecial && span.origin == .content { continue }
                if token.isSingleWord && isBesideWord(match, in: text) { continue }
                let start =
                    token.stripsLeft
                    ? whitespaceStart(of: done ..< max(done, match.lowerBound), in: text) : match.lowerBound
                if done < start { parts.append(.text(done ..< start)) }
                parts.append(.token(token.id))
                done = token.stripsRight ? whitespaceEnd(after: end, in: text) : end
                try work.spend(max(done - end, 0))
            }
        }
        try work.spend(text.count)
        if done < text.count { parts.append(.text(done ..< text.count)) }
        return parts
    }

    /// The longest token that begins with `range` and ends in it.
    private func longestMatch(
        in text: [UInt8], _ range: Range<Int>, _ work: inout EncodingWork
    ) throws(EncodingError) -> (AddedToken, end: Int)? {
        var node = 0
        var position = range.lowerBound
        var best: (token: Int, end: Int)?
        while position < range.upperBound, let child = nodes[node].children[text[position]] {
            node = child
            position += 1
            if let token = nodes[node].token { best = (token, position) }
        }
        try work.spend(position - range.lowerBound)
        return best.map { (tokens[$0.token], $0.end) }
    }

    private func isBesideWord(_ match: Range<Int>, in text: [UInt8]) -> Bool {
        UTF8Text.scalar(before: match.lowerBound, in: text.span).map(isWord) ?? false
            || UTF8Text.scalar(at: match.upperBound, in: text.span).map(isWord) ?? false
    }

    /// Where the whitespace at the end of `range` begins.
    private func whitespaceStart(of range: Range<Int>, in text: [UInt8]) -> Int {
        var start = range.upperBound
        while start > range.lowerBound, let scalar = UTF8Text.scalar(before: start, in: text.span),
            scalar.properties.isWhitespace
        {
            start -= UTF8.width(scalar)
        }
        return start
    }

    private func whitespaceEnd(after start: Int, in text: [UInt8]) -> Int {
        var end = start
        while let scalar = UTF8Text.scalar(at: end, in: text.span), scalar.properties.isWhitespace {
            end += UTF8.width(scalar)
        }
        return end
    }

    /// `\w` of Unicode's UTS 18, annex C, for Unicode 16 as in Hugging Face's tokenizers.
    private func isWord(_ scalar: Unicode.Scalar) -> Bool {
        guard scalar.properties.age?.major ?? 0 <= 16 else { return false }
        return switch scalar.properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation: true
        default: scalar.properties.isAlphabetic || scalar.properties.isJoinControl
        }
    }
}
