import JSON
import Jinja
import Testing

/// Broken templates and strange conversations end in a text or an error, never in a trap.
@Suite struct MutationTests {
    /// A small generator of random numbers with a seed (SplitMix64).
    struct SeededGenerator: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var value = state
            value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
            return value ^ (value >> 31)
        }
    }

    private static let parts: [String] = [
        "{{", "}}", "{%", "%}", "{#", "#}", "-%}", "{%-", "{% endif %}", "{% endfor %}", "{% else %}",
        "{% for x in messages %}",
        "{% if messages %}", "{{ messages }}", "{{ loop }}", "{% break %}", "{% set messages = none %}", "|tojson",
        "|list", "|first",
        "['content']", ".items()", "[-1]", "[::-1]", "(", ")", "[", "]", " ~ ", " + ", " and ", " not ", " in ",
        " is defined", "'", "\"",
        "{% macro m(a) %}", "{% endmacro %}", "{{ m(1) }}", "{% raw %}", "|map(attribute='role')", "|sort", "|join",
        " * 9", "\\", "é",
        "🙂", "\u{0}", "namespace(a=messages)", "raise_exception('x')", " if ", " else ", "range(9)", "none",
        "{{ tools|tojson(indent=2) }}",
    ]

    private func mutated(_ source: String, using random: inout SeededGenerator) -> String {
        var scalars = Array(source.unicodeScalars)
        for _ in 0 ..< Int.random(in: 1 ... 4, using: &random) {
            let place = Int.random(in: 0 ... scalars.count, using: &random)
            let end = min(scalars.count, place + Int.random(in: 0 ... 12, using: &random))
            switch Int.random(in: 0 ..< 4, using: &random) {
            case 0: scalars.removeSubrange(place ..< end)
            case 1: scalars.insert(contentsOf: scalars[place ..< end], at: place)
            case 2: scalars.insert(contentsOf: Self.parts.randomElement(using: &random)!.unicodeScalars, at: place)
            default:
                scalars.replaceSubrange(place ..< end, with: Self.parts.randomElement(using: &random)!.unicodeScalars)
            }
        }
        var text = ""
        text.unicodeScalars.append(contentsOf: scalars)
        return text
    }

    private func mutated(_ value: JSONValue, using random: inout SeededGenerator) -> JSONValue {
        if Int.random(in: 0 ..< 25, using: &random) == 0 {
            let others: [JSONValue] = [
                .null, .bool(true), .number("-1"), .number("1e999"), .number("99999999999999999999"), .string(""),
                .string("a"),
                .array([]), .array([.null]), .object([]), .object([.init(name: "content", value: .null)]),
            ]
            return others.randomElement(using: &random)!
        }
        switch value {
        case .array(let elements): return .array(elements.map { mutated($0, using: &random) })
        case .object(let members):
            return .object(members.map { .init(name: $0.name, value: mutated($0.value, using: &random)) })
        default: return value
        }
    }

    @Test(arguments: try TemplateFixtures.templateNames)
    func `mutations never trap`(name: String) throws {
        let source = try TemplateFixtures.source(name)
        let conversations = try TemplateFixtures.list("conversations.json")
        var random = SeededGenerator(state: UInt64(source.utf8.count))
        let limits = RenderLimits(steps: 500_000, textBytes: 1 << 20)
        var outcomes: [String: Int] = [:]
        for round in 0 ..< 150 {
            let text = round.isMultiple(of: 3) ? source : mutated(source, using: &random)
            let conversation = mutated(conversations.randomElement(using: &random)!, using: &random)
            do throws(TemplateError) {
                let variables = TemplateFixtures.variables(conversation)
                _ = try Template(text).render(variables, now: TemplateFixtures.now, limits: limits)
                outcomes["text", default: 0] += 1
            } catch {
                #expect(error.line >= 1 && error.line <= text.utf8.count + 1)
                outcomes["\(error.kind)", default: 0] += 1
            }
        }
        #expect(outcomes["text", default: 0] > 0 && outcomes.count > 1, "\(outcomes)")
    }
}
