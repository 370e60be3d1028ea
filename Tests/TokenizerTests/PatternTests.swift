import Testing

@testable import Tokenizer

@Suite("Patterns") struct PatternTests {
    /// All matches of `pattern` in `text`.
    private func matches(_ pattern: String, _ text: String) throws -> [String] {
        let bytes = Array(text.utf8)
        var matcher = PatternProgram.Matcher(try PatternProgram(pattern))
        var found: [String] = []
        var position = 0
        while position < bytes.count, let range = matcher.firstMatch(in: bytes.span, from: position, to: bytes.count) {
            found.append(String(decoding: bytes[range], as: UTF8.self))
            position = max(range.upperBound, position + 1)
        }
        return found
    }

    @Test("matches are what Oniguruma finds", arguments: [
        ("a*+a|b", "aaab", ["b"]), ("a*a", "aaab", ["aaa"]), ("(?>a|ab)c", "abcac", ["ac"]), ("(?:a|ab)c", "abcac", ["abc", "ac"]),
        ("a{2}", "aaaaa", ["aa", "aa"]), ("a{,2}b", "aaab", ["aab"]), ("a{1,2}?", "aaa", ["a", "a", "a"]), ("a{2,}", "aaaxa", ["aaa"]),
        ("x{b", "ax{b", ["x{b"]), (#"\s+(?!\S)"#, "a   b  ", ["  ", "  "]), ("(?=ab)a", "acab", ["a"]), ("(?!ab)a", "acab", ["a"]),
        ("(?i:'s|k|[m-o])", "'S'ſKKN", ["'S", "'ſ", "K", "K", "N"]), ("a(?i)b|c(?-i:d)", "aBcdaCdC", ["aB", "aCd"]),
        ("[^a-c]", "abcdé", ["d", "é"]), ("[a-z&&[^b-y]]", "abyz", ["a", "z"]), (#"[\p{Lu}\d]+"#, "aÄ1٣b", ["Ä1٣"]), (#"\P{L}"#, "a-b", ["-"]),
        (#"[\p{^L}]"#, "a-b", ["-"]), (#"[a\-\]]+"#, "x-]a", ["-]a"]), ("[a-]+", "x-a", ["-a"]), (#"\u00e9|\x{1F600}|\n|\."#, "é😀\n.", ["é", "😀", "\n", "."]),
        ("(?:a?b)*c", "ababbc", ["ababbc"]), ("(?:ab)+?b", "ababb", ["ababb"]), ("(?:ab)*+a", "ababa", ["ababa"]), (".+", "a\nb", ["a", "b"]),
    ])
    func matching(pattern: String, text: String, expected: [String]) throws {
        #expect(try matches(pattern, text) == expected)
    }

    @Test("syntax outside the supported part is refused, not misread", arguments: [
        "a{2}?", "a{1,2}+", "a**", "(?<=a)b", "(?<n>a)", #"(a)\1"#, #"\w"#, #"\b"#, "^a", "a$", #"\p{Han}"#, #"\p{L"#, "[[:alpha:]]", "[]a]", "[z-a]",
        #"[a-\d]"#, #"[\w-x]"#, #"[\d-x]"#, "(a", "a)", "[a", "*a", "(?i:é)", #"(?i:\p{Lu})"#, "(?m:.)", "a{1001}", "a{3,2}", "(?:a?)*", #"\u12"#, #"\"#,
        String(repeating: "(", count: 60) + String(repeating: ")", count: 60), "(?:(?:(?:a{1000}){1000}){1000}){1000}", "b{2}{2}", "{2}",
    ])
    func refused(pattern: String) {
        #expect(throws: PatternError.self) { try PatternProgram(pattern) }
    }

    @Test("set algebra agrees with membership")
    func sets() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            let make = { (0..<3).reduce(into: ScalarSet.none) { set, _ in
                let low = UInt32.random(in: 0..<60, using: &random)
                set = set.union(ScalarSet(low...low + UInt32.random(in: 0..<12, using: &random)))
            } }
            let left = make(), right = make()
            for scalar in UInt32(0)..<80 {
                #expect(left.union(right).contains(scalar) == (left.contains(scalar) || right.contains(scalar)))
                #expect(left.intersection(right).contains(scalar) == (left.contains(scalar) && right.contains(scalar)))
                #expect(left.complement.contains(scalar) == !left.contains(scalar))
            }
            #expect(left.complement.complement == left)
        }
    }
}
