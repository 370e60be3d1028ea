extension JSONValue {
    /// How a value is spelled.
    package enum Style: Sendable {
        case compact
        /// As Python's `json.dumps`, which made the model's chat template: a space after comma and colon.
        case pythonDefault
        /// For files that people read: a member or element a line, except lists of numbers, which stay on one.
        case indented
    }

    /// The value as JSON text: non-ASCII as it is, members in their order.
    package func text(_ style: Style = .compact) -> String {
        var writer = JSONWriter(style: style)
        writer.write(self)
        return writer.text
    }

    /// The value as a file that people may read.
    package var fileContent: [UInt8] { Array((text(.indented) + "\n").utf8) }
}

private struct JSONWriter {
    let style: JSONValue.Style
    var text = ""
    private var depth = 0

    init(style: JSONValue.Style) { self.style = style }

    mutating func write(_ value: JSONValue) {
        switch value {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .number(let digits): text += digits
        case .string(let value): quote(value)
        case .array(let elements):
            let isShort = elements.allSatisfy { if case .number = $0 { true } else { false } }
            list("[", elements, "]", onOneLine: isShort) { $0.write($1) }
        case .object(let members):
            list("{", members, "}", onOneLine: members.isEmpty) { writer, member in
                writer.quote(member.name)
                writer.text += writer.style == .compact ? ":" : ": "
                writer.write(member.value)
            }
        }
    }

    private mutating func list<Element>(
        _ open: String, _ elements: [Element], _ close: String, onOneLine: Bool,
        _ write: (inout JSONWriter, Element) -> Void
    ) {
        let isIndented = style == .indented && !onOneLine
        text += open
        depth += 1
        for (index, element) in elements.enumerated() {
            if index > 0 { text += style == .compact || isIndented ? "," : ", " }
            if isIndented { newLine() }
            write(&self, element)
        }
        depth -= 1
        if isIndented { newLine() }
        text += close
    }

    private mutating func newLine() { text += "\n" + String(repeating: "  ", count: depth) }

    private mutating func quote(_ value: String) {
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
            case "\u{0}" ..< " ":
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
