internal import JSON

/// A byte-level BPE tokenizer read from a `tokenizer.json`; encodes and decodes as Hugging Face `tokenizers` does.
package struct BytePairTokenizer: Sendable {
    /// Highest id of the model's own vocabulary + 1; added tokens usually follow.
    package let baseCount: Int
    /// Most bytes of text that one token can stand for; nil where there is no such bound.
    private let bytesPerTokenMax: Int?
    private let file: String
    private let vocabulary: Vocabulary
    private let merges: MergeTable
    private let ignoresMerges: Bool
    private let normalizesToNFC: Bool
    private let rawTokens: AddedTokenFinder        // added tokens searched in the text as given
    private let normalizedTokens: AddedTokenFinder        // and those searched after normalization
    private let preTokenizer: PreTokenizer

    /// Reads `tokenizer.json` in `directory`.
    package init(contentsOf directory: String) throws(TokenizerError) {
        let path = directory.hasSuffix("/") ? "\(directory)tokenizer.json" : "\(directory)/tokenizer.json"
        try self.init(json: BoundedFile.content(of: path, bytesMax: TokenizerFile.bytesMax), file: path)
    }

    /// - Parameters:
    ///   - json: the content of a `tokenizer.json`.
    ///   - file: its name, for errors.
    package init(json: [UInt8], file: String) throws(TokenizerError) {
        let content = try TokenizerFile(json, file: file)
        self.file = file
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

    /// What decides which ids there are and what they mean: vocabulary, merges and added tokens, as bytes that are
    /// equal for equal tokenizers, however their files are written.
    package var definition: [UInt8] {
        TokenizerDefinition(vocabulary, merges, addedIDs: rawTokens.ids + normalizedTokens.ids).bytes
    }

    /// How many tokens a text of so many bytes has at least, known without looking at it.
    package func tokenCountMin(bytes: Int) -> Int { bytesPerTokenMax.map { (bytes + $0 - 1) / $0 } ?? 0 }

    /// Refuses a tokenizer that can make of some text an id for which the model has no embedding. Ids that no text
    /// leads to may be any.
    ///
    /// - Parameter vocabularySize: how many rows the embedding has.
    package func checkIDs(vocabularySize: Int) throws(TokenizerError) {
        guard vocabularyCount > vocabularySize else { return }
        var ids = rawTokens.ids + normalizedTokens.ids + merges.ids
        if ignoresMerges { ids += vocabulary.wordIDs }
        guard let id = ids.filter({ Int($0) >= vocabularySize }).min() else { return }
        let token = String(decoding: bytes(of: id) ?? [], as: UTF8.self)
        throw TokenizerError(
            file: file, field: "the token \"\(token.echoed)\"",
            expected: "an id below vocab_size of config.json, which is \(vocabularySize)", found: "\(id)")
    }

    /// The token ids of `prompt`: words are merged and found across its pieces, as if it were one text, but special
    /// tokens only within what the template wrote. An added token that is not special counts wherever one piece spells
    /// it.
    ///
    /// - Parameter isCancelled: asked every some milliseconds.
    package func encode(
        _ prompt: PromptText, isCancelled: @escaping () -> Bool = { Task.isCancelled }
    ) throws(EncodingError) -> [Int32] { try encodeWithBorders(prompt, isCancelled: isCancelled).ids }

    /// The token ids of `prompt` as `encode` finds them, and where among them its borders are.
    ///
    /// - Parameter isCancelled: asked every some milliseconds.
    package func encodeWithBorders(
        _ prompt: PromptText, isCancelled: @escaping () -> Bool = { Task.isCancelled }
    ) throws(EncodingError) -> EncodedPrompt {
        let text = prompt.utf8
        var work = EncodingWork(bytes: text.count, rounds: preTokenizer.steps.count, isCancelled: isCancelled)
        var encoder = WordEncoder(vocabulary, merges, ignoresMerges: ignoresMerges)
        var borders = prompt.borders.map { $0 == 0 ? 0 : nil }
        let origins = TextOrigins(prompt)
        for part in try rawTokens.parts(of: text, origins, &work) {
            switch part {
            case .token(let id): encoder.append(id)
            case .text(let range):
                try encode(Array(text[range]), origins[range], with: &encoder, &work)
                for (index, border) in prompt.borders.enumerated() where border == range.upperBound {
                    borders[index] = encoder.ids.count
                }
            }
        }
        return EncodedPrompt(ids: encoder.ids, borders: borders)
    }

    private func encode(
        _ raw: [UInt8], _ rawOrigins: TextOrigins, with encoder: inout WordEncoder, _ work: inout EncodingWork
    ) throws(EncodingError) {
        let (text, origins) = normalizesToNFC ? rawOrigins.normalizing(raw) : (raw, rawOrigins)
        for part in try normalizedTokens.parts(of: text, origins, &work) {
            switch part {
            case .token(let id): encoder.append(id)
            case .text(let range):
                let (text, words) = try preTokenizer.words(of: Array(text[range]), &work)
                for word in words { try encoder.append(word: text[word], &work) }
            }
        }
    }

    /// The text of `ids`. Bytes that are not UTF-8 become U+FFFD, one for each maximal part of a character; unknown ids
    /// are skipped.
    package func decode(_ ids: some Sequence<Int32>, skippingSpecial: Bool = true) -> String {
        var bytes: [UInt8] = []
        for id in ids where !(skippingSpecial && isSpecial(id)) { bytes += self.bytes(of: id) ?? [] }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// What one token adds to a text, as bytes; a character may be spread over several tokens. Nil for unknown ids.
    package func bytes(of id: Int32) -> [UInt8]? { vocabulary.bytes(of: id) }

    /// The id of an added token or vocabulary entry, spelled as in the file: " the" is "Ġthe".
    package func id(of token: String) -> Int32? { vocabulary.id(of: token) }

    /// How the file spells a token: " the" is "Ġthe". Nil for unknown ids.
    package func spelling(of id: Int32) -> String? { vocabulary.spelling(of: id) }

    /// Whether `id` is a token like `<end_of_sentence>` that stands for no text.
    package func isSpecial(_ id: Int32) -> Bool { vocabulary.isSpecial(id) }
}
