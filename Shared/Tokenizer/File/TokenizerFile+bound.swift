extension TokenizerFile {
    /// Form C takes up to three times fewer bytes than the text did: Hangul syllables, of nine bytes in parts and three
    /// together.
    private static let normalizationFactor = 3

    /// Most bytes of text that one token can stand for. Nil where bytes are left out because the vocabulary lacks them,
    /// or where an added token takes any amount of whitespace along.
    var bytesPerTokenMax: Int? {
        guard merges.knowsAllBytes, !addedTokens.contains(where: { $0.stripsLeft || $0.stripsRight }) else {
            return nil
        }
        let longest = max(
            vocabulary.longestByteCount, addedTokens.map { max($0.text.count, $0.content.utf8.count) }.max() ?? 0)
        return longest * (normalizesToNFC ? Self.normalizationFactor : 1)
    }
}
