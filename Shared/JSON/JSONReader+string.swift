extension JSONReader {
    /// The string whose opening quote is at the cursor.
    mutating func string() throws(JSONError) -> String {
        offset += 1
        var text = try plainText()
        while !take("\"") {
            if take("\\") {
                text.unicodeScalars.append(try escape())
            } else {
                let start = offset
                text += try plainText()
                guard offset > start else {
                    throw expected(offset == bytes.count ? "a quote" : "a quote; control characters must be escaped")
                }
            }
        }
        return text
    }

    /// What stands up to the next quote, escape or control character.
    private mutating func plainText() throws(JSONError) -> String {
        let start = offset
        var end = start
        while end < bytes.count, bytes[end] >= 0x20, bytes[end] != UInt8(ascii: "\""), bytes[end] != UInt8(ascii: "\\")
        { end += 1 }
        offset = end
        guard let text = String(validating: bytes[start ..< end], as: UTF8.self) else {
            throw JSONError(offset: start, problem: .expected("valid UTF-8"))
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
            // A scalar beyond U+FFFF is written as a high and a low surrogate; one alone is no text.
            guard (0xD800 ..< 0xDC00).contains(first), take("\\"), take("u") else {
                throw expected("a pair of surrogates")
            }
            let second = try fourHexDigits()
            guard (0xDC00 ..< 0xE000).contains(second),
                let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
            else {
                throw expected("a pair of surrogates")
            }
            return scalar
        default: throw JSONError(offset: offset - 1, problem: .expected("an escape"))
        }
    }

    private mutating func fourHexDigits() throws(JSONError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0 ..< 4 {
            guard current < 0x80, let digit = Character(Unicode.Scalar(current)).hexDigitValue else {
                throw expected("four hexadecimal digits")
            }
            value = value << 4 + UInt32(digit)
            offset += 1
        }
        return value
    }
}
