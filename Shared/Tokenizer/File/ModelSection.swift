internal import JSON

/// The `model` of a `tokenizer.json`: a byte-level BPE without any of its options but `ignore_merges`.
struct ModelSection {
    private(set) var vocabulary = Vocabulary()
    private(set) var merges: MergeTable
    /// A word that is a token is that token, whether merges lead to it or not.
    let ignoresMerges: Bool

    init(_ field: JSONField) throws(TokenizerError) {
        let type = try field.member("type")
        guard try type.string() == "BPE" else { throw type.error(expected: "\"BPE\"") }
        for name in ["continuing_subword_prefix", "end_of_word_suffix"] {
            guard let affix = try field.optional(name), !affix.isNull else { continue }
            guard try affix.string().isEmpty else { throw affix.error(expected: "null or \"\"") }
        }
        if let dropout = try field.optional("dropout") {
            guard dropout.isNull || dropout.value.double == 0 else {
                throw dropout.error(expected: "null; encoding must not be random")
            }
        }
        if try field.flag("byte_fallback", default: false) {
            throw try field.member("byte_fallback").error(expected: "false")
        }
        ignoresMerges = try field.flag("ignore_merges", default: false)

        try Self.read(field.member("vocab"), into: &vocabulary)
        let list = try field.member("merges")
        merges = MergeTable(vocabulary, reserving: try list.elements().count)
        try Self.read(list, vocabulary, into: &merges)
        try Self.checkUnknownToken(field, merges)
    }

    /// A vocabulary of all bytes never needs its unknown token. In others that token would stand for missing bytes,
    /// which here are left out, as is right only where none is declared.
    private static func checkUnknownToken(_ field: JSONField, _ merges: MergeTable) throws(TokenizerError) {
        guard let unknown = try field.optional("unk_token"), !unknown.isNull else { return }
        _ = try unknown.string()
        guard let missing = merges.byteIDs.firstIndex(where: { $0 < 0 }) else { return }
        throw unknown.error(expected: "null, since the vocabulary has no token for the byte \(missing)")
    }

    private static func read(_ field: JSONField, into vocabulary: inout Vocabulary) throws(TokenizerError) {
        let members = try field.members()
        vocabulary.reserve(members.count)
        for member in members {
            let entry = JSONField(file: field.file, path: "\(field.path)[\"\(member.name)\"]", value: member.value)
            guard vocabulary.insert(member.name, id: try entry.tokenID()) else {
                throw entry.error(expected: "an id and a content that no other entry has")
            }
        }
    }

    private static func read(
        _ list: JSONField, _ vocabulary: Vocabulary, into merges: inout MergeTable
    ) throws(TokenizerError) {
        for (rank, entry) in try list.elements().enumerated() {
            guard let (left, right) = try pair(entry) else { continue }
            guard let leftID = vocabulary.id(of: left), let rightID = vocabulary.id(of: right),
                let id = vocabulary.id(of: left + right)
            else {
                let missing = [left, right, left + right].first { vocabulary.id(of: $0) == nil } ?? ""
                throw TokenizerError(
                    file: entry.file, field: entry.path, expected: "tokens of the vocabulary",
                    found: "\"\(missing.echoed)\"")
            }
            merges.insert(leftID, rightID, MergeTable.Merge(rank: Int32(rank), id: id))
        }
    }

    /// The two tokens of a merge, written "a b" or ["a", "b"]; nil for the version line that some files carry.
    private static func pair(_ entry: JSONField) throws(TokenizerError) -> (String, String)? {
        switch entry.value {
        case .array(let values):
            guard values.count == 2, case .string(let left) = values[0], case .string(let right) = values[1] else {
                break
            }
            return (left, right)
        case .string(let text):
            if text.hasPrefix("#version") { return nil }
            let parts = text.utf8.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
            guard parts.count == 2, let left = String(parts[0]), let right = String(parts[1]) else { break }
            return (left, right)
        default: break
        }
        throw entry.error(expected: "two tokens, as \"a b\" or [\"a\", \"b\"]")
    }
}
