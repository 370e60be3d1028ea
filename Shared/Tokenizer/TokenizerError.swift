internal import JSON

/// Why a `tokenizer.json` cannot be used: which field of which file, what it should hold and what it holds.
package struct TokenizerError: Error, Equatable, CustomStringConvertible {
    /// The path of the file, or the name that its reader gave it.
    package let file: String
    /// Where in the file, as `model.merges[17]`; empty for the file as a whole.
    package let field: String
    /// What the field should hold, in words, as `true or false`.
    package let expected: String
    /// What the field holds, in words; may quote the file.
    package let found: String

    /// Keeps the texts as they are; only `description` shortens them.
    package init(file: String, field: String, expected: String, found: String) {
        self.file = file
        self.field = field
        self.expected = expected
        self.found = found
    }

    /// One line that names the file, the field if there is one, what was expected and what was found.
    package var description: String {
        let place = field.isEmpty ? file : "\(file): \(field.echoed)"
        return "\(place): expected \(expected), found \(found.echoed)"
    }
}
