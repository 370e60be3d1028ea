import JSON
import Testing

@testable import Router

@Suite("Stop strings") struct StopMatcherTests {
    private func run(_ pieces: [String], _ stops: [String]) -> (text: String, isStopped: Bool) {
        var matcher = StopMatcher(StopPatterns(stops))
        var text = ""
        for piece in pieces { text += matcher.append(piece) }
        text += matcher.finish()
        return (text, matcher.isStopped)
    }

    @Test(
        "every way to cut a text into pieces gives the same text",
        arguments: [
            ("aabaabaac", ["aabaac"], "aab", true),
            ("abcabd", ["abd"], "abc", true),
            ("one END two", ["END"], "one ", true),
            ("one EN", ["END"], "one EN", false),
            ("xabc", ["abcd", "b"], "xa", true),
            ("ab", ["b", "ab"], "", true),
            ("naïve 😀😁", ["😁"], "naïve 😀", true),
            ("été", ["é!"], "été", false),
            ("a\n\nb", ["\n\n"], "a", true),
        ])
    func anySplit(text: String, stops: [String], expected: String, isStopped: Bool) {
        let characters = text.map { String($0) }
        // Bit i of the pattern decides whether a piece ends after character i.
        for pattern in 0 ..< (1 << (characters.count - 1)) {
            var pieces = [characters[0]]
            for index in 1 ..< characters.count {
                if pattern >> (index - 1) & 1 == 1 { pieces.append("") }
                pieces[pieces.count - 1] += characters[index]
            }
            let result = run(pieces, stops)
            #expect(result.text == expected && result.isStopped == isStopped, "\(pieces)")
        }
    }

    @Test("random texts over few letters agree with a search in the whole text")
    func random() {
        var source = RandomSource(seed: 2)
        func word(_ length: Int) -> String { String((0 ..< length).map { _ in source.next() % 2 == 0 ? "a" : "b" }) }
        for _ in 0 ..< 500 {
            let pieces = (0 ..< 6).map { _ in word(Int(source.next() % 4)) }
            let stops = (0 ..< 2).map { _ in word(1 + Int(source.next() % 5)) }
            #expect(run(pieces, stops) == naive(pieces.joined(), stops), "\(pieces) \(stops)")
        }
    }

    /// The rule, read off the whole text: the first stop string to end; of several, the longest.
    private func naive(_ text: String, _ stops: [String]) -> (text: String, isStopped: Bool) {
        let letters = Array(text)
        for end in 0 ... letters.count {
            let found = stops.filter { String(letters[..<end]).hasSuffix($0) }.map(\.count).max()
            if let found { return (String(letters[..<(end - found)]), true) }
        }
        return (text, false)
    }

    @Test("only what may become a stop string is held back")
    func holdsBackLittle() {
        var matcher = StopMatcher(StopPatterns(["STOP"]))
        #expect(matcher.append("go S") == "go ")
        #expect(matcher.append("T") == "")
        #expect(matcher.append("ART") == "START")
        #expect(matcher.append("ST") == "")
        #expect(matcher.finish() == "ST")
    }

    @Test("one that is complete while nothing may end the text counts for nothing, and its end may begin another")
    func notYet() {
        var matcher = StopMatcher(StopPatterns(["aba"]))
        #expect(matcher.append("xaba", mayEnd: false) == "xab")
        #expect(matcher.append("b") == "")
        #expect(matcher.append("a") == "")
        #expect(matcher.isStopped)
        var other = StopMatcher(StopPatterns(["aba"]))
        #expect(other.append("aba", mayEnd: false) + other.append("c") + other.finish() == "abac")
    }

    @Test(
        "the one that was met is told, which of several that end together is the first to begin",
        arguments: [(["STOP", "x"], "STOP"), (["OP", "TOP", "P"], "TOP"), (["never"], nil), (["😀", "go"], "go")])
    func met(stops: [String], expected: String?) {
        for includesStop in [false, true] {
            var matcher = StopMatcher(StopPatterns(stops), includesStop: includesStop)
            for scalar in "go STOP 😀".unicodeScalars { _ = matcher.append(String(scalar)) }
            _ = matcher.finish()
            #expect(matcher.met == expected)
        }
    }

    @Test("a stop string may belong to the text")
    func included() {
        var matcher = StopMatcher(StopPatterns(["two", "o t"]), includesStop: true)
        #expect(matcher.append("one") + matcher.append(" twenty two three") == "one twenty two")
        #expect(matcher.isStopped)
        #expect(matcher.finish() == "")
    }

    @Test("without stop strings every text passes at once")
    func noStops() {
        var matcher = StopMatcher(StopPatterns([]))
        #expect(matcher.append("any") == "any")
        #expect(matcher.finish() == "")
        #expect(!matcher.isStopped)
    }
}
