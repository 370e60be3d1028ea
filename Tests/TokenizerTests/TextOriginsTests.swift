import TestSupport
import Testing

@testable import Tokenizer

@Suite("Origins of a text's parts") struct TextOriginsTests {
    private static let alphabet = Array("aé漢e\u{301}\u{327}\u{1112}\u{1161}Å".unicodeScalars)

    private func prompt(_ random: inout SplitMix64) -> PromptText {
        var prompt = PromptText()
        for _ in 0 ..< Int.random(in: 0 ... 6, using: &random) {
            let text = random.text(Self.alphabet, longest: 4)
            prompt.append(text, from: Bool.random(using: &random) ? .template : .content)
        }
        return prompt
    }

    /// One origin for each byte.
    private func bytewise(_ origins: TextOrigins) -> [PromptText.Origin] {
        var result: [PromptText.Origin] = []
        for span in origins.spans { result += repeatElement(span.origin, count: span.end - result.count) }
        return result
    }

    @Test("say of each byte which piece it came from, of a part of the text too", arguments: 0 ..< 20 as Range<UInt64>)
    func parts(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0 ..< 30 {
            let prompt = prompt(&random), origins = TextOrigins(prompt)
            let expected = prompt.pieces.flatMap { piece in
                [PromptText.Origin](repeating: piece.origin, count: piece.text.utf8.count)
            }
            #expect(bytewise(origins) == expected && origins.count == expected.count)
            let first = Int.random(in: 0 ... expected.count, using: &random)
            let range = first ..< Int.random(in: first ... expected.count, using: &random)
            let part = origins[range]
            #expect(bytewise(part) == Array(expected[range]) && part.count == range.count)
            for (span, next) in zip(part.spans, part.spans.dropFirst()) {
                #expect(span.origin != next.origin && span.end < next.end)
            }
        }
    }

    @Test("normalizing gives up template text that content could have changed", arguments: 0 ..< 20 as Range<UInt64>)
    func normalizing(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0 ..< 30 {
            let prompt = prompt(&random), text = prompt.utf8
            let (normal, origins) = TextOrigins(prompt).normalizing(text)
            #expect(normal == Normalization.nfc(text), "\(prompt.pieces)")
            #expect(origins.count == normal.count)
            // What is the template's afterwards was the template's, scalar for scalar, where no mark can join it.
            var start = 0
            for span in origins.spans {
                let piece = Array(normal[start ..< span.end])
                start = span.end
                guard span.origin == .template else { continue }
                let found = String(decoding: piece, as: UTF8.self)
                let isTemplates = prompt.pieces.contains { own in
                    own.origin == .template && contains(Normalization.nfc(Array(own.text.utf8)), piece)
                }
                #expect(isTemplates, "\(found.debugDescription) in \(prompt.pieces)")
            }
        }
    }

    private func contains(_ text: [UInt8], _ part: [UInt8]) -> Bool {
        text.count >= part.count
            && (0 ... text.count - part.count).contains { Array(text[$0 ..< $0 + part.count]) == part }
    }
}
