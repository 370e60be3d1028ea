extension JSON {
    /// How a value is spelled. The model's chat template was made in Python, whose `json.dumps` puts a space after comma and colon.
    enum Style { case compact, pythonDefault }

    /// The value as JSON text: non-ASCII as it is, members in their order.
    func text(_ style: Style = .compact) -> String {
        var text = ""
        write(to: &text, comma: style == .compact ? "," : ", ", colon: style == .compact ? ":" : ": ")
        return text
    }

    private func write(to text: inout String, comma: String, colon: String) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .number(let digits): text += digits
        case .string(let value): Self.quote(value, to: &text)
        case .array(let elements):
            text += "["
            for (index, element) in elements.enumerated() {
                if index > 0 { text += comma }
                element.write(to: &text, comma: comma, colon: colon)
            }
            text += "]"
        case .object(let members):
            text += "{"
            for (index, member) in members.enumerated() {
                if index > 0 { text += comma }
                Self.quote(member.name, to: &text)
                text += colon
                member.value.write(to: &text, comma: comma, colon: colon)
            }
            text += "}"
        }
    }

    private static func quote(_ value: String, to text: inout String) {
        text += "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\u{8}": text += "\\b"
            case "\u{C}": text += "\\f"
            case "\u{0}"..<" ":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
