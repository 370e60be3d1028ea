import JSON
import Jinja
import Testing

/// Rendering is what Python's jinja2 made of the same templates and variables.
@Suite struct RenderingTests {
    @Test(arguments: try TemplateFixtures.templateNames)
    func `a template renders every conversation as jinja2 does`(name: String) throws {
        let template = try TemplateFixtures.template(name)
        let conversations = try TemplateFixtures.list("conversations.json")
        let expected = try #require(try TemplateFixtures.json("renderings.json")[name]).elements
        #expect(expected.count >= 180)
        for (index, digest) in expected.enumerated() {
            let found = TemplateFixtures.outcome(template, TemplateFixtures.variables(conversations[index]))
            #expect(found.digest == digest.text, "conversation \(index) became: \(found.text)")
            if found.digest != digest.text { break }
        }
    }

    @Test func `samples are equal letter by letter`() throws {
        let conversations = try TemplateFixtures.list("conversations.json")
        let samples = try TemplateFixtures.list("samples.json")
        #expect(samples.count >= 24)
        for sample in samples {
            let template = try TemplateFixtures.template(try #require(sample["template"]?.text))
            let variables = TemplateFixtures.variables(conversations[try #require(sample["conversation"]?.integer)])
            #expect(try template.render(variables, now: TemplateFixtures.now).text == sample["text"]?.text)
        }
    }

    @Test func `at least five thousand renderings are compared`() throws {
        guard case .object(let members) = try TemplateFixtures.json("renderings.json") else {
            Issue.record("renderings.json is no object")
            return
        }
        #expect(members.reduce(0) { $0 + $1.value.elements.count } >= 5000)
        #expect(members.map(\.name).sorted() == (try TemplateFixtures.templateNames))
    }

    @Test func `small templates render or fail as in jinja2`() throws {
        let fixture = try TemplateFixtures.json("cases.json")
        let variables = TemplateFixtures.variables(try #require(fixture["variables"]))
        let cases = try #require(fixture["cases"]).elements
        #expect(cases.count > 1000)
        for pair in cases.map(\.elements) {
            let source = try #require(pair[0].text)
            do throws(TemplateError) {
                let found = try Template(source, name: "case").render(variables, now: TemplateFixtures.now).text
                #expect(found == pair[1].text, "\(source)")
            } catch {
                let isKnownLimit = error.kind == .limit && Self.beyondOurLimits.contains(source)
                #expect(pair[1] == .null || isKnownLimit, "\(source) failed: \(error)")
            }
        }
    }

    /// Templates that need integers of more than 64 bits.
    private static let beyondOurLimits: Set<String> = []

    @Test func `MiniMax-Text-01 is rendered as its tokenizer's tests say`() throws {
        let system = "You are a helpful assistant created by MiniMax based on MiniMax-Text-01 model."
        func message(_ role: String, _ text: String) -> TemplateValue {
            let part = TemplateValue.object([
                (OriginText("type", .template), .string("text", .template)),
                (OriginText("text", .template), .string(text, .content)),
            ])
            return .object([
                (OriginText("role", .template), .string(role, .template)),
                (OriginText("content", .template), .list([part])),
            ])
        }
        let rendered = try TemplateFixtures.template("minimax-text-01").render(
            [
                "messages": .list([message("system", system), message("user", "Hello!")]),
                "add_generation_prompt": .bool(true),
            ],
            now: TemplateFixtures.now)
        let pieces: [(String, TextOrigin)] = [
            ("<beginning_of_sentence>system ai_setting=assistant\n", .template), (system, .content),
            ("<end_of_sentence>\n<beginning_of_sentence>user name=user\n", .template), ("Hello!", .content),
            ("<end_of_sentence>\n<beginning_of_sentence>ai name=assistant\n", .template),
        ]
        #expect(rendered.pieces.map(\.text) == pieces.map(\.0))
        #expect(rendered.pieces.map(\.origin) == pieces.map(\.1))
    }
}
