import Tensors
import Testing
import Tokenizer

@testable import Router

@Suite("Bad words") struct BadWordTests {
    private func sequences(_ words: String...) throws -> [[Int32]] {
        try BadWordStrings.sequences(of: words, by: demoTokenizer, CancellationFlag())
    }

    @Test("a word is known as a text begins with it and as it stands behind a blank, of however many tokens")
    func forms() throws {
        // "small" is three tokens at the beginning of a text, and one behind a blank.
        let bare = demoTokenizer.encode("small"), spaced = demoTokenizer.encode(" small")
        #expect(bare.count > 1 && spaced.count == 1)
        for word in ["small", " small"] { #expect(try sequences(word) == [bare, spaced]) }
        #expect(
            try sequences("very small") == [demoTokenizer.encode("very small"), demoTokenizer.encode(" very small")])
    }

    @Test("blanks alone, and special tokens, are words too")
    func odd() throws {
        #expect(try sequences("  ") == [demoTokenizer.encode("  ")])
        let end = try #require(demoTokenizer.id(of: "<end_of_sentence>"))
        #expect(try sequences("<end_of_sentence>").first == [end])
        #expect(try sequences().isEmpty)
    }

    @Test("several words are barred at once, each where it would be ended")
    func barred() {
        var words = BadWords([[1], [2, 3], [2, 4], [5, 2, 6]])
        #expect(words.barred == [1] && !words.hasMore)
        words.append(5)
        words.append(2)
        #expect(words.barred == [1, 3, 4, 6] && words.hasMore)
        words.append(7)
        #expect(words.barred == [1])
    }
}
