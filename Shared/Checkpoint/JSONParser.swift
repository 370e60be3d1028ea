/// Reads one JSON document from bytes. Strict: no comments, no NaN, no trailing commas, only valid UTF-8, nothing after the value.
struct JSONParser {
    static let depthMax = 64
    private let bytes: [UInt8]
    private var offset = 0
    private var depth = 0

    static func parse(_ bytes: [UInt8]) throws(JSONError) -> JSONValue {
        var parser = JSONParser(bytes: bytes)
        let value = try parser.value()
        parser.skipSpace()
        guard parser.offset == bytes.count else { throw parser.expected("the end of the text") }
        return value
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private func expected(_ what: String) -> JSONError { JSONError(offset: offset, problem: .expected(what)) }

    /// The byte at the cursor; 0, which no JSON token begins with, at the end.
    private var current: UInt8 { offset < bytes.count ? bytes[offset] : 0 }

    private mutating func skipSpace() {
        while current == 0x20 || current == 0x0A || current == 0x0D || current == 0x09 { offset += 1 }
    }

    private mutating func take(_ byte: Unicode.Scalar) -> Bool {
        guard current == UInt8(ascii: byte) else { return false }
        offset += 1
        return true
    }

    private mutating func value() throws(JSONError) -> JSONValue {
        skipSpace()
        switch current {
        case UInt8(ascii: "{"): return .object(try object())
        case UInt8(ascii: "["): return .array(try array())
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .boolean(true))
        case UInt8(ascii: "f"): return try word("false", .boolean(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default: throw expected("a value")
        }
    }

    private mutating func word(_ text: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
        for byte in "\(text)".utf8 {
            guard current == byte else { throw expected("\(text)") }
            offset += 1
        }
        return value
    }

    private mutating func enter() throws(JSONError) {
        depth += 1
        guard depth <= Self.depthMax else { throw JSONError(offset: offset, problem: .tooDeep) }
        offset += 1     // the bracket
        skipSpace()
    }

    private mutating func object() throws(JSONError) -> JSONObject {
        try enter()
        defer { depth -= 1 }
        var members: [JSONObject.Member] = []
        var names: Set<String> = []     // filled only once a linear search would be slow
        if take("}") { return JSONObject(members: members) }
        while true {
            skipSpace()
            let start = offset
            guard current == UInt8(ascii: "\"") else { throw expected("a name in quotes") }
            let name = try string()
            if members.count == 8 { names = Set(members.map(\.name)) }
            let isNew = members.count < 8 ? !members.contains { $0.name == name } : names.insert(name).inserted
            guard isNew else { throw JSONError(offset: start, problem: .duplicateName(name)) }
            skipSpace()
            guard take(":") else { throw expected("a colon") }
            members.append(JSONObject.Member(name: name, value: try value()))
            skipSpace()
            if take("}") { return JSONObject(members: members) }
            guard take(",") else { throw expected("a comma or }") }
        }
    }

    private mutating func array() throws(JSONError) -> [JSONValue] {
        try enter()
        defer { depth -= 1 }
        var elements: [JSONValue] = []
        if take("]") { return elements }
        while true {
            elements.append(try value())
            skipSpace()
            if take("]") { return elements }
            guard take(",") else { throw expected("a comma or ]") }
        }
    }

    private mutating func digits() throws(JSONError) {
        let start = offset
        while (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(current) { offset += 1 }
        guard offset > start else { throw expected("a digit") }
    }

    private mutating func number() throws(JSONError) -> JSONValue {
        let start = offset
        var isInteger = true
        _ = take("-")
        if !take("0") { try digits() }      // a leading zero stands alone
        if take(".") {
            isInteger = false
            try digits()
        }
        if take("e") || take("E") {
            isInteger = false
            if !take("+") { _ = take("-") }
            try digits()
        }
        let text = String(decoding: bytes[start..<offset], as: UTF8.self)
        if isInteger, let value = Int(text) { return .integer(value) }
        guard let value = Double(text) else { throw expected("a number") }
        return .number(value)
    }
}

extension JSONParser {
    private mutating func string() throws(JSONError) -> String {
        offset += 1     // the opening quote
        let start = offset
        while current >= 0x20, current != UInt8(ascii: "\""), current != UInt8(ascii: "\\") { offset += 1 }
        var text = try utf8(start..<offset)
        while !take("\"") {
            if take("\\") {
                text.unicodeScalars.append(try escape())
            } else {
                let start = offset
                while current >= 0x20, current != UInt8(ascii: "\""), current != UInt8(ascii: "\\") { offset += 1 }
                guard offset > start else { throw expected("a quote; control characters must be escaped") }
                text += try utf8(start..<offset)
            }
        }
        return text
    }

    private func utf8(_ range: Range<Int>) throws(JSONError) -> String {
        guard let text = String(validating: bytes[range], as: UTF8.self) else {
            throw JSONError(offset: range.lowerBound, problem: .expected("valid UTF-8"))
        }
        return text
    }

    private mutating func escape() throws(JSONError) -> Unicode.Scalar {
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
            // A scalar beyond U+FFFF is written as a high and a low surrogate.
            guard (0xD800..<0xDC00).contains(first), take("\\"), take("u") else { throw expected("a pair of surrogates") }
            let second = try fourHexDigits()
            guard (0xDC00..<0xE000).contains(second), let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)) else {
                throw expected("a pair of surrogates")
            }
            return scalar
        default: throw JSONError(offset: offset - 1, problem: .expected("an escape"))
        }
    }

    private mutating func fourHexDigits() throws(JSONError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = Character(Unicode.Scalar(current)).hexDigitValue else { throw expected("four hexadecimal digits") }
            value = value << 4 + UInt32(digit)
            offset += 1
        }
        return value
    }
}
