/// Text of strangers (names, files, answers) as a terminal or a log may show it: what steers a terminal, or shows text
/// in another order than it has, is written as `\u001b`. In JSON that means the same text, since such characters stand
/// within its strings only.
///
/// - Parameter keepingLines: leaves line ends and tabs, for text that has lines of its own.
package func shown(_ text: String, keepingLines: Bool = false) -> String {
    func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
        !scalar.steersTerminal || (keepingLines && (scalar == "\n" || scalar == "\t"))
    }
    guard !text.unicodeScalars.allSatisfy(isHarmless) else { return text }
    var result = ""
    for scalar in text.unicodeScalars {
        if isHarmless(scalar) { result.unicodeScalars.append(scalar) } else { result += jsonEscape(scalar) }
    }
    return result
}

extension Unicode.Scalar {
    /// Control characters (ESC, and U+009B, which means the same as ESC and a bracket), line separators that are none
    /// of ASCII's, and the embeddings, overrides and isolates of the bidirectional algorithm, of which text in any
    /// script can do without.
    var steersTerminal: Bool {
        switch value {
        case 0 ..< 0x20, 0x7F ..< 0xA0, 0x2028 ... 0x202E, 0x2066 ... 0x2069: true
        default: false
        }
    }
}

/// `text` as a JSON string, quotes included; a log line or terminal may show it.
package func jsonString(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": result += "\\\""
        case "\\": result += "\\\\"
        case "\n": result += "\\n"
        case "\r": result += "\\r"
        case "\t": result += "\\t"
        case _ where scalar.steersTerminal: result += jsonEscape(scalar)
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result + "\""
}

/// `\u` and the four digits of a scalar that has no more.
private func jsonEscape(_ scalar: Unicode.Scalar) -> String {
    let digits = String(scalar.value, radix: 16)
    return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
}
