import Messages
import Testing

@Suite("Messages have the bytes that they always had") struct GoldenBytesTests {
    @Test("every message is encoded as it was by hand-written code, or as protoc encodes it")
    func encoded() throws {
        var golden = Self.golden
        for (name, message) in Self.messages {
            let hex = message.bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
            #expect(hex == golden.removeValue(forKey: name), "\(name)")
        }
        #expect(golden.isEmpty, "not tested any more: \(golden.keys.sorted())")
    }

    @Test("the same bytes are decoded to the same message")
    func decoded() throws {
        for (name, message) in Self.messages { #expect(try message.recode(message.bytes) == message.bytes, "\(name)") }
    }

    /// `everyMessage` and `extremeMessages`, with names of their own: the type's, and a number.
    private static let messages: [(name: String, message: AnyMessage)] = {
        var counts: [String: Int] = [:]
        return (everyMessage + extremeMessages).map { message in
            counts[message.typeName, default: 0] += 1
            return ("\(message.typeName) \(counts[message.typeName, default: 0])", message)
        }
    }()

    /// Hexadecimal digits by name.
    private static let golden: [String: String] = {
        var result: [String: String] = [:], name = ""
        for line in goldenBytes.split(separator: "\n") {
            if line.hasPrefix(" ") {
                result[name, default: ""] += line.drop { $0 == " " }
            } else {
                name = String(line)
                result[name] = ""
            }
        }
        return result
    }()
}
