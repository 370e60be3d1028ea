import Console
import Testing

@testable import Router

@Suite("API keys") struct APIKeysTests {
    private func secrets(_ list: String) throws -> [String] { try APIKeys(list: list).keys.map(\.secret) }

    @Test("a list may have blanks and line ends around its keys", arguments: ["a,b", "a, b", " a ,\tb\n"])
    func list(text: String) throws { #expect(try secrets(text) == ["a", "b"]) }

    @Test(
        "what would let everybody in, nobody, or one twice is refused by its place, and never shown",
        arguments: [
            ("", "--api-keys has an empty key at place 1 of 1"),
            ("a,,b", "--api-keys has an empty key at place 2 of 3"),
            ("a,b, a", "--api-keys has the same key at place 3 of 3 as before"),
            ("a,b\nc", "--api-keys has a key with a control character at place 2 of 2"),
        ])
    func refused(text: String, complaint: String) { #expect(throws: StartError(complaint)) { try secrets(text) } }

    @Test("a file has a key in each line, perhaps after its name; empty lines and comments are none")
    func file() throws {
        let keys = try APIKeys(lines: "# who may\n\nsk-1\nalice  sk-2==\r\n\t# end\nsk-3,x", place: "f").keys
        #expect(keys == [.init(secret: "sk-1"), .init(secret: "sk-2==", name: "alice"), .init(secret: "sk-3,x")])
    }

    @Test(
        "a file that says nothing, or not clearly, is refused by its line",
        arguments: [
            ("# none\n", "f has no key, which would let everyone in"),
            ("a b c", "f, line 1: found 3 words, expected a key, or a name and a key"),
            ("a\nx a", "f has the same key in line 2 as before"),
            ("x a\n\nx b", "f, line 3: the name x is given twice"),
        ])
    func badFile(text: String, complaint: String) {
        #expect(throws: StartError(complaint)) { try APIKeys(lines: text, place: "f") }
    }

    @Test("a byte order mark at the beginning of a file is no part of it")
    func byteOrderMark() throws {
        #expect(
            try APIKeys(lines: "\u{FEFF}# keys\nalice k1\n", place: "f").keys == [
                APIKeys.Key(secret: "k1", name: "alice")
            ])
        #expect(try APIKeys(lines: "\u{FEFF}k1\r\nk2\r\n", place: "f").keys.map(\.secret) == ["k1", "k2"])
    }
}
