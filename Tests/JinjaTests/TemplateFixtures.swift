import Foundation
import JSON
import Jinja

/// Reads what Tests/Reference/make_template_fixtures.py wrote.
enum TemplateFixtures {
    /// The moment that the script tells templates.
    static let now = TemplateTime(secondsSince1970: 1_751_634_309)

    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Fixtures")

    static func json(_ name: String) throws -> JSONValue {
        try JSONReader.read(Array(Data(contentsOf: folder.appendingPathComponent(name))))
    }

    static func list(_ name: String) throws -> [JSONValue] { try json(name).elements }

    static var templateNames: [String] {
        get throws {
            let files = try FileManager.default.contentsOfDirectory(
                atPath: folder.appendingPathComponent("templates").path)
            return files.filter { $0.hasSuffix(".jinja") }.map { String($0.dropLast(6)) }.sorted()
        }
    }

    static func source(_ name: String) throws -> String {
        try String(contentsOf: folder.appendingPathComponent("templates/\(name).jinja"), encoding: .utf8)
    }

    static func template(_ name: String) throws -> Template { try Template(try source(name), name: name) }

    /// Variables of a conversation: the operator's tokens are template text, all else is the client's.
    static func variables(_ conversation: JSONValue, _ origin: TextOrigin = .content) -> [String: TemplateValue] {
        var variables: [String: TemplateValue] = [:]
        guard case .object(let members) = conversation else { return variables }
        for member in members {
            let isOperators = member.name == "bos_token" || member.name == "eos_token"
            variables[member.name] = TemplateValue(member.value, isOperators ? .template : origin)
        }
        return variables
    }

    /// What the script writes of a rendering.
    static func digest(of text: String) -> String {
        var value: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in text.utf8 { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    static func outcome(
        _ template: Template, _ variables: [String: TemplateValue]
    ) -> (digest: String, text: String) {
        do {
            let text = try template.render(variables, now: now).text
            return (digest(of: text), text)
        } catch  where error.kind == .raised {
            return ("R" + digest(of: error.problem), error.description)
        } catch {
            return ("E", error.description)
        }
    }
}

extension JSONValue {
    var elements: [JSONValue] { if case .array(let elements) = self { elements } else { [] } }
    var text: String? { if case .string(let text) = self { text } else { nil } }
}
