/// Finds the end of a JSON object or array that comes byte by byte, by counting brackets outside of strings.
///
/// What cannot stand in any JSON text is noticed; all else is left to whoever reads the text.
struct JSONNesting: Sendable {
    enum Step: Sendable {
        /// The byte belongs to the value, and more is to come.
        case inside
        /// The byte is the value's last one.
        case ended
        /// No JSON has this byte here.
        case malformed
    }
    private var depth = 0
    private var string: JSONString?

    mutating func append(_ byte: UInt8) -> Step {
        if string != nil {
            if string?.append(byte) == true { string = nil }
            return .inside
        }
        switch byte {
        case UInt8(ascii: "\""): string = JSONString()
        case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
            depth -= 1
            return depth == 0 ? .ended : .inside
        case UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."): break
        default: return byte.isSpace || byte.isLetterOrDigit ? .inside : .malformed
        }
        return .inside
    }
}

/// Finds the closing quote of a JSON string whose opening quote was before.
struct JSONString: Sendable {
    private var isEscaped = false

    /// Whether `byte` closes the string.
    mutating func append(_ byte: UInt8) -> Bool {
        if isEscaped {
            isEscaped = false
            return false
        }
        isEscaped = byte == UInt8(ascii: "\\")
        return byte == UInt8(ascii: "\"")
    }
}
