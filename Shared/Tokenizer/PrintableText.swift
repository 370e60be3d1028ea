/// Text out of a file as an error may show it: short, and without anything that a terminal would obey or a reader not see.
enum PrintableText {
    private static let scalarsMax = 200

    static func plain(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars.prefix(scalarsMax) {
            if isPrintable(scalar) {
                result.append(scalar)
            } else {
                result.append(contentsOf: "\\u{\(String(scalar.value, radix: 16, uppercase: true))}".unicodeScalars)
            }
        }
        return String(result) + (text.unicodeScalars.dropFirst(scalarsMax).isEmpty ? "" : "…")
    }

    static func quoted(_ text: String) -> String { "\"\(plain(text))\"" }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned, .surrogate: false
        default: true
        }
    }
}
