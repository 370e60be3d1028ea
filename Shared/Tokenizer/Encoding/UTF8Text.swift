/// Scalars at byte positions of valid UTF-8.
enum UTF8Text {
    /// The scalar value that starts at `position` and its width in bytes. `position` must be the start of a scalar.
    @inline(__always) static func decode(_ text: Span<UInt8>, at position: Int) -> (value: UInt32, width: Int) {
        let lead = UInt32(text[position])
        if lead < 0x80 { return (lead, 1) }
        let second = UInt32(text[position + 1] & 0x3F)
        if lead < 0xE0 { return ((lead & 0x1F) << 6 | second, 2) }
        let third = UInt32(text[position + 2] & 0x3F)
        if lead < 0xF0 { return ((lead & 0x0F) << 12 | second << 6 | third, 3) }
        return ((lead & 0x07) << 18 | second << 12 | third << 6 | UInt32(text[position + 3] & 0x3F), 4)
    }

    /// Where the scalar before `position` starts. `position` must be above 0 and the start of a scalar, or the end.
    @inline(__always) static func start(before position: Int, in text: Span<UInt8>) -> Int {
        var start = position - 1
        while text[start] & 0xC0 == 0x80 { start -= 1 }
        return start
    }

    static func scalar(at position: Int, in text: Span<UInt8>) -> Unicode.Scalar? {
        position < text.count ? Unicode.Scalar(decode(text, at: position).value) : nil
    }

    static func scalar(before position: Int, in text: Span<UInt8>) -> Unicode.Scalar? {
        position > 0 ? Unicode.Scalar(decode(text, at: start(before: position, in: text)).value) : nil
    }
}
