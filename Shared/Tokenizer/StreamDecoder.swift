/// Turns ids into text one by one and holds back a character until all of its bytes are there.
///
/// All that `append` returned, followed by what `finish` returns, is `decode` of all ids.
package struct StreamDecoder: Sendable {
    private let tokenizer: BytePairTokenizer
    /// Whether special tokens have no text.
    package var skipsSpecial: Bool
    private var pending: [UInt8] = []        // the start of a character, at most 3 bytes between calls

    /// Begins a new text; `skippingSpecial` is the first value of `skipsSpecial`.
    package init(_ tokenizer: BytePairTokenizer, skippingSpecial: Bool = true) {
        self.tokenizer = tokenizer
        skipsSpecial = skippingSpecial
    }

    /// The text that is certain now; empty while a character is incomplete.
    package mutating func append(_ id: Int32) -> String {
        if skipsSpecial && tokenizer.isSpecial(id) { return "" }
        pending += tokenizer.bytes(of: id) ?? []
        let certain = pending.count - Self.openCount(pending)
        defer { pending.removeFirst(certain) }
        return String(decoding: pending[..<certain], as: UTF8.self)
    }

    /// Whether a character has begun whose end is to come.
    package var isInsideCharacter: Bool { !pending.isEmpty }

    /// What is left at the end: U+FFFD if a character stayed incomplete.
    package mutating func finish() -> String {
        defer { pending = [] }
        return String(decoding: pending, as: UTF8.self)
    }

    /// How many bytes at the end begin a character that more bytes could complete.
    ///
    /// - Source: the Unicode Standard, table 3-7, well-formed UTF-8 byte sequences.
    private static func openCount(_ bytes: [UInt8]) -> Int {
        for count in 1 ... 3 where count <= bytes.count {
            let start = bytes.count - count
            let needed: Int
            switch bytes[start] {
            case 0x80 ... 0xBF: continue        // inside a character: look further left for its start
            case 0xC2 ... 0xDF: needed = 2
            case 0xE0 ... 0xEF: needed = 3
            case 0xF0 ... 0xF4: needed = 4
            default: return 0        // ASCII, or a byte that starts nothing
            }
            guard count < needed else { return 0 }
            guard count > 1 else { return 1 }
            let second: ClosedRange<UInt8> =
                switch bytes[start] {
                case 0xE0: 0xA0 ... 0xBF
                case 0xED: 0x80 ... 0x9F
                case 0xF0: 0x90 ... 0xBF
                case 0xF4: 0x80 ... 0x8F
                default: 0x80 ... 0xBF
                }
            return second.contains(bytes[start + 1]) ? count : 0
        }
        return 0
    }
}
