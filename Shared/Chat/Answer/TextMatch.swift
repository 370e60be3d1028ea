/// Compares bytes with a text as they come.
struct TextMatch: Sendable {
    private let text: [UInt8]
    private(set) var count = 0

    init(_ text: String, matched: Int = 0) {
        self.text = Array(text.utf8)
        count = matched
    }

    var isComplete: Bool { count == text.count }

    /// The byte with which the text goes on; nil at its end.
    var next: UInt8? { count < text.count ? text[count] : nil }

    /// Whether the text goes on with `byte`; if so, that byte counts as matched.
    mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        count += 1
        return true
    }

    /// The same, where white space may stand before the text.
    mutating func takeBehindSpace(_ byte: UInt8) -> Bool { take(byte) || count == 0 && byte.isSpace }
}
