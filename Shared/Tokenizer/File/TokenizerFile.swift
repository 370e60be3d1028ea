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

    init(_ bytes: [UInt8], file: String) throws(TokenizerError) {
        let root = try JSONField(bytes, file: file)
        for name in ["truncation", "padding"] {
            if let field = try root.optional(name), !field.isNull { throw field.error(expected: "null; lengths are the server's business") }
        }
        let model = try ModelSection(root.member("model"))
        let normalizesToNFC = try root.optional("normalizer").map(Self.isNFC) ?? false
        self.normalizesToNFC = normalizesToNFC
        addedTokens = if let field = try root.optional("added_tokens") { try Self.addedTokens(field, normalizesToNFC) } else { [] }
        baseCount = model.vocabulary.count
        vocabulary = try Self.adding(addedTokens, to: model.vocabulary, file: file)
        merges = model.merges
        ignoresMerges = model.ignoresMerges
        preTokenizer = try PreTokenizerSection.read(root.member("pre_tokenizer"))
        try Self.checkDecoder(root.member("decoder"))
        if let field = try root.optional("post_processor") { try Self.checkPostProcessor(field) }
    }

    private static func addedTokens(_ field: JSONField, _ normalizesToNFC: Bool) throws(TokenizerError) -> [AddedToken] {
        var tokens: [AddedToken] = []
        for element in field.isNull ? [] : try field.elements() {
            let content = try element.member("content").string()
            guard !content.isEmpty else { throw try element.member("content").error(expected: "a token that is not empty") }
            let isNormalized = try element.member("normalized").bool()
            tokens.append(AddedToken(
                id: try element.member("id").tokenID(),
                content: content,
                text: isNormalized && normalizesToNFC ? Normalization.nfc(Array(content.utf8)) : Array(content.utf8),
                isSpecial: try element.member("special").bool(),
                isSingleWord: try element.member("single_word").bool(),
                stripsLeft: try element.member("lstrip").bool(),
                stripsRight: try element.member("rstrip").bool(),
                isNormalized: isNormalized))
        }
        return tokens
    }

    private static func adding(_ tokens: [AddedToken], to vocabulary: Vocabulary, file: String) throws(TokenizerError) -> Vocabulary {
        var vocabulary = vocabulary
        var contents: Set<[UInt8]> = []
        for (index, token) in tokens.enumerated() {
            guard contents.insert(Array(token.content.utf8)).inserted, vocabulary.insert(added: token) else {
                throw TokenizerError(
                    file: file, field: "added_tokens[\(index)]", expected: "an id and a content of its own",
                    found: "\"\(token.content)\" with id \(token.id)")
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

    /// A post-processor that leaves the ids as they are.
    private static func checkPostProcessor(_ field: JSONField) throws(TokenizerError) {
        if field.isNull { return }
        let type = try field.member("type")
        switch try type.string() {
        case "ByteLevel": return
        case "Sequence": for element in try field.member("processors").elements() { try checkPostProcessor(element) }
        case "TemplateProcessing":
            throw type.error(expected: "\"ByteLevel\" or null; tokens around a prompt are written by the chat template, not put in by the tokenizer")
        default: throw type.error(expected: "\"ByteLevel\" or null")
        }
    }
}

extension JSONField {
    func tokenID() throws(TokenizerError) -> Int32 {
        guard let id = value.integer, (0...Vocabulary.idMax).contains(id) else {
            throw error(expected: "a token id from 0 to \(Vocabulary.idMax)")
        }
        return Int32(id)
    }
}
