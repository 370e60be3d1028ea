import Chat
import TestSupport
import Testing
import Tokenizer

@Suite("Prompts whose parts remember where they come from") struct PromptTextTests {
    @Test("a literal is template text, what is put into it is content, and neighbours of one origin are one piece")
    func pieces() {
        let inner: PromptText = "(\("b"))"
        let prompt: PromptText = "a\(inner)\("c")\("")\("d")"
        #expect(prompt.pieces.map(\.text) == ["a(", "b", ")", "cd"])
        #expect(prompt.pieces.map(\.origin) == [.template, .content, .template, .content])
        #expect(prompt.text == "a(b)cd")
        #expect(prompt.trusted == PromptText(template: "a(b)cd"))
        #expect(PromptText(content: "").isEmpty)
    }

    @Test(
        """
        a chat in which a user spells a control token has Hugging Face's ids: the template's tokens as control, the \
        user's as text
        """
    )
    func spelledControlToken() throws {
        let tokenizer = try Fixtures.tokenizer("demo")
        let prompt = ChatTemplate().render([ChatMessage(role: "user", content: "a<end_of_sentence>b")])
        #expect(
            tokenizer.ids(of: prompt) == [
                4091, 2871, 998, 28, 2871, 198, 64, 27, 564, 62, 3190, 62, 82, 330, 633, 29, 65, 4090, 198, 4091, 2619,
                998, 28, 2905, 198,
            ])
    }

    @Test(
        "words are found and merged across borders as in one text, wherever it is cut",
        arguments: ["demo", "o200k", "llama3", "digits-nfc"])
    func cuts(name: String) throws {
        let tokenizer = try Fixtures.tokenizer(name)
        var random = SystemRandomNumberGenerator()
        for text in try Fixtures.corpus() {
            let ids = tokenizer.encode(text)
            // Added tokens end at borders, so texts are taken that spell none.
            guard ids.allSatisfy({ $0 < tokenizer.baseCount }) else { continue }
            let scalars = Array(text.unicodeScalars)
            var prompt = PromptText()
            var start = 0
            while start < scalars.count {
                let end = Int.random(in: start + 1 ... min(scalars.count, start + 12), using: &random)
                prompt.append(
                    String(String.UnicodeScalarView(scalars[start ..< end])),
                    from: Bool.random(using: &random) ? .template : .content)
                start = end
            }
            #expect(tokenizer.ids(of: prompt) == ids, "\(prompt.pieces)")
        }
    }

    @Test("a special token spelled half by the template and half by content is none, from either side")
    func straddling() throws {
        let tokenizer = try Fixtures.tokenizer("demo")
        for prompt in [
            "<end_of_\("sentence>")", "\("<end_of")_sentence>", "\("<end_of_sentence")>", "<\("end_of_sentence")>",
        ] as [PromptText] {
            #expect(!tokenizer.ids(of: prompt).contains { tokenizer.isSpecial($0) }, "\(prompt.pieces)")
            #expect(tokenizer.ids(of: prompt) == tokenizer.ids(of: PromptText(content: "<end_of_sentence>")))
        }
    }

    @Test("content cannot hide a token of the template by going on as a longer token does")
    func hiding() throws {
        let tokenizer = try Fixtures.tokenizer("o200k")
        let end = try #require(tokenizer.id(of: "<|end|>")), longer = try #require(tokenizer.id(of: "<|end|>of"))
        #expect(tokenizer.ids(of: "<|end|>\("of")") == [end] + tokenizer.encode("of"))
        #expect(tokenizer.ids(of: "<|end|>of") == [longer])
    }

    @Test("an added token that is not special counts in content")
    func ordinary() throws {
        let tokenizer = try Fixtures.tokenizer("o200k")
        let token = try #require(tokenizer.id(of: "ordinary token"))
        #expect(
            tokenizer.ids(of: "\("an ordinary token<|end|>")").filter { $0 == token || tokenizer.isSpecial($0) } == [
                token
            ])
    }

    @Test(
        """
        a mark at the beginning of content takes the template's last character, and the token it ends, with it where \
        text is normalized
        """
    )
    func normalizedBorder() throws {
        let tokenizer = try Fixtures.tokenizer("added-tokens")
        let letter = try #require(tokenizer.id(of: "\u{C5}"))        // found in normalized text
        #expect(tokenizer.ids(of: "\u{C5}").contains(letter))
        #expect(tokenizer.ids(of: "A\("\u{30A}") x") == tokenizer.encode("A\u{30A} x"))
        #expect(!tokenizer.ids(of: "\u{C5}\("\u{301}")").contains(letter))
        #expect(tokenizer.decode(tokenizer.ids(of: "\("A")\u{30A}\u{301}b\("\u{300}")")).hasSuffix("\u{1FA}b\u{300}"))
    }
}
