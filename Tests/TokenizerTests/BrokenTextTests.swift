import TestSupport
import Testing
import Tokenizer

/// Bytes and texts as no well-behaved client sends them and no well-trained model writes them.
@Suite("Hostile text") struct BrokenTextTests {
    /// A first and a last byte of each class in table 3-7 of the Unicode Standard, and bytes that UTF-8 never has.
    private static let bytes: [UInt8] = [
        0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF,
        0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF,
    ]

    /// The demo tokenizer, and its token of each single byte.
    private func demo() throws -> (tokenizer: BytePairTokenizer, ids: [Int32]) {
        let tokenizer = try Fixtures.tokenizer("demo")
        var ids = [Int32?](repeating: nil, count: 256)
        for id in 0 ..< Int32(tokenizer.vocabularyCount) {
            if let bytes = tokenizer.bytes(of: id), bytes.count == 1 { ids[Int(bytes[0])] = id }
        }
        return (tokenizer, try ids.map { try #require($0) })
    }

    @Test("any bytes, broken in any way, stream to what the standard library makes of them")
    func everyBreak() throws {
        let (tokenizer, ids) = try demo()
        var sequences = Self.bytes.map { [$0] }
        for length in 2 ... 3 {
            let shorter = sequences.filter { $0.count == length - 1 }
            sequences += shorter.flatMap { start in Self.bytes.map { start + [$0] } }
        }
        // Whole characters of four bytes with one byte exchanged or left out.
        for character in ["\u{10000}", "\u{10FFFF}", "😀"] {
            let whole = Array(character.utf8)
            for place in whole.indices {
                sequences += Self.bytes.map { byte in whole[..<place] + [byte] + whole[(place + 1)...] }
                sequences.append(whole[..<place] + whole[(place + 1)...] + whole)
            }
        }
        for sequence in sequences {
            let expected = String(decoding: sequence, as: UTF8.self)
            var decoder = StreamDecoder(tokenizer), pieces: [String] = []
            for byte in sequence { pieces.append(decoder.append(ids[Int(byte)])) }
            let isInside = decoder.isInsideCharacter, rest = decoder.finish()
            let streamed = (pieces + [rest]).joined(), whole = tokenizer.decode(sequence.map { ids[Int($0)] })
            let isSame = streamed.utf8.elementsEqual(expected.utf8) && whole.utf8.elementsEqual(expected.utf8)
            if isSame, isInside == !rest.isEmpty { continue }
            Issue.record("\(sequence): \(pieces) and \(rest.debugDescription), or at once \(whole.debugDescription)")
        }
    }

    private static let hostile = [
        // Every byte of ASCII; marks without a letter and many on one; characters of several scalars.
        String(String.UnicodeScalarView((0 ..< 128).compactMap { Unicode.Scalar(UInt8($0)) })),
        "\u{301}\u{301}\u{301}", "Z" + String(repeating: "\u{35F}\u{489}\u{1AB0}", count: 200),
        "👩‍👩‍👧‍👦👨🏿‍🚀🏳️‍🌈🇩🇪🇯🇵", String(repeating: "🇩", count: 301), "👍🏽👍🏾\u{1F3FB}",
        // Directions, invisible scalars, private use, noncharacters, the replacement character, byte order marks.
        "a\u{202E}b\u{202C}\u{2066}c\u{2069}", "\u{200B}\u{200C}\u{200D}\u{2060}\u{FEFF}", "\u{E000}\u{F8FF}\u{10FFFD}",
        "\u{FFFE}\u{FFFF}\u{1FFFE}\u{10FFFF}", "\u{FFFD}\u{FFFD}", "\u{FEFF}\u{FEFF}x",
        // Spaces and ends of lines of all kinds, digits of all kinds, letters that fold to ASCII.
        " \u{A0}\u{1680}\u{2003}\u{2028}\u{2029}\u{205F}\u{3000}\t\u{B}\u{C}\u{85}\r\n\n\r ", "1١१๑𝟙½Ⅷ⑨",
        "ſK'ſ'S'LL",
        // Long words and long silence.
        String(repeating: "a", count: 5_000), String(repeating: "漢", count: 3_000),
        String(repeating: " ", count: 5_000), String(repeating: "ab\u{301}", count: 2_000),
        String(repeating: "\r\n", count: 2_000), "x" + String(repeating: "'", count: 999),
        // What looks like the tokenizer's own spelling, or like a token's beginning.
        "ĠĊĉ", "<|", "<end_of_sentence", "<<end_of_sentence><end_of_sentence", "</s><s>[INST]",
    ]

    @Test(
        "content comes back byte for byte, in no fewer tokens than its length says",
        arguments: [
            "demo", "o200k", "llama3",
        ])
    func roundTrip(name: String) throws {
        let tokenizer = try Fixtures.tokenizer(name)
        for text in Self.hostile {
            let ids = tokenizer.ids(of: PromptText(content: text))
            let decoded = tokenizer.decode(ids, skippingSpecial: false)
            #expect(decoded.utf8.elementsEqual(text.utf8), "\(text.debugDescription)")
            #expect(ids.count >= tokenizer.tokenCountMin(bytes: text.utf8.count))
            #expect(tokenizer.ids(of: PromptText(content: text)) == ids)
            #expect(!ids.contains { tokenizer.isSpecial($0) })
        }
    }

    @Test("random scalars come back byte for byte, streamed ones as well", arguments: ["demo", "o200k", "llama3"])
    func randomScalars(name: String) throws {
        let tokenizer = try Fixtures.tokenizer(name)
        var random = SplitMix64(seed: 31)
        for _ in 0 ..< 200 {
            let scalars = (0 ..< 20).compactMap { _ in
                let highest: UInt32 = Bool.random(using: &random) ? 0x250 : 0x10_FFFF
                return Unicode.Scalar(UInt32.random(in: 0 ... highest, using: &random))
            }
            let text = String(String.UnicodeScalarView(scalars))
            let ids = tokenizer.ids(of: PromptText(content: text))
            #expect(tokenizer.decode(ids).utf8.elementsEqual(text.utf8), "\(text.debugDescription)")
            var decoder = StreamDecoder(tokenizer)
            let streamed = ids.map { decoder.append($0) }.joined() + decoder.finish()
            #expect(streamed.utf8.elementsEqual(text.utf8), "\(text.debugDescription)")
        }
    }

    @Test("a stream may begin and stop to skip special tokens on the way")
    func skipping() throws {
        let tokenizer = try Fixtures.tokenizer("demo")
        let end = try #require(tokenizer.id(of: "<end_of_sentence>"))
        var decoder = StreamDecoder(tokenizer)
        #expect(decoder.append(end) == "")
        decoder.skipsSpecial = false
        #expect(decoder.append(end) == "<end_of_sentence>")
        #expect(tokenizer.decode([end, end]) == "")
        #expect(tokenizer.decode([end], skippingSpecial: false) == "<end_of_sentence>")
    }

    @Test("a special token inside a broken character does not mend it, and a skipped one does not part it")
    func specialInside() throws {
        let (tokenizer, ids) = try demo()
        let end = try #require(tokenizer.id(of: "<end_of_sentence>"))
        let sequence = [ids[0xC3], end, ids[0xA9]]
        #expect(tokenizer.decode(sequence) == "é")
        #expect(tokenizer.decode(sequence, skippingSpecial: false) == "\u{FFFD}<end_of_sentence>\u{FFFD}")
        for (skips, expected) in [(true, ["", "", "é"]), (false, ["", "\u{FFFD}<end_of_sentence>", "\u{FFFD}"])] {
            var decoder = StreamDecoder(tokenizer, skippingSpecial: skips)
            var pieces: [String] = []
            for id in sequence { pieces.append(decoder.append(id)) }
            #expect(pieces == expected)
        }
    }
}
