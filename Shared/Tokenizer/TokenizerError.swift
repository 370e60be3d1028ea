internal import JSON

/// Why a `tokenizer.json` cannot be used: which field of which file, what it should hold and what it holds.
package struct TokenizerError: Error, Equatable, CustomStringConvertible {
    package let file: String
    /// Where in the file, as `model.merges[17]`; empty for the file as a whole.
    package let field: String
    package let expected: String
    package let found: String

    package init(file: String, field: String, expected: String, found: String) {
        self.file = file
        self.field = field
        self.expected = expected
        self.found = found
    }

    package var description: String {
        let place = field.isEmpty ? file : "\(file): \(field.echoed)"
        return "\(place): expected \(expected), found \(found.echoed)"
    }
}
