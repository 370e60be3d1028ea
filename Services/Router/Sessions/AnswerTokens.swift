internal import Tokenizer

/// The tokens of an answer, as far as its client was given their text.
enum AnswerTokens {
    /// - Parameters:
    ///   - generated: by the model, in order.
    ///   - cutOff: how many Unicode scalars at the end of their text a stop string took away. Where that begins inside
    ///     a token, what is left of the token's text is encoded anew.
    ///   - skipsSpecial: whether special tokens have no text.
    static func told(
        _ generated: [Int32], cutOff: Int, _ tokenizer: BytePairTokenizer, skipsSpecial: Bool
    ) throws -> [Int32] {
        guard cutOff > 0 else { return generated }
        let ends = ends(of: generated, tokenizer, skipsSpecial: skipsSpecial)
        let length = (ends.last?.scalars ?? 0) - cutOff
        let whole = ends.lastIndex { $0.isWhole && $0.scalars <= length }.map { $0 + 1 } ?? 0
        let rest = length - (whole == 0 ? 0 : ends[whole - 1].scalars)
        guard rest > 0 else { return Array(generated.prefix(whole)) }
        var decoder = StreamDecoder(tokenizer, skippingSpecial: skipsSpecial)
        let text = generated.dropFirst(whole).reduce("") { $0 + decoder.append($1) }
        let beginning = String(String.UnicodeScalarView(text.unicodeScalars.prefix(rest)))
        return generated.prefix(whole) + (try tokenizer.encode(PromptText(content: beginning), isCancelled: { false }))
    }

    /// For each token the length of the text up to its end, and whether no character is open there.
    private static func ends(
        of tokens: [Int32], _ tokenizer: BytePairTokenizer, skipsSpecial: Bool
    ) -> [(scalars: Int, isWhole: Bool)] {
        var decoder = StreamDecoder(tokenizer, skippingSpecial: skipsSpecial)
        var scalars = 0
        return tokens.map { token in
            scalars += decoder.append(token).unicodeScalars.count
            return (scalars, !decoder.isInsideCharacter)
        }
    }
}
