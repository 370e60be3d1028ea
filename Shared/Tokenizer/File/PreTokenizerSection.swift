/// The `pre_tokenizer` of a `tokenizer.json`. ByteLevel must come last, since after it the text is no longer text.
enum PreTokenizerSection {
    /// Each goes through the whole text, and has tables of up to 4 MB.
    private static let partsMax = 16

    static func read(_ field: JSONField) throws(TokenizerError) -> PreTokenizer {
        let parts = try flattened(field)
        guard parts.count <= partsMax else { throw field.error(expected: "at most \(partsMax) pre-tokenizers in all") }
        var steps: [PreTokenizer.Step] = []
        for (index, part) in parts.enumerated() {
            let type = try part.member("type")
            let isLast = index == parts.count - 1
            switch try type.string() {
            case "ByteLevel" where isLast: steps += try byteLevel(part)
            case _ where isLast: throw type.error(expected: "\"ByteLevel\" as the last pre-tokenizer")
            case "Split": steps.append(try split(part))
            case "Digits": steps.append(try digits(part))
            case "ByteLevel": throw type.error(expected: "nothing behind ByteLevel")
            default: throw type.error(expected: "\"ByteLevel\", \"Split\", \"Digits\" or \"Sequence\"")
            }
        }
        guard !steps.isEmpty || !parts.isEmpty else { throw field.error(expected: "a ByteLevel pre-tokenizer") }
        return PreTokenizer(steps: steps)
    }

    /// The pre-tokenizers of nested sequences in order.
    private static func flattened(_ field: JSONField) throws(TokenizerError) -> [JSONField] {
        guard try field.member("type").string() == "Sequence" else { return [field] }
        var parts: [JSONField] = []
        for element in try field.member("pretokenizers").elements() { parts += try flattened(element) }
        return parts
    }

    private static func byteLevel(_ field: JSONField) throws(TokenizerError) -> [PreTokenizer.Step] {
        var steps: [PreTokenizer.Step] = []
        if try field.member("add_prefix_space").bool() { steps.append(.prefixSpace) }
        if try field.flag("use_regex", default: true) {
            steps.append(
                try step(.isolated, at: field) { () throws(PatternError) in
                    try PatternProgram(PreTokenizer.byteLevelPattern)
                })
        }
        return steps
    }

    private static func digits(_ field: JSONField) throws(TokenizerError) -> PreTokenizer.Step {
        let isIndividual = try field.member("individual_digits").bool()
        let digit = PatternNode.set(UnicodeCategories.digits)
        return try step(.isolated, at: field) { () throws(PatternError) in
            try PatternProgram(isIndividual ? digit : .repeated(digit, min: 1, max: .max, .greedy))
        }
    }

    private static func split(_ field: JSONField) throws(TokenizerError) -> PreTokenizer.Step {
        let name = try field.member("behavior")
        guard let behavior = WordSplit.Behavior(rawValue: try name.string()) else {
            throw name.error(expected: "one of " + WordSplit.Behavior.allCases.map(\.rawValue).joined(separator: ", "))
        }
        let pattern = try field.member("pattern")
        let isInverted = try field.member("invert").bool()
        if let regex = try pattern.optional("Regex") {
            let text = try regex.string()
            return try step(behavior, isInverted, at: regex) { () throws(PatternError) in try PatternProgram(text) }
        }
        let literal = try pattern.member("String").string()
        return try step(behavior, isInverted, at: pattern) { () throws(PatternError) in
            try PatternProgram(literal: literal)
        }
    }

    private static func step(
        _ behavior: WordSplit.Behavior, _ isInverted: Bool = false, at field: JSONField,
        _ program: () throws(PatternError) -> PatternProgram
    ) throws(TokenizerError) -> PreTokenizer.Step {
        do {
            return .split(WordSplit(program: try program(), behavior: behavior, isInverted: isInverted))
        } catch {
            throw TokenizerError(file: field.file, field: field.path, expected: error.expected, found: error.found)
        }
    }
}
