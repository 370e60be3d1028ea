/// The `post_processor` of a `tokenizer.json`: only those are taken that leave the ids of a single text as they are.
enum PostProcessorSection {
    static func check(_ field: JSONField) throws(TokenizerError) {
        if field.isNull { return }
        let type = try field.member("type")
        switch try type.string() {
        case "ByteLevel": return
        case "Sequence": for element in try field.member("processors").elements() { try check(element) }
        case "TemplateProcessing": try check(template: field.member("single"))
        default: throw type.error(expected: "\"ByteLevel\", a TemplateProcessing that puts nothing in, or null")
        }
    }

    /// A template for one text: the text and nothing else. The one for pairs is never used.
    private static func check(template field: JSONField) throws(TokenizerError) {
        let pieces = try field.elements()
        for piece in pieces {
            guard let token = try piece.optional("SpecialToken") else { continue }
            throw try token.member("id").error(
                expected:
                    "no token; tokens around a prompt are written by the chat template, not put in by the tokenizer")
        }
        guard pieces.count == 1, let sequence = try pieces[0].optional("Sequence"),
            try sequence.member("id").string() == "A"
        else {
            throw field.error(expected: "the text once, {\"Sequence\": {\"id\": \"A\"}}, and nothing else")
        }
    }
}
