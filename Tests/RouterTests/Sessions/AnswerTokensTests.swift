import Testing
import Tokenizer

@testable import Router

@Suite("The tokens of an answer that were told") struct AnswerTokensTests {
    private func told(_ tokens: [Int32], cutOff: Int) throws -> [Int32] {
        try AnswerTokens.told(tokens, cutOff: cutOff, demoTokenizer, skipsSpecial: true)
    }

    @Test("without a stop string they are the model's own, be they what no encoder would write")
    func untouched() throws {
        let odd = "Hello".utf8.flatMap { demoTokenizer.encode(String(decoding: [$0], as: UTF8.self)) }
        #expect(odd != demoTokenizer.encode("Hello"))
        #expect(try told(odd, cutOff: 0) == odd)
    }

    @Test("with one they say what the client was told, token by token as far as they fit")
    func cut() throws {
        let text = "One two größer 你好 👩‍👩‍👧 three", tokens = demoTokenizer.encode(text)
        let length = text.unicodeScalars.count
        for cutOff in 1 ... length {
            let kept = try told(tokens, cutOff: cutOff)
            let expected = String(String.UnicodeScalarView(text.unicodeScalars.prefix(length - cutOff)))
            #expect(demoTokenizer.decode(kept) == expected)
            // All but the last few are the model's own.
            let same = zip(kept, tokens).prefix { $0 == $1 }.count
            #expect(kept.count - same <= expected.utf8.count - demoTokenizer.decode(tokens.prefix(same)).utf8.count)
        }
    }

    @Test("more than there is takes all")
    func all() throws {
        #expect(try told([], cutOff: 3) == [])
        #expect(try told(demoTokenizer.encode("ab"), cutOff: 9) == [])
    }
}
