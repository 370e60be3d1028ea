internal import Console
internal import Tokenizer

/// Words that are one token each, also inside a text, so that texts have about as many tokens as they shall, and what a
/// model answers is the same tokens when it is sent back.
struct BenchWords: Sendable {
    /// The words' tokens, and the words with the space before them.
    let words: [(id: Int32, text: String)]

    private static let wordsMax = 2000, wordsMin = 64

    /// - Throws: `StartError` when the tokenizer has too few such words.
    init(_ tokenizer: BytePairTokenizer, vocabularySize: Int) throws {
        var words: [(id: Int32, text: String)] = []
        for id in 0 ..< Int32(min(vocabularySize, tokenizer.vocabularyCount)) where words.count < Self.wordsMax {
            guard !tokenizer.isSpecial(id), let bytes = tokenizer.bytes(of: id), Self.isWord(bytes) else { continue }
            let text = String(decoding: bytes, as: UTF8.self)
            // Behind another one, so that it is seen to be a token of its own.
            guard try tokenizer.encode(PromptText(content: text + text)) == [id, id] else { continue }
            words.append((id, text))
        }
        guard words.count >= Self.wordsMin else {
            throw StartError(
                "the model's tokenizer has \(words.count) tokens that are a space and a word, "
                    + "of which a benchmark's chats consist; expected at least \(Self.wordsMin)")
        }
        self.words = words
    }

    private static func isWord(_ bytes: some Collection<UInt8>) -> Bool {
        bytes.count > 2 && bytes.first == UInt8(ascii: " ") && bytes.dropFirst().allSatisfy(isLetter)
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a") ... UInt8(ascii: "z")).contains(byte | 0x20)
    }

    /// Sentences of random words, of about so many tokens.
    func prose(tokens: Int, random: inout some RandomNumberGenerator) -> String {
        lines(tokens: tokens, random: &random) { _, words in "\(words)." }
    }

    /// What a tool might have found: numbered lines of random words, of about so many tokens.
    func toolOutput(tokens: Int, random: inout some RandomNumberGenerator) -> String {
        lines(tokens: tokens, random: &random) { number, words in "\(number):\(words)" }
    }

    /// Tokens that an answer may consist of.
    func choice(random: inout some RandomNumberGenerator) -> [Int32] {
        words.shuffled(using: &random).prefix(Self.wordsMin).map(\.id)
    }

    /// A line has its words and about as many tokens more as its decoration and its end take.
    private func lines(
        tokens: Int, random: inout some RandomNumberGenerator, _ line: (Int, String) -> String
    ) -> String {
        var text = "", left = tokens, number = 1
        while left > 0 {
            let count = min(max(1, left - Self.decorationTokens), Self.wordsPerLine)
            let chosen = (0 ..< count).map { _ in words[Int.random(in: words.indices, using: &random)].text }
            text += (number == 1 ? "" : "\n") + line(number, chosen.joined())
            left -= count + Self.decorationTokens
            number += 1
        }
        return text
    }

    private static let wordsPerLine = 14, decorationTokens = 2
}
