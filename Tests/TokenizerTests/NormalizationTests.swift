import TestSupport
import Testing

@testable import Tokenizer

@Suite("Normalization form C") struct NormalizationTests {
    /// What Tests/Reference/tokenizer/make_normalization.py wrote: texts, and their form C by Python's unicodedata.
    struct Sample: Decodable {
        let what: String
        let text: String
        let normal: String
    }

    private func normal(_ text: String) -> [UInt8] { Normalization.nfc(Array(text.utf8)) }

    private func scalars(_ bytes: [UInt8]) -> String {
        String(decoding: bytes, as: UTF8.self).unicodeScalars.map { String($0.value, radix: 16) }.joined(separator: " ")
    }

    @Test("is what Python's unicodedata gives: everything that can be taken apart, marks in any order, Hangul in parts")
    func python() throws {
        let samples = try Fixtures.decode([Sample].self, "normalization")
        #expect(Set(samples.map(\.what)) == ["whole", "apart", "marks", "hangul", "standard"])
        for sample in samples {
            let found = normal(sample.text)
            #expect(found == Array(sample.normal.utf8), "\(sample.what): \(scalars(Array(sample.text.utf8)))")
            #expect(Normalization.nfc(found) == found, "the form C of a form C is itself")
        }
    }

    @Test(
        "examples of the Unicode Standard: blocked marks, exclusions, singletons, syllables",
        arguments: [
            ("e\u{301}", "\u{E9}"), ("D\u{307}\u{323}", "\u{1E0C}\u{307}"), ("\u{1E0A}\u{323}", "\u{1E0C}\u{307}"),
            ("a\u{315}\u{300}\u{5AE}\u{300}b", "\u{E0}\u{5AE}\u{300}\u{315}b"), ("\u{212B}", "\u{C5}"),
            ("\u{2126}", "\u{3A9}"), ("\u{915}\u{93C}", "\u{915}\u{93C}"), ("\u{958}", "\u{915}\u{93C}"),
            ("\u{1100}\u{1161}\u{11A8}", "\u{AC01}"), ("\u{AC00}\u{11A8}", "\u{AC01}"),
            ("\u{AC01}\u{11A8}", "\u{AC01}\u{11A8}"),
            ("\u{1100}\u{300}\u{1161}", "\u{1100}\u{300}\u{1161}"), ("\u{1112}\u{1176}", "\u{1112}\u{1176}"),
            ("\u{344}", "\u{308}\u{301}"), ("\u{FB1D}", "\u{5D9}\u{5B4}"), ("\u{1D15E}", "\u{1D157}\u{1D165}"),
            ("\u{20067}\u{306}", "\u{20067}\u{306}"), ("\u{301}e", "\u{301}e"), ("", ""), ("plain", "plain"),
        ])
    func standard(text: String, expected: String) {
        #expect(normal(text) == Array(expected.utf8), "\(scalars(normal(text)))")
    }

    /// Swift compares strings by canonical equivalence: two texts are equal where their normal forms are.
    @Test("a random text is canonically equivalent to its form C, which stays as it is")
    func equivalence() {
        var random = SplitMix64(seed: 12)
        let known = (0x20 ... 0x2FFFF as ClosedRange<UInt32>).compactMap(Unicode.Scalar.init).filter { scalar in
            (scalar.properties.age?.major ?? .max) <= 9
        }
        let marks = known.filter { $0.properties.canonicalCombiningClass != .notReordered }
        let jamo = (0x1100 ... 0x11FF as ClosedRange<UInt32>).compactMap(Unicode.Scalar.init)
        for _ in 0 ..< 2_000 {
            let text = random.text(known, longest: 3) + random.text(marks, longest: 5) + random.text(jamo, longest: 3)
            let found = normal(text)
            #expect(String(decoding: found, as: UTF8.self) == text, "\(scalars(Array(text.utf8)))")
            #expect(Normalization.nfc(found) == found, "\(scalars(Array(text.utf8)))")
        }
    }

    @Test("scalars that Unicode 9 does not know stand as they are: Hugging Face's tokenizers know no later version")
    func laterVersions() {
        // Combining classes of Unicode 10 (U+1DF6) and 14 (U+0898), which would be sorted; a composition of Unicode 13.
        for text in ["a\u{1DF6}\u{323}", "a\u{898}\u{323}", "\u{11935}\u{11930}"] {
            #expect(normal(text) == Array(text.utf8), "\(scalars(Array(text.utf8)))")
        }
    }
}
