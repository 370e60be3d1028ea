extension StringProtocol {
    /// What came from a client as an error or a log shows it: at most 200 characters, and none that steers a terminal, ends a
    /// line or changes the direction of what follows; those read `\u{1B}`.
    var echoed: String {
        var text = "", length = 0
        for scalar in unicodeScalars {
            let piece = scalar.isShown ? String(scalar) : "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
            length += piece.unicodeScalars.count
            // One place is kept for the mark. A character may have any number of scalars, so scalars are counted.
            guard length < Echo.lengthMax else { return text + "…" }
            text += piece
        }
        return text
    }
}

enum Echo {
    /// In Unicode scalars.
    static let lengthMax = 200
}

extension Unicode.Scalar {
    fileprivate var isShown: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }
}
