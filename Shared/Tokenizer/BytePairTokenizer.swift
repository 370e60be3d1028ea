import Foundation

/// A byte-level BPE tokenizer read from a `tokenizer.json`; encodes and decodes as Hugging Face `tokenizers` does.
package struct BytePairTokenizer: Sendable {
    /// Highest id of the model's own vocabulary + 1; added tokens usually follow.
    package let baseCount: Int
    /// Most bytes of text that one token can stand for; nil where there is no such bound.
    private let bytesPerTokenMax: Int?
    private let vocabulary: Vocabulary
    private let merges: MergeTable
    private let ignoresMerges: Bool
    private let normalizesToNFC: Bool
    private let rawTokens: AddedTokenFinder             // added tokens searched in the text as given
    private let normalizedTokens: AddedTokenFinder      // and those searched after normalization
    private let preTokenizer: PreTokenizer

    /// Reads `tokenizer.json` in `directory`.
    package init(contentsOf directory: String) throws(TokenizerError) {
        let path = directory.hasSuffix("/") ? "\(directory)tokenizer.json" : "\(directory)/tokenizer.json"
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw TokenizerError(file: path, field: "", expected: "a readable file", found: "\(error.localizedDescription)")
        }
        try self.init(json: Array(data), file: path)
    }

    /// - Parameters:
    ///   - json: the content of a `tokenizer.json`.
    ///   - file: its name, for errors.
    package init(json: [UInt8], file: String) throws(TokenizerError) {
        let content = try TokenizerFile(json, file: file)
        baseCount = content.baseCount
        bytesPerTokenMax = content.bytesPerTokenMax
        vocabulary = content.vocabulary
        merges = content.merges
        ignoresMerges = content.ignoresMerges
        normalizesToNFC = content.normalizesToNFC
        preTokenizer = content.preTokenizer
        // Special tokens come first: of two that normalize to the same text, the first is found.
        let tokens = content.addedTokens.filter(\.isSpecial) + content.addedTokens.filter { !$0.isSpecial }
        rawTokens = AddedTokenFinder(tokens.filter { !$0.isNormalized })
        normalizedTokens = AddedTokenFinder(tokens.filter(\.isNormalized))
    }

    /// Highest id + 1.
    package var vocabularyCount: Int { vocabulary.count }

    /// How many tokens a text of so many bytes has at least, known without looking at it.
    package func tokenCountMin(bytes: Int) -> Int { bytesPerTokenMax.map { (bytes + $0 - 1) / $0 } ?? 0 }

    /// The token ids of `text`. Added tokens, special ones included, become their ids wherever they stand in the text.
    package func encode(_ text: String) -> [Int32] {
        let bytes = Array(text.utf8)
        var encoder = WordEncoder(vocabulary, merges, ignoresMerges: ignoresMerges)
        for part in rawTokens.parts(of: bytes) {
            switch part {
            case .token(let id): encoder.append(id)
            case .text(let range): encode(Array(bytes[range]), with: &encoder)
            }
        }
        return encoder.ids
    }

    private func encode(_ raw: [UInt8], with encoder: inout WordEncoder) {
        let bytes = normalizesToNFC ? Normalization.nfc(raw) : raw
        for part in normalizedTokens.parts(of: bytes) {
            switch part {
            case .token(let id): encoder.append(id)
            case .text(let range):
                let (text, words) = preTokenizer.words(of: Array(bytes[range]))
                for word in words { encoder.append(word: text[word]) }
            }
        }
    }

    /// The text of `ids`. Bytes that are not UTF-8 become U+FFFD, one for each maximal part of a character; unknown ids are skipped.
    package func decode(_ ids: some Sequence<Int32>, skippingSpecial: Bool = true) -> String {
        var bytes: [UInt8] = []
        for id in ids where !(skippingSpecial && isSpecial(id)) { bytes += self.bytes(of: id) ?? [] }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// What one token adds to a text, as bytes; a character may be spread over several tokens. Nil for unknown ids.
    package func bytes(of id: Int32) -> [UInt8]? { vocabulary.bytes(of: id) }

    /// The id of an added token or vocabulary entry, spelled as in the file: " the" is "Ġthe".
    package func id(of token: String) -> Int32? { vocabulary.id(of: token) }

    /// Whether `id` is a token like `<end_of_sentence>` that stands for no text.
    package func isSpecial(_ id: Int32) -> Bool { vocabulary.isSpecial(id) }
}
