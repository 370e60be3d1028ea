package import JSON

/// A value that a template is given.
package enum TemplateValue: Sendable {
    case none
    case bool(Bool)
    case int(Int)
    /// An integer beyond 64 bits, by its digits; templates can only show it.
    case bigInt(String)
    case double(Double)
    case string(OriginText)
    case list([TemplateValue])
    /// Members in their order. Of equal names the last counts, at the place of the first, as in Python.
    case object([(name: OriginText, value: TemplateValue)])

    /// Takes text of one origin.
    package static func string(_ text: String, _ origin: TextOrigin) -> TemplateValue {
        .string(OriginText(text, origin))
    }

    /// Takes a value and all that it contains, names of members too, from one origin.
    package init(_ json: JSONValue, _ origin: TextOrigin) {
        switch json {
        case .null: self = .none
        case .bool(let value): self = .bool(value)
        case .number(let digits): self = Self.number(digits)
        case .string(let value): self = .string(value, origin)
        case .array(let elements): self = .list(elements.map { TemplateValue($0, origin) })
        case .object(let members):
            self = .object(members.map { (OriginText($0.name, origin), TemplateValue($0.value, origin)) })
        }
    }

    /// A number as Python reads it: whole numbers stay exact, all others are doubles.
    private static func number(_ digits: String) -> TemplateValue {
        if let integer = Int(digits) { return .int(integer) }
        let isWhole = !digits.utf8.contains { $0 == UInt8(ascii: ".") || $0 | 0x20 == UInt8(ascii: "e") }
        return isWhole ? .bigInt(digits) : .double(Double(digits) ?? .nan)
    }
}

/// What a template was rendered to.
package struct RenderedText: Equatable, Sendable {
    /// Text of one origin.
    package struct Piece: Equatable, Sendable {
        /// The text, never empty.
        package let text: String
        /// Where it comes from.
        package let origin: TextOrigin
    }
    /// Neighbours have different origins.
    package let pieces: [Piece]

    init(_ text: OriginText) {
        pieces = text.runs.map {
            Piece(text: String(decoding: text.bytes[$0.range], as: UTF8.self), origin: $0.origin)
        }
    }

    /// The pieces joined.
    package var text: String { pieces.map(\.text).joined() }
}

/// How much work a rendering may be.
package struct RenderLimits: Sendable {
    /// Evaluated parts of the template, elements of lists that it makes (8 each), and copied or compared text (one for
    /// 16 bytes).
    package var steps: Int
    /// The longest text, in bytes, as output or in between.
    package var textBytes: Int
    /// How deep expressions, statements and calls of macros may lie within each other while rendering.
    package var depth: Int
    /// How deep lists and objects may lie within each other.
    package var valueDepth: Int

    /// Sets each limit; a conversation of 100,000 messages needs a fifth of the default steps.
    package init(steps: Int = 50_000_000, textBytes: Int = 256 << 20, depth: Int = 200, valueDepth: Int = 200) {
        self.steps = steps
        self.textBytes = textBytes
        self.depth = depth
        self.valueDepth = valueDepth
    }
}
