import Testing

@testable import JSON

@Suite("JSON") struct JSONReaderTests {
    private func read(_ text: String, _ duplicateNames: JSONReader.DuplicateNames = .kept) throws -> JSONValue {
        try JSONReader.read(Array(text.utf8), duplicateNames: duplicateNames)
    }

    private func problem(_ text: String, _ duplicateNames: JSONReader.DuplicateNames = .refused) -> JSONError? {
        do { _ = try read(text, duplicateNames) } catch { return error as? JSONError }
        return nil
    }

    @Test(
        "values are read as they are written",
        arguments: [
            ("null", JSONValue.null), (" true ", .bool(true)), ("false", .bool(false)), ("-12", .number("-12")),
            ("1.50", .number("1.50")), ("-0.5E-1", .number("-0.5E-1")),
            ("12345678901234567890123", .number("12345678901234567890123")),
            (#""a\"\\\/\b\f\n\r\té€""#, .string("a\"\\/\u{8}\u{C}\n\r\té€")),
            (#""\u00e9\ud83d\ude00\/\b""#, .string("é😀/\u{8}")), ("[]", .array([])),
            ("[1,[2, {} ]]", .array([.number("1"), .array([.number("2"), .object([])])])),
            (#"{"b":1,"a":null}"#, .object([.init(name: "b", value: .number("1")), .init(name: "a", value: .null)])),
        ])
    func values(text: String, value: JSONValue) throws { #expect(try read(text) == value) }

    @Test(
        "a number becomes an integer only where that loses nothing",
        arguments: [
            ("-12", -12, -12, -12), ("0", 0, 0, 0), ("-0", 0, 0, 0),
            ("9223372036854775807", .max, .max, 9_223_372_036_854_775_808),
            ("9223372036854775808", nil, nil, 9_223_372_036_854_775_808),
            ("1e3", nil, 1000, 1000), ("2.0", nil, 2, 2), ("2.5", nil, nil, 2.5), ("-0.5E-1", nil, nil, -0.05),
            ("1e999", nil, nil, .infinity), ("true", nil, nil, nil), ("\"1\"", nil, nil, nil),
        ] as [(String, Int?, Int?, Double?)])
    func conversions(text: String, integer: Int?, wholeNumber: Int?, double: Double?) throws {
        let value = try read(text)
        #expect(value.integer == integer && value.wholeNumber == wholeNumber && value.double == double)
    }

    @Test(
        "what is not JSON is refused",
        arguments: [
            "", " ", "{", "[", "[1,", "[1 2]", "{1:2}", "{a:1}", #"{"a" 1}"#, #"{"a"}"#, #"{"a":}"#, #"{"a":1 "b":2}"#,
            "nul", "tru", "01", "-01", "1.", ".5", "1e", "-", "+1", "NaN", "Infinity",
            "\"", #""a"#, #""\x""#, #""\u12"#, #""\u12""#, #""\u12g4""#, "\"\u{1}\"", "\"\n\"", "[] []", "1 2", "{} x",
            "'a'", "{\"a\":1,}", "[1,]", #""\ud800""#, #""\udc00""#,
            #""\ud800\u0041""#, #""\ud800"#, "\u{0}", "1\u{0}", "// c\n1", "\u{FEFF}1",
        ])
    func refused(text: String) { #expect(throws: JSONError.self) { try read(text) } }

    @Test(
        "bytes that are not UTF-8 are refused",
        arguments: [[0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80]] as [[UInt8]])
    func notUTF8(bytes: [UInt8]) { #expect(throws: JSONError.self) { try JSONReader.read([0x22] + bytes + [0x22]) } }

    @Test("an error tells the byte and what should stand there")
    func places() {
        #expect(problem("{\"a\": ") == JSONError(offset: 6, problem: .expected("a value")))
        #expect(problem("[1 2]")?.inWords == "not JSON: expected a comma or ] at byte 3")
    }

    @Test("a name that occurs twice is refused or kept, and kept the last one counts")
    func duplicates() throws {
        #expect(problem(#"{"a":1,"a":1}"#) == JSONError(offset: 7, problem: .duplicateName("a")))
        let many = (0 ..< 20).map { "\"n\($0)\":0" }.joined(separator: ",")
        #expect(problem("{\(many),\"n3\":1}")?.problem == .duplicateName("n3"))
        #expect(problem("{\(many),\"n15\":1}")?.problem == .duplicateName("n15"))
        #expect(problem("{\(many)}") == nil)
        let kept = try read(#"{"a":1,"b":2,"a":3}"#)
        #expect(kept["a"] == .number("3") && kept["c"] == nil)
        if case .object(let members) = kept {
            #expect(members.map(\.name) == ["a", "b", "a"])
        } else {
            Issue.record("no object")
        }
    }

    @Test("names that only look the same are two names")
    func equivalentNames() throws {
        let text = "{\"\u{E9}\":1,\"e\u{301}\":2}"
        #expect(problem(text) == nil)
        let value = try read(text, .refused)
        #expect(value["\u{E9}"] == .number("1") && value["e\u{301}"] == .number("2"))
    }

    @Test("brackets nested beyond the limit are refused, not recursed into", arguments: ["[", "{\"a\":"])
    func depth(bracket: String) {
        #expect(problem(String(repeating: bracket, count: 100_000))?.problem == .tooDeep)
        let deepest =
            String(repeating: "[", count: JSONReader.depthMax) + String(repeating: "]", count: JSONReader.depthMax)
        #expect(throws: Never.self) { try read(deepest) }
        #expect(problem("[\(deepest)]")?.problem == .tooDeep)
    }

    @Test("a request has fewer members than a file may have")
    func members() {
        let text = "[" + (0 ..< 3).map { "{\"a\":\($0),\"b\":{}}" }.joined(separator: ",") + "]"
        func problem(membersMax: Int) -> JSONError.Problem? {
            do { _ = try JSONReader.read(Array(text.utf8), limits: .init(membersMax: membersMax)) } catch {
                return error.problem
            }
            return nil
        }
        #expect(problem(membersMax: 6) == nil)
        #expect(problem(membersMax: 5) == .tooManyMembers(5))
        #expect(JSONReader.Limits.file.membersMax > JSONReader.Limits.request(ids: 1000).membersMax)
    }

    @Test("random bytes never trap")
    func randomBytes() {
        var state: UInt64 = 4
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        let alphabet = Array(#"{}[]",:\u0aeEtrfn-+.1 d8é"#.utf8)
        for _ in 0 ..< 5000 {
            let bytes = (0 ..< next(30)).map { _ in alphabet[next(alphabet.count)] }
            _ = try? JSONReader.read(bytes, duplicateNames: .refused)
        }
    }
}
