import Foundation
import Testing
import Tokenizer

@Suite("Encoding") struct EncodingTests {
    @Test("short texts have the ids Hugging Face gives them", arguments: Fixtures.names)
    func samples(name: String) throws {
        let tokenizer = try Fixtures.tokenizer(name)
        let samples = try Fixtures.expected(name).samples
        #expect(samples.count > 5)
        for sample in samples {
            #expect(tokenizer.encode(sample.text) == sample.ids, "\(sample.text.debugDescription)")
        }
    }

    @Test("every corpus text has the ids Hugging Face gives it", arguments: Fixtures.names)
    func corpus(name: String) throws {
        let tokenizer = try Fixtures.tokenizer(name)
        let texts = try Fixtures.corpus()
        let encodings = try Fixtures.expected(name).encodings
        try #require(texts.count == encodings.count)
        for (text, encoding) in zip(texts, encodings) {
            #expect(IDDigest.summary(tokenizer.encode(text)) == encoding, "\(text.debugDescription)")
        }
    }

    @Test("no text has fewer tokens than its length says", arguments: Fixtures.names)
    func countMin(name: String) throws {
        let tokenizer = try Fixtures.tokenizer(name)
        let hangul = String(repeating: "\u{1112}\u{1161}\u{11AB}", count: 50),
            spaces = String(repeating: " ", count: 500)
        for text in try Fixtures.corpus() + [hangul, spaces, "", "a"] {
            #expect(
                tokenizer.tokenCountMin(bytes: text.utf8.count) <= tokenizer.encode(text).count,
                "\(text.prefix(80).debugDescription)")
        }
        // Tokens that take whitespace along can stand for any amount of it.
        #expect((tokenizer.tokenCountMin(bytes: 1 << 20) > 0) == (name != "added-tokens"))
    }

    @Test("content has the ids Hugging Face gives it with encode_special_tokens", arguments: Fixtures.names)
    func contents(name: String) throws {
        let tokenizer = try Fixtures.tokenizer(name)
        let texts = try Fixtures.corpus()
        let encodings = try Fixtures.expected(name).contents
        try #require(texts.count == encodings.count)
        for (text, encoding) in zip(texts, encodings) {
            #expect(
                IDDigest.summary(tokenizer.ids(of: PromptText(content: text))) == encoding, "\(text.debugDescription)")
        }
    }

    @Test(
        "every scalar of the first two planes is classed and normalized as by Hugging Face",
        arguments: ["o200k", "digits-nfc"])
    func everyScalar(name: String) throws {
        let tokenizer = try Fixtures.tokenizer(name)
        let digests = try Fixtures.expected(name).scalars
        try #require(digests.count == 32)
        for (block, expected) in digests.enumerated() {
            var digest = IDDigest()
            for scalar in (block * 0x1000 ..< (block + 1) * 0x1000).compactMap({ Unicode.Scalar(UInt32($0)) }) {
                digest.add(tokenizer.encode("x\(scalar)1\(scalar)\(scalar)"))
            }
            #expect(digest.text == expected, "from U+\(String(block * 0x1000, radix: 16))")
        }
    }

    struct Variant: Decodable {
        let name: String
        let encodings: [String]
    }

    @Test("other pre-tokenizers cut as Hugging Face's: every behavior, inverted, literal, patterns of other families")
    func preTokenizers() throws {
        let variants = try Fixtures.decode([Variant].self, "pre-tokenizers")
        let texts = try Fixtures.corpus()
        let sections = try #require(
            try JSONSerialization.jsonObject(with: Data(Fixtures.json("pre-tokenizers"))) as? [[String: Any]])
        var file = try #require(try JSONSerialization.jsonObject(with: Data(Fixtures.json("o200k"))) as? [String: Any])
        #expect(variants.count == 16)
        for (variant, section) in zip(variants, sections) {
            file["pre_tokenizer"] = section["section"]
            let tokenizer = try BytePairTokenizer(
                json: Array(JSONSerialization.data(withJSONObject: file)), file: variant.name)
            for (text, encoding) in zip(texts, variant.encodings) {
                #expect(
                    IDDigest.summary(tokenizer.encode(text)) == encoding, "\(variant.name): \(text.debugDescription)")
            }
        }
    }

    @Test("merges written as strings mean the same as merges written as pairs")
    func mergeForms() throws {
        var file = try #require(try JSONSerialization.jsonObject(with: Data(Fixtures.json("o200k"))) as? [String: Any])
        var model = try #require(file["model"] as? [String: Any])
        let pairs = try #require(model["merges"] as? [[String]])
        model["merges"] = ["#version: 0.2"] + pairs.map { $0.joined(separator: " ") }
        file["model"] = model
        let rewritten = try BytePairTokenizer(
            json: Array(JSONSerialization.data(withJSONObject: file)), file: "rewritten")
        let original = try Fixtures.tokenizer("o200k")
        for text in try Fixtures.corpus() { #expect(rewritten.encode(text) == original.encode(text)) }
    }

    @Test(
        "a single word of 100 kB is encoded without quadratic work, whatever it repeats",
        arguments: ["a", " ", "\n", "A", "漢", "e\u{301}", "7", "'", "ab"])
    func longWords(unit: String) throws {
        // Quadratic work would be hours here; the suite's patience is the limit.
        let text = String(repeating: unit, count: 100_000 / unit.utf8.count)
        for name in ["demo", "o200k", "digits-nfc"] {
            let tokenizer = try Fixtures.tokenizer(name)
            let expected =
                name == "digits-nfc" && unit == "e\u{301}" ? text.replacing("e\u{301}", with: "\u{E9}") : text
            #expect(Array(tokenizer.decode(tokenizer.encode(text)).utf8) == Array(expected.utf8))
        }
    }

    @Test("special tokens in a text become their ids, and their spelling in the file finds them")
    func specialTokens() throws {
        let tokenizer = try Fixtures.tokenizer("demo")
        let end = try #require(tokenizer.id(of: "<end_of_sentence>"))
        #expect(tokenizer.isSpecial(end))
        #expect(tokenizer.encode("a<end_of_sentence>b") == tokenizer.encode("a") + [end] + tokenizer.encode("b"))
        let the = try #require(tokenizer.id(of: "Ġthe"))
        #expect(tokenizer.encode(" the") == [the])
        #expect(tokenizer.bytes(of: the) == Array(" the".utf8))
        #expect(!tokenizer.isSpecial(the))
        #expect(tokenizer.id(of: "no such token") == nil)
        #expect(tokenizer.vocabularyCount == 4096)
    }
}
