import Foundation
import Testing

@testable import Console

@Suite("Text that is shown") struct ShownTextTests {
    @Test(
        "what steers a terminal, or turns text round, is spelt out",
        arguments: [
            ("\u{1B}[2J", #"\u001b[2J"#), ("\u{9B}31m", #"\u009b31m"#), ("exe.\u{202E}gpj", #"exe.\u202egpj"#),
            ("\u{2066}a\u{2069}", #"\u2066a\u2069"#),
            ("a\u{7F}\u{8}", #"a\u007f\u0008"#), ("a\nb\tc\r", #"a\u000ab\u0009c\u000d"#),
        ])
    func spelt(text: String, expected: String) { #expect(shown(text) == expected) }

    @Test(
        "all other text stays as it is",
        arguments: ["", "plain", "Grüße 🌍 👩‍👩‍👧", "שלום", "مرحبا\u{200F}", "a\\u001b"])
    func untouched(text: String) { #expect(shown(text) == text) }

    @Test("lines and tabs stay where they are wanted, and nothing else does")
    func lines() { #expect(shown("a\n\tb\u{1B}\r\n", keepingLines: true) == "a\n\tb\\u001b\\u000d\n") }

    @Test("JSON that is shown says the same")
    func json() throws {
        let text = "[\"\u{9B}\u{202E}\"]"
        let read = try #require(
            try JSONSerialization.jsonObject(with: Data(shown(text, keepingLines: true).utf8)) as? [String])
        #expect(read == ["\u{9B}\u{202E}"])
    }
}
