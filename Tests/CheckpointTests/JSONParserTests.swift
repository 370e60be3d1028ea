@testable import Checkpoint
import Testing

@Suite("JSON")
struct JSONParserTests {
    func parse(_ text: String) throws -> JSONValue { try JSONParser.parse(Array(text.utf8)) }

    @Test(
        "values are read as they are written",
        arguments: [
            ("null", JSONValue.null), (" true ", .boolean(true)), ("-12", .integer(-12)), ("9223372036854775807", .integer(.max)),
            ("9223372036854775808", .number(9_223_372_036_854_775_808)), ("1e3", .number(1000)), ("-0.5E-1", .number(-0.05)), ("0", .integer(0)),
            (#""a\"\\\/\b\f\n\r\té€""#, .string("a\"\\/\u{8}\u{C}\n\r\té€")), (#""\u00e9\ud83d\ude00""#, .string("é😀")), ("[]", .array([])),
            ("[1,[2, {} ]]", .array([.integer(1), .array([.integer(2), .object(JSONObject(members: []))])])),
        ])
    func values(text: String, value: JSONValue) throws { #expect(try parse(text) == value) }

    @Test(
        "what is not JSON is refused",
        arguments: [
            "", " ", "nul", "01", "-", "1.", ".5", "1e", "+1", "NaN", "Infinity", "[1,]", "[1 2]", "[", "{", "{\"a\"}", "{\"a\":1,}", "{a:1}", "{\"a\":1 \"b\":2}",
            "\"", "\"a", "\"\n\"", #""\x""#, #""\u12g4""#, #""\ud800""#, #""\ud800\u0041""#, #""\udc00""#, "1 2", "{} x", "'a'", "// c\n1", "\u{FEFF}1",
        ])
    func refused(text: String) { #expect(throws: JSONError.self) { try parse(text) } }

    @Test("bytes that are not UTF-8, a name that occurs twice, and deep nesting are refused")
    func limits() {
        #expect(throws: JSONError.self) { try JSONParser.parse([0x22, 0xFF, 0x22]) }
        #expect(throws: JSONError(offset: 7, problem: .duplicateName("a"))) { try parse(#"{"a":1,"a":1}"#) }
        let many = (0..<20).map { "\"n\($0)\":0" }.joined(separator: ",")
        #expect(error(JSONError.self) { try parse("{\(many),\"n3\":1}") }?.problem == .duplicateName("n3"))
        #expect(error(JSONError.self) { try parse("{\(many),\"n15\":1}") }?.problem == .duplicateName("n15"))
        #expect(error(JSONError.self) { try parse(String(repeating: "[", count: 100_000)) }?.problem == .tooDeep)
    }
}
