extension StringProtocol {
    /// What came from a client or a file as an error or a log shows it: at most 200 characters, and none that steers a
    /// terminal, ends a line, changes the direction of what follows or cannot be seen; those read `\u{1B}`.
    package var echoed: String {
        var text = "", length = 0
        for scalar in unicodeScalars {
            let piece = scalar.isShown ? String(scalar) : "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
            length += piece.unicodeScalars.count
            // One place is kept for the mark. A character may have any number of scalars, so scalars are counted.
            guard length < echoedScalarsMax else { return text + "…" }
            text += piece
        }
        return text
    }
}

private let echoedScalarsMax = 200

extension Unicode.Scalar {
    fileprivate var isShown: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned, .surrogate: false
        default: true
        }
    }
}
