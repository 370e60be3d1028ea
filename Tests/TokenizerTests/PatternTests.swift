import Testing

@testable import Tokenizer

@Suite("Patterns") struct PatternTests {
    /// All matches of `pattern` in `text`.
    private func matches(_ pattern: String, _ text: String) throws -> [String] {
        let bytes = Array(text.utf8)
        var matcher = PatternProgram.Matcher(try PatternProgram(pattern))
        var found: [String] = []
        var position = 0
        var work = EncodingWork(bytes: bytes.count, rounds: 1) { false }
        while position < bytes.count,
            let range = try matcher.firstMatch(in: bytes.span, from: position, to: bytes.count, &work)
        {
            found.append(String(decoding: bytes[range], as: UTF8.self))
            position = max(range.upperBound, position + 1)
        }
        return found
    }

    @Test(
        "matches are what Oniguruma finds",
        arguments: [
            ("a*+a|b", "aaab", ["b"]), ("a*a", "aaab", ["aaa"]), ("(?>a|ab)c", "abcac", ["ac"]),
            ("(?:a|ab)c", "abcac", ["abc", "ac"]),
            ("a{2}", "aaaaa", ["aa", "aa"]), ("a{,2}b", "aaab", ["aab"]), ("a{1,2}?", "aaa", ["a", "a", "a"]),
            ("a{2,}", "aaaxa", ["aaa"]),
            ("x{b", "ax{b", ["x{b"]), (#"\s+(?!\S)"#, "a   b  ", ["  ", "  "]), ("(?=ab)a", "acab", ["a"]),
            ("(?!ab)a", "acab", ["a"]),
            ("(?i:'s|k|[m-o])", "'S'ſKKN", ["'S", "'ſ", "K", "K", "N"]),
            ("a(?i)b|c(?-i:d)", "aBcdaCdC", ["aB", "aCd"]),
            ("[^a-c]", "abcdé", ["d", "é"]), ("[a-z&&[^b-y]]", "abyz", ["a", "z"]), (#"[\p{Lu}\d]+"#, "aÄ1٣b", ["Ä1٣"]),
            (#"\P{L}"#, "a-b", ["-"]),
            (#"[\p{^L}]"#, "a-b", ["-"]), (#"[a\-\]]+"#, "x-]a", ["-]a"]), ("[a-]+", "x-a", ["-a"]),
            (#"\u00e9|\x{1F600}|\n|\."#, "é😀\n.", ["é", "😀", "\n", "."]),
            ("(?:a?b)*c", "ababbc", ["ababbc"]), ("(?:ab)+?b", "ababb", ["ababb"]), ("(?:ab)*+a", "ababa", ["ababa"]),
            (".+", "a\nb", ["a", "b"]),
        ])
    func matching(pattern: String, text: String, expected: [String]) throws {
        #expect(try matches(pattern, text) == expected)
    }

    @Test(
        "syntax outside the supported part is refused, not misread",
        arguments: [
            "a{2}?", "a{1,2}+", "a**", "(?<=a)b", "(?<n>a)", #"(a)\1"#, #"\w"#, #"\b"#, "^a", "a$", #"\p{Han}"#,
            #"\p{L"#, "[[:alpha:]]", "[]a]", "[z-a]",
            #"[a-\d]"#, #"[\w-x]"#, #"[\d-x]"#, "(a", "a)", "[a", "*a", "(?i:é)", #"(?i:\p{Lu})"#, "(?m:.)", "a{1001}",
            "a{3,2}", "(?:a?)*", #"\u12"#, #"\"#,
            String(repeating: "(", count: 60) + String(repeating: ")", count: 60),
            "(?:(?:(?:a{1000}){1000}){1000}){1000}", "b{2}{2}", "{2}",
        ])
    func refused(pattern: String) {
        #expect(throws: PatternError.self) { try PatternProgram(pattern) }
    }

    @Test(
        "a pattern whose repetitions would not end, or would fill the memory, is refused at once",
        .timeLimit(.minutes(1)),
        arguments: [
            "((((){1000}){1000}){1000}){1000}", "(?:(?:(?:(?:|){1000}){1000}){1000}){1000}",
            "(?>(?>(?>(?>){1000}){1000}){1000}){1000}",
            String(repeating: "(?:", count: 19) + "a" + String(repeating: "{9})", count: 19),
            String(String.UnicodeScalarView((0x4E00 ..< 0x4E00 + 20_000).compactMap { Unicode.Scalar($0) })),
            String(String.UnicodeScalarView((0x4E00 ..< 0x4E00 + 300).compactMap { Unicode.Scalar($0) })),
            "(?:" + String(repeating: "a|", count: 4_900) + "z){1000}", String(repeating: "a", count: 10_001),
        ])
    func tooLarge(pattern: String) {
        #expect { try PatternProgram(pattern) } throws: { ($0 as? PatternError)?.found.contains("a l") == true }
    }

    @Test("options within options take no longer to read the deeper they lie", .timeLimit(.minutes(1)))
    func nestedOptions() throws {
        let nested = String(repeating: "(?:a", count: 18) + "b" + String(repeating: "c?){1,2}", count: 18)
        #expect(throws: PatternError.self) { try PatternProgram(nested + "|z") }
        let few = String(repeating: "(?:", count: 8) + "b" + String(repeating: "c?){1,2}", count: 8)
        #expect(try matches(few + "|z", "xbccbz") == ["bccb", "z"])
    }

    @Test(
        "a choice is passed over only where the next scalar rules it out",
        arguments: [
            ("(?:x?|y)z|q", "xzyzzq", ["xz", "yz", "z", "q"]), ("(?:(?=a)|b)c?a|d", "abad", ["a", "ba", "d"]),
            ("(?:a{0}b|c)d|e", "bdcde", ["bd", "cd", "e"]),
            ("(?:(?:a|)(?:b|))c|x", "cacbcabcx", ["c", "ac", "bc", "abc", "x"]),
            ("(?>a?)(?!b)c|ab", "acab", ["ac", "ab"]),
        ])
    func firstScalars(pattern: String, text: String, expected: [String]) throws {
        #expect(try matches(pattern, text) == expected)
    }

    @Test(
        "a match that would take exponential or quadratic time ends with an error, on a short text and on a long one",
        .timeLimit(.minutes(1)),
        arguments: [
            ("(?:aa?)+b|[^b]", "a", 60), ("(?:a|a)+b", "a", 50), ("(?:a*)(?:a*)(?:a*)(?:a*)(?:a*)(?:a*)b", "a", 2_000),
            ("(?:(?:a|b)?c?){1,40}d", "ab", 60),
            ("a*b", "a", 200_000), ("(?=(?:a|aa)+b)a", "a", 60), ("(?>(?:a|aa)+b)|a", "a", 60),
            ("(?:ab)+c", "ab", 5_000_000),
        ])
    func tooMuchWork(pattern: String, unit: String, count: Int) {
        #expect(throws: EncodingError.tooMuchWork) { try matches(pattern, String(repeating: unit, count: count)) }
    }

    @Test("a match ends within a slice of work once nobody waits for it", .timeLimit(.minutes(1)))
    func cancelled() throws {
        let bytes = Array(String(repeating: "a", count: 60).utf8)
        var matcher = PatternProgram.Matcher(try PatternProgram("(?:aa?)+b"))
        var asked = 0
        var work = EncodingWork(bytes: bytes.count, rounds: 1) {
            asked += 1; return asked > 3
        }
        #expect(throws: EncodingError.cancelled) {
            try matcher.firstMatch(in: bytes.span, from: 0, to: bytes.count, &work)
        }
        #expect(asked == 4)
    }

    @Test("set algebra agrees with membership")
    func sets() {
        var random = SystemRandomNumberGenerator()
        for _ in 0 ..< 200 {
            let make = {
                (0 ..< 3).reduce(into: ScalarSet.none) { set, _ in
                    let low = UInt32.random(in: 0 ..< 60, using: &random)
                    set = set.union(ScalarSet(low ... low + UInt32.random(in: 0 ..< 12, using: &random)))
                }
            }
            let left = make(), right = make()
            for scalar in UInt32(0) ..< 80 {
                #expect(left.union(right).contains(scalar) == (left.contains(scalar) || right.contains(scalar)))
                #expect(left.intersection(right).contains(scalar) == (left.contains(scalar) && right.contains(scalar)))
                #expect(left.complement.contains(scalar) == !left.contains(scalar))
            }
            #expect(left.complement.complement == left)
        }
    }
}
