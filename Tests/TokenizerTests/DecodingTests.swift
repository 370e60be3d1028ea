import Testing
import Tokenizer

@Suite("Decoding") struct DecodingTests {
    @Test("random ids, most of them invalid UTF-8, have the text Hugging Face gives them", arguments: Fixtures.names)
    func randomIDs(name: String) throws {
        let tokenizer = try Fixtures.tokenizer(name)
        let decodings = try Fixtures.expected(name).decodings
        #expect(decodings.contains { $0.all.contains("\u{FFFD}") })
        for decoding in decodings {
            #expect(
                Array(tokenizer.decode(decoding.ids, skippingSpecial: false).utf8) == Array(decoding.all.utf8),
                "\(decoding.ids)")
            #expect(Array(tokenizer.decode(decoding.ids).utf8) == Array(decoding.plain.utf8), "\(decoding.ids)")
        }
    }

    @Test(
        "a stream of random ids joins to their text, and each prefix of it is a prefix of the text",
        arguments: Fixtures.names)
    func streamJoins(name: String) throws {
        let tokenizer = try Fixtures.tokenizer(name)
        for decoding in try Fixtures.expected(name).decodings {
            for skips in [true, false] {
                let text = Array(tokenizer.decode(decoding.ids, skippingSpecial: skips).utf8)
                var decoder = StreamDecoder(tokenizer, skippingSpecial: skips)
                var joined: [UInt8] = []
                for id in decoding.ids {
                    joined += decoder.append(id).utf8
                    #expect(text.starts(with: joined))
                }
                joined += decoder.finish().utf8
                #expect(joined == text, "\(decoding.ids)")
            }
        }
    }

    @Test("a character spread over tokens comes out whole with its last byte, never as U+FFFD before")
    func streamKeepsCharacters() throws {
        let tokenizer = try Fixtures.tokenizer("demo")
        let text = "aé漢😀\u{7FF}\u{800}\u{FFFF}\u{10000}\u{10FFFF}z"
        let byteIDs = try Array(text.utf8).map { byte in
            try #require((0 ..< Int32(tokenizer.vocabularyCount)).first { tokenizer.bytes(of: $0) == [byte] })
        }
        var decoder = StreamDecoder(tokenizer)
        let pieces = byteIDs.map { decoder.append($0) }
        #expect(pieces.filter { !$0.isEmpty } == text.unicodeScalars.map(String.init))
        #expect(decoder.finish().isEmpty)
    }

    @Test("an incomplete character at the end is one U+FFFD, given by finish alone")
    func streamEndsInside() throws {
        let tokenizer = try Fixtures.tokenizer("demo")
        let start = try [0xF0, 0x9F, 0x98].map { byte in
            try #require((0 ..< Int32(tokenizer.vocabularyCount)).first { tokenizer.bytes(of: $0) == [byte] })
        }
        var decoder = StreamDecoder(tokenizer)
        #expect(start.map { decoder.append($0) }.joined().isEmpty)
        #expect(decoder.finish() == "\u{FFFD}")
        #expect(decoder.finish().isEmpty)
    }

    @Test("unknown ids are skipped")
    func unknownIDs() throws {
        let tokenizer = try Fixtures.tokenizer("demo")
        let ids = tokenizer.encode("hello")
        #expect(tokenizer.decode([-1, .min] + ids + [.max, Int32(tokenizer.vocabularyCount)]) == "hello")
        #expect(tokenizer.bytes(of: -1) == nil)
        #expect(!tokenizer.isSpecial(.max))
        var decoder = StreamDecoder(tokenizer)
        #expect(decoder.append(.max).isEmpty)
    }

    @Test("a corpus text without added tokens comes back as it was", arguments: ["demo", "o200k", "llama3"])
    func roundTrip(name: String) throws {
        let tokenizer = try Fixtures.tokenizer(name)
        for text in try Fixtures.corpus() {
            let ids = tokenizer.encode(text)
            #expect(Array(tokenizer.decode(ids, skippingSpecial: false).utf8) == Array(text.utf8))
        }
    }
}
