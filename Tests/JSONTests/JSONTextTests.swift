import JSON
import Testing

@Suite("JSON text") struct JSONTextTests {
    private func read(_ text: String) throws -> JSONValue { try JSONReader.read(Array(text.utf8)) }

    @Test(
        "a value survives reading and writing, with its member order and digits",
        arguments: [
            #"{"b":1,"a":[true,false,null],"c":{"x":1.50,"e":1e5,"n":-0}}"#, #""é😀\"\\\n\t\u0001""#, "[]", "{}",
            "12345678901234567890123",
        ])
    func roundTrip(text: String) throws {
        let value = try read(text)
        #expect(value.text() == text)
        #expect(try read(value.text(.indented)) == value)
        #expect(try read(value.text(.pythonDefault)) == value)
    }

    @Test("the Python style has a space after comma and colon and keeps non-ASCII")
    func pythonStyle() throws {
        #expect(try read(#"{"a":[1,2],"b":{"c":"ü"}}"#).text(.pythonDefault) == #"{"a": [1, 2], "b": {"c": "ü"}}"#)
    }

    @Test("a file has a line for each member, and lists of numbers on one")
    func indented() {
        let value: JSONValue = ["a": [1, 2], "b": ["c": "x", "d": .object([])], "e": ["f", [true]], "g": []]
        #expect(
            String(decoding: value.fileContent, as: UTF8.self) == """
                {
                  "a": [1, 2],
                  "b": {
                    "c": "x",
                    "d": {}
                  },
                  "e": [
                    "f",
                    [
                      true
                    ]
                  ],
                  "g": []
                }

                """)
    }
}
