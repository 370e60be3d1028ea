import TestSupport
import Testing

@testable import Router

@Suite("Byte ranges of a download") struct ByteRangeTests {
    private static let tag = "\"a\""

    private func range(_ text: String?, if condition: String? = nil, of count: Int = 100) -> ByteRange {
        ByteRange(text, if: condition, tag: Self.tag, of: count)
    }

    @Test(
        "one range of bytes is understood",
        arguments: [
            ("bytes=0-0", 0 ..< 1), ("bytes=0-99", 0 ..< 100), ("bytes=10-19", 10 ..< 20), ("bytes=99-", 99 ..< 100),
            ("bytes=50-", 50 ..< 100), ("bytes=90-1000", 90 ..< 100), ("bytes=-1", 99 ..< 100),
            ("bytes=-100", 0 ..< 100), ("bytes=-1000", 0 ..< 100), ("Bytes = 5-6 ", 5 ..< 7),
            ("bytes=0-99999999999999999999999", 0 ..< 100), ("bytes=-99999999999999999999999", 0 ..< 100),
            ("bytes=007-8", 7 ..< 9),
        ])
    func part(text: String, expected: Range<Int>) { #expect(range(text) == .part(expected)) }

    @Test(
        "what is beyond the end cannot be satisfied",
        arguments: ["bytes=100-", "bytes=100-200", "bytes=-0", "bytes=99999999999999999999999-"])
    func beyond(text: String) { #expect(range(text) == .unsatisfiable) }

    @Test(
        "what is no range, or several, is ignored",
        arguments: [
            nil, "", "bytes", "bytes=", "bytes=-", "bytes=5-4", "bytes=a-b", "bytes=1-2,4-5", "bytes=1-2-3",
            "items=0-1", "bytes=0x1-2", "bytes=+1-2", "bytes=--1", "bytes=1 -2", "0-1", "bytes=٣-٤",
        ])
    func ignored(text: String?) { #expect(range(text) == .whole) }

    @Test("a range under a condition counts only for the very file")
    func condition() {
        #expect(
            range("bytes=1-2", if: Self.tag) == .part(1 ..< 3) && range("bytes=1-2", if: " \"a\" ") == .part(1 ..< 3))
        for other in ["\"b\"", "W/\"a\"", "a", "", "Wed, 21 Oct 2026 07:28:00 GMT"] {
            #expect(range("bytes=1-2", if: other) == .whole, "\(other)")
        }
    }

    @Test("an empty file has no range; whatever comes is answered with bytes that exist")
    func anything() {
        #expect(range("bytes=0-", of: 0) == .unsatisfiable && range("bytes=-5", of: 0) == .unsatisfiable)
        var random = SplitMix64(seed: 11)
        let pieces = ["bytes", "=", "-", ",", " ", "0", "9", "99999999999", "x"]
        for _ in 0 ..< 20_000 {
            let text = (0 ..< Int.random(in: 1 ... 7, using: &random)).map { _ in
                pieces[Int.random(in: pieces.indices, using: &random)]
            }.joined()
            let count = Int.random(in: 0 ... 20, using: &random)
            if case .part(let part) = range(text, of: count) {
                #expect(!part.isEmpty && (0 ..< count).contains(part.lowerBound) && part.upperBound <= count, "\(text)")
            }
        }
    }
}
