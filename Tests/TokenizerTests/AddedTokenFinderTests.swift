import TestSupport
import Testing

@testable import Tokenizer

@Suite("Finder of added tokens") struct AddedTokenFinderTests {
    private static func token(
        _ id: Int32, _ content: String, isSpecial: Bool = false, isSingleWord: Bool = false, stripsLeft: Bool = false,
        stripsRight: Bool = false
    ) -> AddedToken {
        AddedToken(
            id: id, content: content, text: Array(content.utf8), isSpecial: isSpecial, isSingleWord: isSingleWord,
            stripsLeft: stripsLeft, stripsRight: stripsRight, isNormalized: false)
    }

    /// The parts of a prompt in words: text as it is, tokens as "<id>".
    private func parts(_ prompt: PromptText, _ tokens: [AddedToken]) throws -> [String] {
        let text = prompt.utf8
        var work = EncodingWork.unbounded
        return try AddedTokenFinder(tokens).parts(of: text, TextOrigins(prompt), &work).map { part in
            switch part {
            case .text(let range): String(decoding: text[range], as: UTF8.self)
            case .token(let id): "<\(id)>"
            }
        }
    }

    /// Leftmost first, of those that start at one place the longest, of equal ones the first.
    private func slowParts(_ text: String, _ tokens: [AddedToken]) -> [String] {
        var parts: [String] = [], gap = "", rest = Substring(text)
        while let first = rest.first {
            let fitting = tokens.filter { rest.hasPrefix($0.content) }
            guard let longest = fitting.map(\.content.count).max(),
                let token = fitting.first(where: { $0.content.count == longest })
            else {
                gap.append(first)
                rest.removeFirst()
                continue
            }
            if !gap.isEmpty { parts.append(gap) }
            parts.append("<\(token.id)>")
            gap = ""
            rest.removeFirst(longest)
        }
        return gap.isEmpty ? parts : parts + [gap]
    }

    @Test("random tokens are found in random texts as by the definition", arguments: 0 ..< 20 as Range<UInt64>)
    func random(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let alphabet = Array("abé".unicodeScalars)
        for _ in 0 ..< 40 {
            let contents = (0 ..< 4).map { _ in random.text(alphabet, longest: 4) }.filter { !$0.isEmpty }
            let tokens = contents.enumerated().map { Self.token(Int32($0), $1) }
            let text = random.text(alphabet, longest: 20)
            #expect(try parts(PromptText(template: text), tokens) == slowParts(text, tokens), "\(contents) in \(text)")
        }
    }

    @Test(
        "whitespace that a token takes along is neither text nor another token's",
        arguments: [
            ("a  <l>  b", ["a", "<1>", "  b"]), ("a  <r>  b", ["a  ", "<2>", "b"]), ("a  <b>  b", ["a", "<3>", "b"]),
            ("<b> <b>", ["<3>", "<3>"]), ("<r> \n\u{2003}<l>", ["<2>", "<1>"]), ("<l><l>", ["<1>", "<1>"]),
            ("  <l>", ["<1>"]), ("<r>  ", ["<2>"]), ("<r>\u{200B}", ["<2>", "\u{200B}"]),
        ] as [(String, [String])])
    func stripping(text: String, expected: [String]) throws {
        let tokens = [
            Self.token(1, "<l>", stripsLeft: true), Self.token(2, "<r>", stripsRight: true),
            Self.token(3, "<b>", stripsLeft: true, stripsRight: true),
        ]
        #expect(try parts(PromptText(template: text), tokens) == expected)
    }

    @Test(
        "a token for a single word is none beside a letter, a digit, a mark or an underscore",
        arguments: [
            ("w", ["<1>"]), ("w w", ["<1>", " ", "<1>"]), ("aw", ["aw"]), ("wa", ["wa"]), ("éw", ["éw"]),
            ("_w", ["_w"]),
            ("w1", ["w1"]), ("w\u{301}", ["w\u{301}"]), ("-w.", ["-", "<1>", "."]), ("😀w", ["😀", "<1>"]),
            ("ww", ["ww"]), ("漢w", ["漢w"]), ("w\u{200D}", ["w\u{200D}"]), ("w\u{A0}", ["<1>", "\u{A0}"]),
        ] as [(String, [String])])
    func singleWords(text: String, expected: [String]) throws {
        #expect(try parts(PromptText(template: text), [Self.token(1, "w", isSingleWord: true)]) == expected)
    }

    @Test(
        "special tokens count only in what the template wrote, others wherever one piece spells them",
        arguments: [
            ("<s><o>", ["<1>", "<2>"]), ("\("<s><o>")", ["<s>", "<2>"]), ("<s\(">")", ["<s>"]), ("\("<")s>", ["<s>"]),
            ("<o\(">")", ["<o>"]), ("\("<o")>\("<o>")", ["<o>", "<2>"]), ("<s>\("<s>")<s>", ["<1>", "<s>", "<1>"]),
            ("", []),
        ] as [(PromptText, [String])])
    func origins(prompt: PromptText, expected: [String]) throws {
        #expect(try parts(prompt, [Self.token(1, "<s>", isSpecial: true), Self.token(2, "<o>")]) == expected)
    }

    @Test("a special token that content spells still uses up its text: no shorter token is found inside it")
    func usedUp() throws {
        let tokens = [Self.token(1, "<s>", isSpecial: true), Self.token(2, "s")]
        #expect(try parts(PromptText(content: "s<s>s"), tokens) == ["<2>", "<s>", "<2>"])
    }

    @Test("without tokens the text is one part, and an empty text none")
    func nothing() throws {
        #expect(try parts("abc", []) == ["abc"])
        #expect(try parts("", []) == [])
    }

    @Test("a text full of beginnings of a token is searched to its end, unless nobody waits any more")
    func work() throws {
        let prompt = PromptText(content: String(repeating: "a", count: 3_000))
        let token = Self.token(1, String(repeating: "a", count: 500) + "b")
        #expect(try parts(prompt, [token]) == [prompt.text])
        var asked = 0
        var work = EncodingWork(bytes: prompt.byteCount, rounds: 1) {
            asked += 1
            return asked > 1
        }
        #expect(throws: EncodingError.cancelled) {
            try AddedTokenFinder([token]).parts(of: prompt.utf8, TextOrigins(prompt), &work)
        }
    }
}
