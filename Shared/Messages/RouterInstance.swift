/// One start of a router, as its requests name it: calls to attention by a number, calls to expert hosts by a text.
package enum RouterInstance: Sendable, Hashable, CustomStringConvertible {
    case number(UInt64)
    case text(String)

    /// Nil for 0, which is no router's.
    init?(_ number: UInt64) {
        guard number != 0 else { return nil }
        self = .number(number)
    }

    /// Nil for an empty text, which is no router's.
    init?(_ text: String) {
        guard !text.isEmpty else { return nil }
        self = .text(text)
    }

    /// As logs show it: a number in hexadecimal digits.
    package var description: String {
        switch self {
        case .number(let number): String(number, radix: 16)
        case .text(let text): text
        }
    }
}
