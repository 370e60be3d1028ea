import Cluster
import Foundation
import Logging
import Testing

@Suite("Log format") struct LogFormatTests {
    private func line(_ format: LogFormat, _ message: String, _ metadata: Logger.Metadata = [:], level: Logger.Level = .info) -> String {
        format.line(time: "T", level: level, label: "router", message: message, metadata: metadata)
    }

    @Test("a human line has time, level, label, message and sorted metadata")
    func human() {
        #expect(line(.human, "started", ["port": "80", "host": "a b"]) == #"T info     router: started host="a b" port=80"#)
        #expect(line(.human, "broke", level: .critical) == "T critical router: broke")
    }

    @Test("what would break a human line is escaped", arguments: ["a\nb", "a\"b", "a=b", "", "\u{1B}[31m"])
    func humanEscapes(value: String) {
        let text = line(.human, "m", ["k": .string(value)])
        #expect(text == "T info     router: m k=\(jsonString(value))")
        #expect(!text.utf8.contains { $0 < 0x20 })
        #expect(!line(.human, "two\nlines").contains("\n"))
    }

    @Test("a JSON line reads back as what was logged", arguments: ["plain", "a\"b\\c\nd\r\t\u{1}\u{7F}", "Grüße 🌍 \u{2028}"])
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

    @Test("a JSON line without metadata has no such key")
    func jsonWithout() throws {
        #expect(line(.json, "m") == #"{"time":"T","level":"info","logger":"router","message":"m"}"#)
    }
}
