/// The `added_tokens` of a `tokenizer.json`.
enum AddedTokensSection {
    /// The table in which they are searched takes some 100 bytes for each of theirs.
    private static let bytesMax = 1 << 20

    /// - Parameter normalizesToNFC: whether the text is normalized in which tokens marked `normalized` are searched.
    static func read(_ field: JSONField, _ normalizesToNFC: Bool) throws(TokenizerError) -> [AddedToken] {
        var tokens: [AddedToken] = []
        var bytes = 0
        for element in field.isNull ? [] : try field.elements() {
            let content = try element.member("content").string()
            guard !content.isEmpty else {
                throw try element.member("content").error(expected: "a token that is not empty")
            }
            bytes += content.utf8.count
            guard bytes <= bytesMax else { throw field.error(expected: "at most \(bytesMax) bytes of tokens") }
            let isNormalized = try element.member("normalized").bool()
            tokens.append(
                AddedToken(
                    id: try element.member("id").tokenID(),
                    content: content,
                    text: isNormalized && normalizesToNFC
                        ? Normalization.nfc(Array(content.utf8)) : Array(content.utf8),
                    isSpecial: try element.member("special").bool(),
                    isSingleWord: try element.member("single_word").bool(),
                    stripsLeft: try element.member("lstrip").bool(),
                    stripsRight: try element.member("rstrip").bool(),
                    isNormalized: isNormalized))
        }
        return tokens
    }
}
