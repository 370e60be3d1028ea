/// The name by which clients call a session: `sess_` and 24 characters that say nothing and cannot be guessed.
package struct SessionID: Hashable, Sendable, CustomStringConvertible {
    private static let prefix = "sess_"
    private static let length = 24
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// The whole name, prefix included.
    package let text: String
    /// The same as `text`.
    package var description: String { text }

    /// A new name, from the system's secure random numbers: 144 bits.
    package init() {
        var random = SystemRandomNumberGenerator()
        let letters = (0 ..< Self.length).map { _ in Self.alphabet[Int.random(in: 0 ..< 64, using: &random)] }
        text = Self.prefix + String(decoding: letters, as: UTF8.self)
    }

    /// The name that a client or a database gives; nil where it does not have the form of one.
    package init?(_ text: String) {
        guard text.hasPrefix(Self.prefix), text.utf8.count == Self.prefix.utf8.count + Self.length,
            text.utf8.dropFirst(Self.prefix.utf8.count).allSatisfy(Self.alphabet.contains)
        else { return nil }
        self.text = text
    }
}
