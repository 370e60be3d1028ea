import Testing
@testable import Router

@Suite("JSON") struct JSONTests {
    private func read(_ text: String) throws -> JSON { try JSONReader.read(Array(text.utf8)) }

    @Test("a value survives reading and writing, with its member order and digits", arguments: [
        #"{"b":1,"a":[true,false,null],"c":{"x":1.50,"e":1e5,"n":-0}}"#, #""é😀\"\\\n\t\u0001""#, "[]", "{}", "12345678901234567890123",
    ])
    func roundTrip(text: String) throws { #expect(try read(text).text() == text) }

    @Test("the Python style has a space after comma and colon and keeps non-ASCII")
    func pythonStyle() throws {
        #expect(try read(#"{"a":[1,2],"b":{"c":"ü"}}"#).text(.pythonDefault) == #"{"a": [1, 2], "b": {"c": "ü"}}"#)
    }

    @Test("escapes are read, pairs of surrogates as one character")
    func escapes() throws { #expect(try read(#""\u00e9\ud83d\ude00\/\b""#) == .string("é😀/\u{8}")) }

    @Test("what is not JSON is refused", arguments: [
        "", " ", "{", "[1,", "[1 2]", "{1:2}", #"{"a" 1}"#, "nul", "tru", "01", "1.", ".5", "1e", "-", "+1", "NaN", "Infinity", #""a"#, #""\x""#,
        #""\u12""#, #""\u12g4""#, "\"\u{1}\"", "[] []", "'a'", "{\"a\":1,}", "[1,]", #""\ud800""#, #""\udc00""#, #""\ud800\u0041""#, #""\ud800"#, "\u{0}",
    ])
    func refused(text: String) { #expect(throws: JSONReader.Problem.self) { try read(text) } }

    @Test("bytes that are not UTF-8 are refused", arguments: [[0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80]] as [[UInt8]])
    func notUTF8(bytes: [UInt8]) { #expect(throws: JSONReader.Problem.self) { try JSONReader.read([0x22] + bytes + [0x22]) } }

    @Test("brackets nested beyond the limit are refused, not recursed into", arguments: ["[", "{\"a\":"])
    func depth(bracket: String) {
        #expect(throws: JSONReader.Problem.self) { try read(String(repeating: bracket, count: 100_000)) }
        let deepest = String(repeating: "[", count: JSONReader.depthMax) + String(repeating: "]", count: JSONReader.depthMax)
        #expect(throws: Never.self) { try read(deepest) }
    }

    @Test("random bytes never trap")
    func randomBytes() {
        var source = RandomSource(seed: 4)
        let alphabet = Array(#"{}[]",:\u0aeEtrfn-+.1 d8é"#.utf8)
        for _ in 0..<5000 {
            let bytes = (0..<Int(source.next() % 30)).map { _ in alphabet[Int(source.next() % UInt64(alphabet.count))] }
            _ = try? JSONReader.read(bytes)
        }
    }

    @Test("minus infinity, which JSON lacks, goes out as -9999")
    func infinity() {
        #expect(JSON.logprob(-.infinity).text() == "-9999.0")
        #expect(JSON.logprob(-0.5).text() == "-0.5")
    }
}
