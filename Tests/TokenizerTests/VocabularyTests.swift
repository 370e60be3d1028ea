import Testing

@testable import Tokenizer

@Suite("Byte alphabet") struct ByteAlphabetTests {
    @Test("spells each byte as GPT-2's encoder.py does: visible Latin-1 as itself, the rest in order from U+0100 on")
    func definition() {
        let visible = Set(33 ... 126).union(161 ... 172).union(174 ... 255)
        let others = (0 ... 255).filter { !visible.contains($0) }
        #expect(others.count == 68)
        for byte in 0 ... 255 {
            let expected = others.firstIndex(of: byte).map { 256 + $0 } ?? byte
            #expect(ByteAlphabet.scalars[byte].value == UInt32(expected))
        }
        let spelled = String(String.UnicodeScalarView(ByteAlphabet.scalars))
        #expect(ByteAlphabet.bytes(spelledBy: spelled) == Array(0 ... 255))
        #expect(ByteAlphabet.bytes(spelledBy: "Ġthe") == Array(" the".utf8))
        #expect(ByteAlphabet.bytes(spelledBy: "Ċ") == [10])
        #expect(ByteAlphabet.bytes(spelledBy: "") == [])
    }

    @Test(
        "a scalar outside of it spells nothing",
        arguments: [
            " ", "a b", "\u{A0}", "\u{AD}", "\u{144}", "漢", "😀", "\u{7F}", "\n",
        ])
    func outside(token: String) {
        #expect(ByteAlphabet.bytes(spelledBy: token) == nil)
    }
}

@Suite("Scalars in UTF-8") struct UTF8TextTests {
    @Test("are read forwards and backwards as the standard library reads them, at every border between widths")
    func borders() throws {
        let values: [UInt32] = [
            0, 0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFD, 0xFFFF, 0x1_0000, 0xF_FFFF, 0x10_0000, 0x10_FFFF,
        ]
        let scalars = try values.map { try #require(Unicode.Scalar($0)) }
        let text = Array(String(String.UnicodeScalarView(scalars)).utf8)
        var position = 0
        for scalar in scalars {
            let (value, width) = UTF8Text.decode(text.span, at: position)
            #expect(value == scalar.value && width == UTF8.width(scalar))
            #expect(UTF8Text.scalar(at: position, in: text.span) == scalar)
            position += width
            #expect(UTF8Text.start(before: position, in: text.span) == position - width)
            #expect(UTF8Text.scalar(before: position, in: text.span) == scalar)
        }
        #expect(position == text.count)
        #expect(UTF8Text.scalar(at: position, in: text.span) == nil && UTF8Text.scalar(before: 0, in: text.span) == nil)
    }
}

@Suite("Vocabulary") struct VocabularyTests {
    private func added(_ id: Int32, _ content: String, isSpecial: Bool = true) -> AddedToken {
        AddedToken(
            id: id, content: content, text: Array(content.utf8), isSpecial: isSpecial, isSingleWord: false,
            stripsLeft: false, stripsRight: false, isNormalized: false)
    }

    @Test("no two tokens share an id or a content, base or added")
    func unique() {
        var vocabulary = Vocabulary()
        let first = vocabulary.insert("a", id: 0), sameID = vocabulary.insert("b", id: 0)
        let sameContent = vocabulary.insert("a", id: 1)
        #expect(first && !sameID && !sameContent)
        let base = vocabulary.insert("Ġb", id: 2)
        // A token with a scalar outside the byte alphabet stands for its own UTF-8.
        let foreign = vocabulary.insert("漢", id: 3), other = vocabulary.insert("漢", id: 4)
        #expect(base && foreign && !other)
        let special = vocabulary.insert(added: added(7, "<s>")), again = vocabulary.insert(added: added(8, "<s>"))
        let taken = vocabulary.insert(added: added(2, "<t>")), marked = vocabulary.insert(added: added(2, "Ġb"))
        #expect(special && !again && !taken && marked)
        #expect(vocabulary.isSpecial(2) && vocabulary.isSpecial(7) && !vocabulary.isSpecial(0))
        #expect(vocabulary.count == 8)
    }

    @Test("ids and contents lead to each other; gaps, negative ids and unknown tokens lead nowhere")
    func lookups() {
        var vocabulary = Vocabulary()
        _ = vocabulary.insert("Ġthe", id: 5)
        _ = vocabulary.insert("a b", id: 9)        // a space is outside the byte alphabet
        _ = vocabulary.insert(added: added(12, "<s>", isSpecial: false))
        #expect(vocabulary.bytes(of: 5) == Array(" the".utf8) && vocabulary.id(ofBytes: Array(" the".utf8)) == 5)
        #expect(vocabulary.id(of: "Ġthe") == 5 && vocabulary.id(of: " the") == nil)
        #expect(vocabulary.bytes(of: 9) == Array("a b".utf8) && vocabulary.id(ofBytes: Array("a b".utf8)) == nil)
        #expect(vocabulary.id(of: "a b") == 9 && vocabulary.id(of: "<s>") == 12)
        for id in [-1, .min, 0, 4, 6, 13, .max] as [Int32] {
            #expect(vocabulary.bytes(of: id) == nil && !vocabulary.isSpecial(id))
        }
        #expect(vocabulary.wordIDs == [5])
        #expect(vocabulary.longestByteCount == 4 && Vocabulary().longestByteCount == 0)
    }
}

@Suite("Merge table") struct MergeTableTests {
    private func vocabulary(_ bytes: some Sequence<UInt8>) -> Vocabulary {
        var vocabulary = Vocabulary()
        for byte in bytes { _ = vocabulary.insert(String(ByteAlphabet.scalars[Int(byte)]), id: Int32(byte)) }
        return vocabulary
    }

    @Test("knows all bytes where it has those that UTF-8 is made of")
    func allBytes() {
        let inUTF8 = (UInt8.min ... UInt8.max).filter { $0 != 0xC0 && $0 != 0xC1 && $0 < 0xF5 }
        #expect(MergeTable(vocabulary(UInt8.min ... UInt8.max), reserving: 0).knowsAllBytes)
        #expect(MergeTable(vocabulary(inUTF8), reserving: 0).knowsAllBytes)
        for missing in [0x00, 0x20, 0x41, 0x80, 0xBF, 0xC2, 0xE0, 0xF4] as [UInt8] {
            #expect(!MergeTable(vocabulary(inUTF8.filter { $0 != missing }), reserving: 0).knowsAllBytes)
        }
    }

    @Test("a pair that is given twice keeps its last rank, and the order of a pair counts")
    func pairs() {
        var table = MergeTable(vocabulary([1, 2]), reserving: 2)
        table.insert(1, 2, .init(rank: 0, id: 10))
        table.insert(1, 2, .init(rank: 7, id: 11))
        #expect(table.merge(1, 2)?.rank == 7 && table.merge(1, 2)?.id == 11)
        #expect(table.merge(2, 1) == nil && table.merge(-1, 1) == nil)
        #expect(Set(table.ids) == [1, 2, 11])
        #expect(table.byteIDs[1] == 1 && table.byteIDs[3] == -1)
    }
}

@Suite("Work of an encoding") struct EncodingWorkTests {
    @Test(
        "is bounded by the text's length and the number of searches",
        arguments: [
            (0, 0), (0, 1), (1_000_000, 1), (1_000_000, 3),
        ])
    func bound(bytes: Int, rounds: Int) throws {
        let bound = 20_000_000 + bytes * 256 * max(rounds, 1)
        for (steps, isRefused) in [(bound - 1, false), (bound + 1, true)] {
            var work = EncodingWork(bytes: bytes, rounds: rounds) { false }
            func spend() throws(EncodingError) {
                for _ in 0 ..< steps / 1_000 { try work.spend(1_000) }
                try work.spend(steps % 1_000)
            }
            if isRefused { #expect(throws: EncodingError.tooMuchWork) { try spend() } } else { try spend() }
        }
    }

    @Test("somebody is asked about once in a million steps whether the answer is still wanted")
    func asking() throws {
        var asked = 0
        var work = EncodingWork(bytes: 0, rounds: 1) {
            asked += 1
            return false
        }
        for _ in 0 ..< 10_000 { try work.spend(1_000) }
        #expect((9 ... 11).contains(asked))
    }

    @Test("one large step is as much as many small ones")
    func largeStep() {
        var work = EncodingWork(bytes: 0, rounds: 1) { false }
        #expect(throws: EncodingError.tooMuchWork) { try work.spend(20_000_001) }
    }
}
