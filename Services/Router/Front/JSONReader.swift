/// Reads one JSON text (RFC 8259) from a request. Strict where a lenient reader would change the meaning: valid UTF-8, no lone
/// surrogates, no NaN. Bounded in depth, so brackets cannot overflow the stack, and in the number of values.
struct JSONReader {
    struct Problem: Error, Equatable {
        var expected: String
        /// Offset into the body, in bytes.
        var offset: Int
    }
    static let depthMax = 128
    /// A body of the default limit cannot hold more token ids than this, but it could hold more brackets.
    static let valuesMax = 16 << 20

    private let bytes: [UInt8]
    private var offset = 0
    private var depth = 0
    private var values = 0

    static func read(_ bytes: [UInt8]) throws(Problem) -> JSON {
        var reader = JSONReader(bytes: bytes)
        let value = try reader.value()
        reader.skipSpace()
        guard reader.offset == bytes.count else { throw reader.expected("the end of the text") }
        return value
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private func expected(_ what: String) -> Problem { Problem(expected: what, offset: offset) }

    /// The byte at the cursor; 0, which begins nothing in JSON, at the end.
    private var current: UInt8 { offset < bytes.count ? bytes[offset] : 0 }

    private mutating func skipSpace() {
        while current == 0x20 || current == 0x0A || current == 0x0D || current == 0x09 { offset += 1 }
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard current == UInt8(ascii: scalar) else { return false }
        offset += 1
        return true
    }

    private mutating func value() throws(Problem) -> JSON {
        skipSpace()
        values += 1
        guard values <= Self.valuesMax else { throw expected("at most \(Self.valuesMax) values") }
        switch current {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return .number(try number())
        }
    }

    private mutating func word(_ text: String, _ value: JSON) throws(Problem) -> JSON {
        guard bytes[offset...].starts(with: text.utf8) else { throw expected("a value") }
        offset += text.utf8.count
        return value
    }

    private mutating func enter() throws(Problem) {
        depth += 1
        guard depth <= Self.depthMax else { throw expected("at most \(Self.depthMax) levels of brackets") }
        offset += 1     // the bracket
        skipSpace()
    }

    private mutating func object() throws(Problem) -> JSON {
        try enter()
        defer { depth -= 1 }
        var members: [JSON.Member] = []
        if take("}") { return .object(members) }
        while true {
            skipSpace()
            guard current == UInt8(ascii: "\"") else { throw expected("a name in quotes") }
            let name = try string()
            skipSpace()
            guard take(":") else { throw expected("a colon") }
            members.append(JSON.Member(name: name, value: try value()))
            skipSpace()
            if take("}") { return .object(members) }
            guard take(",") else { throw expected("a comma or }") }
        }
    }

    private mutating func array() throws(Problem) -> JSON {
        try enter()
        defer { depth -= 1 }
        var elements: [JSON] = []
        if take("]") { return .array(elements) }
        while true {
            elements.append(try value())
            skipSpace()
            if take("]") { return .array(elements) }
            guard take(",") else { throw expected("a comma or ]") }
        }
    }

    private mutating func digits(or what: String = "a digit") throws(Problem) {
        let start = offset
        while (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(current) { offset += 1 }
        guard offset > start else { throw expected(what) }
    }

    private mutating func number() throws(Problem) -> String {
        let start = offset
        let isNegative = take("-")
        if !take("0") { try digits(or: isNegative ? "a digit" : "a value") }    // a leading zero stands alone
        if take(".") { try digits() }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            try digits()
        }
        return String(decoding: bytes[start..<offset], as: UTF8.self)
    }
}

extension JSONReader {
    private mutating func string() throws(Problem) -> String {
        offset += 1     // the opening quote
        var text = try plainText()
        while !take("\"") {
            if take("\\") {
                text.unicodeScalars.append(try escape())
            } else {
                let start = offset
                text += try plainText()
                guard offset > start else { throw expected("a quote; control characters must be escaped") }
            }
        }
        return text
    }

    private mutating func plainText() throws(Problem) -> String {
        let start = offset
        while current >= 0x20, current != UInt8(ascii: "\""), current != UInt8(ascii: "\\") { offset += 1 }
        guard let text = String(validating: bytes[start..<offset], as: UTF8.self) else {
            throw Problem(expected: "valid UTF-8", offset: start)
        }
        return text
    }

    private mutating func escape() throws(Problem) -> Unicode.Scalar {
        let byte = current
        offset += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            let first = try fourHexDigits()
            if let scalar = Unicode.Scalar(first) { return scalar }
            // A scalar beyond U+FFFF is written as a high and a low surrogate; one alone is no text.
            guard (0xD800..<0xDC00).contains(first), take("\\"), take("u") else { throw expected("a pair of surrogates") }
            let second = try fourHexDigits()
            guard (0xDC00..<0xE000).contains(second), let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)) else {
                throw expected("a pair of surrogates")
            }
            return scalar
        default: throw Problem(expected: "an escape", offset: offset - 1)
        }
    }

    private mutating func fourHexDigits() throws(Problem) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard current < 0x80, let digit = Character(Unicode.Scalar(current)).hexDigitValue else { throw expected("four hexadecimal digits") }
            value = value << 4 + UInt32(digit)
            offset += 1
        }
        return value
    }
}
