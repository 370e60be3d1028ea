import Testing

@testable import Tokenizer

@Suite("Parser of patterns") struct PatternParserTests {
    /// One scalar of these.
    private static func one(of text: String) -> PatternNode {
        .set(text.unicodeScalars.reduce(.none) { $0.union(ScalarSet($1)) })
    }

    private static func none(of text: String) -> PatternNode {
        guard case .set(let set) = one(of: text) else { return one(of: text) }
        return .set(set.complement)
    }

    private static func times(
        _ min: Int, _ max: Int = .max, _ mode: PatternNode.Mode = .greedy, _ body: PatternNode = one(of: "a")
    ) -> PatternNode {
        .repeated(body, min: min, max: max, mode)
    }

    private static var a: PatternNode { one(of: "a") }
    private static var b: PatternNode { one(of: "b") }
    private static var c: PatternNode { one(of: "c") }

    private static var structures: [(String, PatternNode)] {
        [
            ("", .sequence([])), ("a", a), ("ab", .sequence([a, b])), ("a|b|c", .alternatives([a, b, c])),
            ("a|", .alternatives([a, .sequence([])])), ("ab|c", .alternatives([.sequence([a, b]), c])),
            ("(a)", a), ("(?:a|b)c", .sequence([.alternatives([a, b]), c])), ("()", .sequence([])),
            ("(?>ab)", .atomic(.sequence([a, b]))), ("(?=a)b", .sequence([.ahead(a, isNegated: false), b])),
            ("(?!a)", .ahead(a, isNegated: true)),
            ("a*", times(0)), ("a+", times(1)), ("a?", times(0, 1)), ("a*?", times(0, .max, .lazy)),
            ("a+?", times(1, .max, .lazy)), ("a??", times(0, 1, .lazy)), ("a*+", times(0, .max, .possessive)),
            ("a++", times(1, .max, .possessive)), ("a?+", times(0, 1, .possessive)), ("a{2}", times(2, 2)),
            ("a{2,}", times(2)), ("a{,3}", times(0, 3)), ("a{2,3}", times(2, 3)), ("a{2,3}?", times(2, 3, .lazy)),
            ("a{0}", times(0, 0)), ("a{1000}", times(1000, 1000)),
            ("(?:ab)+", times(1, .max, .greedy, .sequence([a, b]))),
            // What is no interval is text.
            ("a{", .sequence([a, one(of: "{")])), ("a{,}", .sequence([a, one(of: "{"), one(of: ","), one(of: "}")])),
            ("a{b", .sequence([a, one(of: "{"), b])), ("a}", .sequence([a, one(of: "}")])), ("]", one(of: "]")),
        ]
    }

    private static var sets: [(String, PatternNode)] {
        [
            (".", none(of: "\n")), ("[abc]", one(of: "abc")), ("[^ab]", none(of: "ab")), ("[a-c]", one(of: "abc")),
            ("[-a]", one(of: "-a")), ("[a-]", one(of: "a-")), ("[a-cx]", one(of: "abcx")), ("[a&b]", one(of: "a&b")),
            ("[a[bc]]", one(of: "abc")), ("[^a[^b]]", b), ("[a-d&&[bx]]", b), ("[a-d&&b-z&&^x]", .set(.none)),
            ("[abc&&a-b]", one(of: "ab")), (#"[\]\\\-]"#, one(of: #"]\-"#)), (#"[\n-\r]"#, one(of: "\n\u{B}\u{C}\r")),
            (#"\n"#, one(of: "\n")), (#"\r"#, one(of: "\r")), (#"\t"#, one(of: "\t")), (#"\f"#, one(of: "\u{C}")),
            (#"\v"#, one(of: "\u{B}")), (#"\."#, one(of: ".")), (#"\*"#, one(of: "*")), (#"\é"#, one(of: "é")),
            (#"\u00e9"#, one(of: "é")), (#"\x{E9}"#, one(of: "é")), (#"\x{1f600}"#, one(of: "😀")),
            (#"\x{10FFFF}"#, one(of: "\u{10FFFF}")), (#"\s"#, .set(UnicodeCategories.whitespace)),
            (#"\S"#, .set(UnicodeCategories.whitespace.complement)), (#"[^\S]"#, .set(UnicodeCategories.whitespace)),
        ]
    }

    private static var cases: [(String, PatternNode)] {
        [
            ("(?i:a)", one(of: "aA")), ("(?i:[x-z1])", one(of: "xyzXYZ1")), ("(?i:s)", one(of: "sS\u{17F}")),
            ("(?i:K)", one(of: "kK\u{212A}")), ("(?i:1)", one(of: "1")),
            ("(?i:a(?-i:b))", .sequence([one(of: "aA"), b])),
            ("(?i:a)b", .sequence([one(of: "aA"), b])), ("(?i)a|b", .alternatives([one(of: "aA"), one(of: "bB")])),
            ("a(?i)b|c", .sequence([a, .alternatives([one(of: "bB"), one(of: "cC")])])),
            ("(?:(?i)a)b", .sequence([one(of: "aA"), b])),
        ]
    }

    @Test("each construct is read as what it means")
    func meanings() throws {
        for (pattern, expected) in Self.structures + Self.sets + Self.cases {
            #expect(try PatternParser.parse(pattern) == expected, "\(pattern)")
        }
    }

    @Test(
        "what is not supported is named, with the character at which it was seen",
        arguments: [
            ("a)", "')' without '('", 1), ("(a", "a group without ')'", 2), ("(?<n>a)", "this kind of group", 1),
            ("(?#x)", "this kind of group", 1), ("(?m:a)", "this kind of group", 1), ("*a", "'*'", 0),
            ("a|+", "'+'", 2),
            ("^a", "'^'", 0), ("a$", "'$'", 1), ("a**", "a repeated quantifier", 2),
            ("a{2}{3}", "a repeated quantifier", 7), ("a{2}?", "a mark behind {…}", 5),
            ("a{1,2}+", "a mark behind {…}", 7), ("{2}", "a quantifier of nothing", 3),
            ("a{3,2}", "a repetition out of order", 6), ("a{1001}", "a repetition above 1000", 5),
            ("(?:a?)*", "endless repetition of what may be empty", 7),
            ("(?:|a)+", "endless repetition of what may be empty", 7),
            ("[]", "an empty class", 1), ("[^]", "an empty class", 2), ("[a", "an unfinished pattern", 2),
            ("[z-a]", "a range out of order", 4), ("[a-[b]]", "a range out of order", 4),
            (#"[\d-x]"#, "a range from a class", 3), ("[[:alpha:]]", "a bracketed class name", 2),
            (#"\w"#, #"the escape \w"#, 2), (#"[\w]"#, #"the escape \w"#, 3), (#"\b"#, #"the escape \b"#, 2),
            (#"\1"#, #"the escape \1"#, 2), (#"\p{Han}"#, #"the property "Han""#, 7),
            (#"\p{}"#, #"the property """#, 4),
            (#"\p{L"#, #"the property "L""#, 4), (#"\pL"#, "a property without '{'", 2),
            (#"\p{Cn}"#, #"the property "Cn""#, 6), (#"\x{110000}"#, "an incomplete escape", 9),
            (#"\ud800"#, "an incomplete escape", 6), (#"\u12"#, "an incomplete escape", 4),
            (#"\x{}"#, "an incomplete escape", 3), (#"\x{41"#, "an escape without '}'", 5),
            (#"\"#, "an unfinished pattern", 1), (#"[\"#, "an unfinished pattern", 2),
            ("(?i:é)", "a letter outside ASCII without regard to case", 5),
            (#"(?i:\p{Lu})"#, #"the property "Lu" without regard to case"#, 10),
        ])
    func refusals(pattern: String, what: String, position: Int) {
        let error = #expect(throws: PatternError.self) { try PatternParser.parse(pattern) }
        #expect(error?.expected == "a supported regular expression")
        #expect(error?.found.hasPrefix("\(what) at character \(position) of \"") == true, "\(error?.found ?? "")")
    }

    @Test("groups and classes may be nested twenty deep, no deeper")
    func depth() throws {
        func nested(_ open: String, _ close: String, _ depth: Int) -> String {
            String(repeating: open, count: depth) + "a" + String(repeating: close, count: depth)
        }
        #expect(try PatternParser.parse(nested("(", ")", 19)) == Self.a)
        #expect(try PatternParser.parse(nested("[", "]", 19)) == Self.a)
        for pattern in [nested("(", ")", 20), nested("[", "]", 20)] {
            #expect(throws: PatternError.self) { try PatternParser.parse(pattern) }
        }
        // Classes in groups count as well.
        func both(_ classes: Int) -> String {
            nested("(", ")", 10).replacing("a", with: nested("[", "]", classes))
        }
        #expect(try PatternParser.parse(both(9)) == Self.a)
        #expect(throws: PatternError.self) { try PatternParser.parse(both(10)) }
    }

    @Test("a group is read with the case rule around it, whatever rule was in force inside the group before")
    func scopes() throws {
        #expect(
            try PatternParser.parse("(?:(?i:a)b(?i)c)a")
                == .sequence([
                    .sequence([Self.one(of: "aA"), Self.b, Self.one(of: "cC")]), Self.a,
                ]))
    }

    @Test(
        "which scalars a match may begin with, and whether there may be nothing to match",
        arguments: [
            ("ab", "a"), ("a?b", "ab"), ("a|bc", "ab"), ("(?:a|b?)c", "abc"), ("a{2}", "a"), ("(?=a)b", "b"),
            ("(?!x)b?c", "bc"), ("(?>a?)b", "ab"), ("a?", nil), ("a*b*", nil), ("a{0}", nil), ("a|", nil),
            ("(?=a)", nil),
            ("(?>a?)", nil), ("", nil),
        ] as [(String, String?)])
    func firstScalars(pattern: String, expected: String?) throws {
        let node = try PatternParser.parse(pattern)
        #expect(node.firstScalars.map(PatternNode.set) == expected.map(Self.one))
        #expect(node.canBeEmpty == (expected == nil))
    }
}
