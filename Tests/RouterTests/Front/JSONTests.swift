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

    @Test("minus infinity, which JSON lacks, goes out as -9999")
    func infinity() {
        #expect(JSON.logprob(-.infinity).text() == "-9999.0")
        #expect(JSON.logprob(-0.5).text() == "-0.5")
    }
}
