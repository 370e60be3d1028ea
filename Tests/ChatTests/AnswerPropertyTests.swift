import Chat
import TestSupport
import Testing

@Suite("Random answers") struct AnswerPropertyTests {
    private static let seeds = 0 ..< UInt64(200)

    /// The answer in one token, in one for each scalar, cut at each place once, and cut at random.
    private func cuts(_ answer: String, _ random: inout SplitMix64) -> [[AnswerToken]] {
        let count = answer.unicodeScalars.count
        var cuts = [AnswerToken.cut(answer) { _ in false }, AnswerToken.cut(answer) { _ in true }]
        if count < 120 { cuts += (0 ..< count).map { place in AnswerToken.cut(answer) { $0 == place } } }
        for _ in 0 ..< 3 {
            let places = (0 ..< count).map { _ in UInt8.random(in: 0 ..< 4, using: &random) == 0 }
            cuts.append(AnswerToken.cut(answer) { places[$0] })
        }
        return cuts
    }

    @Test("every cut into tokens gives the parts that were written", arguments: AnswerSyntax.all)
    func wellFormed(syntax: AnswerSyntax) {
        for seed in Self.seeds {
            var random = SplitMix64(seed: seed ^ 0xFFFF)
            let answer = RandomAnswer(syntax, seed: seed)
            for tokens in cuts(answer.written, &random) {
                let pieces = read(tokens, syntax, isReasoning: answer.isReasoning)
                guard pieces != answer.pieces else { continue }
                Issue.record("seed \(seed): \(answer.written)\n\(pieces)\n\(answer.pieces)")
                return
            }
        }
    }

    @Test("at each step, what came out is what the text means that is not held", arguments: AnswerSyntax.all)
    func held(syntax: AnswerSyntax) {
        for seed in Self.seeds {
            var random = SplitMix64(seed: seed)
            let answer = RandomAnswer(syntax, seed: seed)
            for tokens in cuts(answer.written, &random).suffix(4) {
                guard let wrong = firstWrongStep(tokens, answer) else { continue }
                Issue.record("seed \(seed): \(answer.written)\n\(wrong)")
                return
            }
        }
    }

    private func firstWrongStep(_ tokens: [AnswerToken], _ answer: RandomAnswer) -> String? {
        var reader = AnswerReader(answer.syntax, isReasoning: answer.isReasoning)
        var progress = RandomAnswerProgress(answer)
        var (scalars, text, reasoning, arguments) = (0, "", "", "")
        for token in tokens {
            scalars += token.text.unicodeScalars.count
            for piece in reader.append(token.id, token.text) {
                switch piece {
                case .text(let more): text += more
                case .reasoning(let more): reasoning += more
                case .callArguments(let more): arguments += more
                case .callBegins, .callEnds: break
                }
            }
            progress.advance(to: scalars - reader.heldScalars)
            let expected = [progress.text, progress.reasoning, progress.arguments]
            if expected != [text, reasoning, arguments] {
                return "after \(scalars), held \(reader.heldScalars): \([text, reasoning, arguments])\n\(expected)"
            }
        }
        return nil
    }

    @Test(
        "an answer that ends anywhere gives the same for every cut, and no call stays open", arguments: AnswerSyntax.all
    )
    func truncated(syntax: AnswerSyntax) {
        for seed in Self.seeds {
            var random = SplitMix64(seed: seed)
            let answer = RandomAnswer(syntax, seed: seed)
            let scalars = answer.written.unicodeScalars
            let count = Int.random(in: 0 ... scalars.count, using: &random)
            check(String(String.UnicodeScalarView(scalars.prefix(count))), syntax, answer.isReasoning, &random)
        }
    }

    @Test("damaged answers give the same for every cut, lose no word, and never trap", arguments: AnswerSyntax.all)
    func damaged(syntax: AnswerSyntax) {
        for seed in 0 ..< UInt64(1_000) {
            var random = SplitMix64(seed: seed)
            let answer = RandomAnswer(syntax, seed: seed)
            check(damage(answer.written, &random), syntax, answer.isReasoning, &random)
        }
    }

    @Test("any sequence of markers, brackets and words likewise", arguments: AnswerSyntax.all)
    func fragments(syntax: AnswerSyntax) {
        let fragments = [
            "```", "typescript", "```typescript\nfunctions.f(", "\n", "functions.", "f", "(", ")", "{", "}", "[", "]",
            "\"",
            "\\", "\\u", "\\ud83d", ",", ":", ";", "<", "<tool_calls>", "</tool_calls>", "<think>", "</think>",
            "<function_call>", "{\"name\": \"f\", ", "\"arguments\": ", "null", "\"name\"", " ", "é", "😀",
            functionCallToken,
            thinkToken, thinkEndToken, toolCallsToken, toolCallsEndToken,
        ]
        for seed in 0 ..< UInt64(2_000) {
            var random = SplitMix64(seed: seed)
            let count = Int.random(in: 0 ... 24, using: &random)
            let answer = (0 ..< count).map { _ in
                fragments[Int.random(in: 0 ..< fragments.count, using: &random)]
            }.joined()
            check(answer, syntax, Bool.random(using: &random), &random)
        }
    }

    /// Some scalars left out, doubled, or put elsewhere.
    private func damage(_ answer: String, _ random: inout SplitMix64) -> String {
        var scalars = Array(answer.unicodeScalars)
        for _ in 0 ..< Int.random(in: 1 ... 4, using: &random) where !scalars.isEmpty {
            let place = Int.random(in: 0 ..< scalars.count, using: &random)
            let scalar = scalars[place]
            if Bool.random(using: &random) { scalars.remove(at: place) }
            if Bool.random(using: &random) {
                scalars.insert(scalar, at: Int.random(in: 0 ... scalars.count, using: &random))
            }
        }
        return String(String.UnicodeScalarView(scalars))
    }

    private func check(_ answer: String, _ syntax: AnswerSyntax, _ isReasoning: Bool, _ random: inout SplitMix64) {
        let whole = read(answer, syntax, isReasoning: isReasoning)
        for tokens in cuts(answer, &random).suffix(4) {
            let pieces = read(tokens, syntax, isReasoning: isReasoning)
            if pieces != whole { Issue.record("\(answer)\n\(pieces)\n\(whole)") }
        }
        if !isWellNested(whole) { Issue.record("\(answer)\n\(whole)") }
        // Nothing of M1's members beside name and arguments comes out, and escapes change; else no word is lost.
        if syntax.reasoning == nil || whole.callCount == 0 {
            let isWord: (Unicode.Scalar) -> Bool = { $0.value > 0x7F && !(0xE000 ..< 0xE010).contains($0.value) }
            if !whole.content.unicodeScalars.filter(isWord).elementsEqual(answer.unicodeScalars.filter(isWord)) {
                Issue.record("\(answer)\n\(whole)")
            }
        }
        checkText(answer, whole, syntax)
    }

    /// Without a call, all text comes out, apart from newlines and the markers of reasoning.
    private func checkText(_ answer: String, _ whole: [AnswerPiece], _ syntax: AnswerSyntax) {
        guard whole.callCount == 0 else { return }
        func stripped(_ text: String) -> [Unicode.Scalar] {
            var text = text
            for marker in ["<think>", "</think>"] { text.replace(marker, with: "") }
            return text.unicodeScalars.filter { !(0xE000 ..< 0xE010).contains($0.value) && $0 != "\n" }
        }
        if stripped(answer) != stripped(whole.content) { Issue.record("\(answer)\n\(whole)") }
    }

    /// Each call ends before the next piece that is not its own.
    private func isWellNested(_ pieces: [AnswerPiece]) -> Bool {
        var isInCall = false
        for piece in pieces {
            switch piece {
            case .callBegins where !isInCall: isInCall = true
            case .callEnds where isInCall: isInCall = false
            case .callArguments where isInCall: break
            case .text where !isInCall, .reasoning where !isInCall: break
            default: return false
            }
        }
        return !isInCall
    }
}
