internal import JSON

/// What a `tokenizer.json` says, checked: everything in it is either supported or refused by name.
struct TokenizerFile {
    let vocabulary: Vocabulary
    let merges: MergeTable
    let ignoresMerges: Bool
    let addedTokens: [AddedToken]
    /// Highest id of the model's own vocabulary + 1; added tokens usually follow.
    let baseCount: Int
    let normalizesToNFC: Bool
    let preTokenizer: PreTokenizer
    /// Those of large models have 10 to 40 MB.
    static let bytesMax = 256 << 20

    init(_ bytes: [UInt8], file: String) throws(TokenizerError) {
        let root = try JSONField(bytes, file: file)
        try Self.checkLeftovers(root)
        let model = try ModelSection(root.member("model"))
        let normalizesToNFC = try root.optional("normalizer").map(Self.isNFC) ?? false
        self.normalizesToNFC = normalizesToNFC
        addedTokens =
            try root.optional("added_tokens").map { field throws(TokenizerError) in
                try AddedTokensSection.read(field, normalizesToNFC)
            } ?? []
        baseCount = model.vocabulary.count
        vocabulary = try Self.adding(addedTokens, to: model.vocabulary, file: file)
        merges = model.merges
        ignoresMerges = model.ignoresMerges
        preTokenizer = try PreTokenizerSection.read(root.member("pre_tokenizer"))
        try Self.checkDecoder(root.member("decoder"))
        if let field = try root.optional("post_processor") { try PostProcessorSection.check(field) }
    }

    /// `truncation` and `padding` are what the last call of whoever saved the file asked for; transformers sets both
    /// anew for each call, and so a file that holds them means the same as one that does not.
    private static func checkLeftovers(_ root: JSONField) throws(TokenizerError) {
        for name in ["truncation", "padding"] {
            guard let field = try root.optional(name), !field.isNull else { continue }
            guard case .object = field.value else { throw field.error(expected: "an object or null") }
        }
    }

    private static func adding(
        _ tokens: [AddedToken], to vocabulary: Vocabulary, file: String
    ) throws(TokenizerError) -> Vocabulary {
        var vocabulary = vocabulary
        var known: [[UInt8]: AddedToken] = [:]
        for (index, token) in tokens.enumerated() {
            let before = known.updateValue(token, forKey: Array(token.content.utf8))
            if before == token { continue }
            guard before == nil, vocabulary.insert(added: token) else {
                throw TokenizerError(
                    file: file, field: "added_tokens[\(index)]", expected: "an id and a content of its own",
                    found: "\"\(token.content.echoed)\" with id \(token.id)")
            }
        }
        return vocabulary
    }

    private static func isNFC(_ field: JSONField) throws(TokenizerError) -> Bool {
        if field.isNull { return false }
        let type = try field.member("type")
        switch try type.string() {
        case "NFC": return true
        case "Sequence":
            var isNFC = false
            for element in try field.member("normalizers").elements() where try Self.isNFC(element) { isNFC = true }
            return isNFC
        default: throw type.error(expected: "\"NFC\" or \"Sequence\"")
        }
    }

    private static func checkDecoder(_ field: JSONField) throws(TokenizerError) {
        let type = try field.member("type")
        guard try type.string() == "ByteLevel" else { throw type.error(expected: "\"ByteLevel\"") }
    }
}

extension JSONField {
    func tokenID() throws(TokenizerError) -> Int32 {
        guard let id = value.integer, (0 ... Vocabulary.idMax).contains(id) else {
            throw error(expected: "a token id from 0 to \(Vocabulary.idMax)")
        }
        return Int32(id)
    }
}
