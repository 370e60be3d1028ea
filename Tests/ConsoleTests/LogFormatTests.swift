import Foundation
import Logging
import Testing

@testable import Console

@Suite("Log format") struct LogFormatTests {
    private func line(
        _ format: LogFormat, _ message: String, _ metadata: Logger.Metadata = [:], level: Logger.Level = .info
    ) -> String {
        format.line(time: "T", level: level, label: "router", message: message, metadata: metadata)
    }

    @Test("a human line has time, level, label, message and sorted metadata")
    func human() {
        #expect(
            line(.human, "started", ["port": "80", "host": "a b"]) == #"T info     router: started host="a b" port=80"#)
        #expect(line(.human, "broke", level: .critical) == "T critical router: broke")
    }

    @Test(
        "what would break a human line is escaped",
        arguments: ["a\nb", "a\"b", "a=b", "", "\u{1B}[31m", "\u{9B}31m", "a\u{202E}b", "a\u{2028}b"])
    func humanEscapes(value: String) {
        let text = line(.human, "m", ["k": .string(value)])
        #expect(text == "T info     router: m k=\(jsonString(value))")
        #expect(!text.utf8.contains { $0 < 0x20 })
        #expect(!line(.human, "two\nlines").contains("\n"))
        #expect(!line(.human, value).unicodeScalars.contains { $0.steersTerminal })
    }

    @Test(
        "a JSON line reads back as what was logged",
        arguments: ["plain", "a\"b\\c\nd\r\t\u{1}\u{7F}", "Grüße 🌍 \u{2028}"])
    func json(text: String) throws {
        let line = line(.json, text, ["key": .string(text), "list": ["a", "b"]])
        #expect(!line.utf8.contains { $0 < 0x20 })
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        #expect(object["message"] as? String == text)
        #expect(object["level"] as? String == "info")
        #expect(object["logger"] as? String == "router")
        #expect((object["metadata"] as? [String: String])?["key"] == text)
        #expect(Set(object.keys) == ["time", "level", "logger", "message", "metadata"])
    }

    @Test(
        "numbers are numbers in JSON, and still what they were",
        arguments: ["0", "-7", "8080", "12.5", "-0.25", "123456789012345"])
    func numbers(text: String) {
        #expect(
            line(.json, "m", ["count": .string(text)])
                == #"{"time":"T","level":"info","logger":"router","message":"m","metadata":{"count":\#(text)}}"#)
    }

    @Test(
        "what no reader could take for the same number is a text",
        arguments: ["007", "1.", ".5", "--1", "-", "1e5", "nan", "1 s", "1.2.3", "1234567890123456", ""])
    func texts(text: String) {
        #expect(line(.json, "m", ["count": .string(text)]).hasSuffix(#""metadata":{"count":"\#(text)"}}"#))
    }

    @Test("a name that looks like a number is a text")
    func names() { #expect(line(.json, "m", ["host": "17"]).hasSuffix(#""metadata":{"host":"17"}}"#)) }

    @Test("a JSON line without metadata has no such key")
    func jsonWithout() throws {
        #expect(line(.json, "m") == #"{"time":"T","level":"info","logger":"router","message":"m"}"#)
    }
}
