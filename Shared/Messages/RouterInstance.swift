/// One start of a router, as its requests name it.
package enum RouterInstance: Sendable, Hashable, CustomStringConvertible {
    /// In calls to attention.
    case number(UInt64)
    /// In calls to expert hosts.
    case text(String)

    /// Nil for 0, which stands for no router.
    init?(_ number: UInt64) {
        guard number != 0 else { return nil }
        self = .number(number)
    }

    /// Nil for an empty text, which stands for no router.
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
