import TestSupport
import Testing

@testable import Tokenizer

@Suite("Split pre-tokenizers") struct WordSplitTests {
    private func split(
        _ text: String, _ program: PatternProgram, _ behavior: WordSplit.Behavior, isInverted: Bool = false
    ) throws -> [String] {
        let bytes = Array(text.utf8), split = WordSplit(program: program, behavior: behavior, isInverted: isInverted)
        var work = EncodingWork.unbounded
        let pieces = text.isEmpty ? [] : [0 ..< bytes.count]
        return try split.split(bytes.span, pieces, &work).map { String(decoding: bytes[$0], as: UTF8.self) }
    }

    @Test(
        "cut as the documentation of Hugging Face's tokenizers shows for each behavior",
        arguments: [
            (.removed, ["the", "final", "countdown"]), (.isolated, ["the", "-", "final", "-", "-", "countdown"]),
            (.mergedWithPrevious, ["the-", "final-", "-", "countdown"]),
            (.mergedWithNext, ["the", "-final", "-", "-countdown"]),
            (.contiguous, ["the", "-", "final", "--", "countdown"]),
        ] as [(WordSplit.Behavior, [String])])
    func documentation(behavior: WordSplit.Behavior, expected: [String]) throws {
        #expect(try split("the-final--countdown", PatternProgram("-"), behavior) == expected)
        #expect(try split("the-final--countdown", PatternProgram(literal: "-"), behavior) == expected)
    }

    @Test(
        "inverted, what matches is kept and what lies between is cut away",
        arguments: [
            (.removed, ["ab", "c", "d"]), (.isolated, ["ab", "  ", "c", " ", "d"]),
            (.contiguous, ["ab", "  ", "c", " ", "d"]), (.mergedWithPrevious, ["ab  ", "c ", "d"]),
            (.mergedWithNext, ["ab", "  c", " d"]),
        ] as [(WordSplit.Behavior, [String])])
    func inverted(behavior: WordSplit.Behavior, expected: [String]) throws {
        #expect(try split("ab  c d", PatternProgram("[a-z]+"), behavior, isInverted: true) == expected)
    }

    @Test("matches at both ends, no match, a match of all and no text at all", arguments: WordSplit.Behavior.allCases)
    func edges(behavior: WordSplit.Behavior) throws {
        let dash = try PatternProgram("-")
        #expect(try split("", dash, behavior) == [])
        #expect(try split("abc", dash, behavior) == ["abc"])
        #expect(try split("-", dash, behavior) == (behavior == .removed ? [] : ["-"]))
        let both: [String] =
            switch behavior {
            case .removed: ["a"]
            case .isolated, .contiguous: ["-", "a", "-"]
            case .mergedWithPrevious: ["-", "a-"]
            case .mergedWithNext: ["-a", "-"]
            }
        #expect(try split("-a-", dash, behavior) == both)
    }

    @Test("only the removing behavior loses bytes, and no piece is empty", arguments: WordSplit.Behavior.allCases)
    func complete(behavior: WordSplit.Behavior) throws {
        let alphabet = Array("aé-😀 ".unicodeScalars)
        var random = SplitMix64(seed: 3)
        for pattern in ["-", "-+", "[^-]", " ?a+", "(?=a)", "x*", "😀|é-"] {
            let program = try PatternProgram(pattern)
            for _ in 0 ..< 40 {
                let text = random.text(alphabet, longest: 12), isInverted = Bool.random(using: &random)
                let pieces = try split(text, program, behavior, isInverted: isInverted)
                #expect(pieces.allSatisfy { !$0.isEmpty })
                if behavior != .removed { #expect(pieces.joined() == text, "\(pattern) in \(text.debugDescription)") }
            }
        }
    }

    @Test(
        "a pattern that matches nothing between two letters cuts there",
        arguments: [
            ("(?=b)", "abab", ["a", "ba", "b"]), ("x*", "axxb", ["a", "xx", "b"]), ("(?!a)(?=b)", "bb", ["b", "b"]),
        ])
    func emptyMatches(pattern: String, text: String, expected: [String]) throws {
        #expect(try split(text, PatternProgram(pattern), .isolated) == expected)
    }

    @Test("each piece is cut by itself: no match reaches over a border that was cut before")
    func pieces() throws {
        let bytes = Array("aaaa".utf8), program = try PatternProgram("a{3}")
        var work = EncodingWork.unbounded
        let split = WordSplit(program: program, behavior: .isolated, isInverted: false)
        #expect(try split.split(bytes.span, [0 ..< 4], &work) == [0 ..< 3, 3 ..< 4])
        #expect(try split.split(bytes.span, [0 ..< 2, 2 ..< 4], &work) == [0 ..< 2, 2 ..< 4])
    }

    @Test(
        "a prefix space goes before each piece that has none, and the words are ranges of the new text",
        arguments: [
            ("a b", [" a", " b"]), (" a", [" a"]), ("a", [" a"]), ("", []),
        ] as [(String, [String])])
    func prefixSpaces(text: String, expected: [String]) throws {
        let gap = WordSplit(program: try PatternProgram(" ?[a-z]"), behavior: .isolated, isInverted: false)
        var work = EncodingWork.unbounded
        let (spaced, words) = try PreTokenizer(steps: [.split(gap), .prefixSpace]).words(of: Array(text.utf8), &work)
        #expect(words.map { String(decoding: spaced[$0], as: UTF8.self) } == expected)
    }
}
