extension UInt8 {
    var isNewline: Bool { self == UInt8(ascii: "\n") || self == UInt8(ascii: "\r") }

    /// White space as JSON has it.
    var isSpace: Bool { isNewline || self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") }

    /// Begins a Unicode scalar in UTF-8.
    var beginsScalar: Bool { self & 0xC0 != 0x80 }

    var isLetterOrDigit: Bool {
        (UInt8(ascii: "a") ... UInt8(ascii: "z")).contains(self | 0x20)
            || (UInt8(ascii: "0") ... UInt8(ascii: "9")).contains(self)
    }
}
