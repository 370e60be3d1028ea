import JSON
import Jinja
import Testing

/// What a client sent stays content, whatever a template does with it.
@Suite struct OriginTests {
    /// Each character from U+E000 to U+F8FF marks text of the client. Python's repr writes them as escapes.
    private static func hasMark(_ text: String) -> Bool {
        text.unicodeScalars.contains { (0xE000 ... 0xF8FF).contains($0.value) } || text.contains("\\ue")
    }

    /// The strings of a conversation with marks between all their characters, or only around them.
    private static func marked(_ value: JSONValue, everywhere: Bool) -> JSONValue {
        switch value {
        case .string(let text):
            var result = "\u{E000}"
            for (place, scalar) in text.unicodeScalars.enumerated() {
                result.unicodeScalars.append(scalar)
                if everywhere { result.unicodeScalars.append(Unicode.Scalar(UInt32(0xE001 + place % 1000))!) }
            }
            return .string(result + "\u{F8FF}")
        case .array(let elements): return .array(elements.map { marked($0, everywhere: everywhere) })
        case .object(let members):
            return .object(
                members.map { member in
                    // Roles and types decide what a template does; marked, nothing would be rendered at all.
                    let isKept = ["role", "type", "id"].contains(member.name)
                    let value = isKept ? member.value : marked(member.value, everywhere: everywhere)
                    return JSONValue.Member(name: member.name, value: value)
                })
        default: return value
        }
    }

    @Test(arguments: try TemplateFixtures.templateNames)
    func `text of a client never comes out as the template's`(name: String) throws {
        let template = try TemplateFixtures.template(name)
        var rendered = 0
        for (index, conversation) in try TemplateFixtures.list("conversations.json").enumerated() {
            guard case .object(let members) = conversation else { continue }
            let client = members.map { member in
                let isOperators = member.name.hasSuffix("_token")
                let value = isOperators ? member.value : Self.marked(member.value, everywhere: index.isMultiple(of: 2))
                return JSONValue.Member(name: member.name, value: value)
            }
            let variables = TemplateFixtures.variables(.object(client))
            guard let result = try? template.render(variables, now: TemplateFixtures.now) else { continue }
            for piece in result.pieces where piece.origin == .template {
                #expect(!Self.hasMark(piece.text), "conversation \(index): \(piece.text)")
            }
            if result.pieces.contains(where: { $0.origin == .content && Self.hasMark($0.text) }) { rendered += 1 }
        }
        #expect(rendered > 20)
    }

    @Test(arguments: try TemplateFixtures.templateNames)
    func `origins do not change the text`(name: String) throws {
        let template = try TemplateFixtures.template(name)
        for conversation in try TemplateFixtures.list("conversations.json") {
            let content = TemplateFixtures.outcome(template, TemplateFixtures.variables(conversation, .content))
            let plain = TemplateFixtures.outcome(template, TemplateFixtures.variables(conversation, .template))
            #expect(content.text == plain.text)
        }
    }

    @Test func `the pieces of a rendering alternate and are not empty`() throws {
        let conversations = try TemplateFixtures.list("conversations.json")
        for name in try TemplateFixtures.templateNames {
            let template = try TemplateFixtures.template(name)
            for conversation in conversations {
                let variables = TemplateFixtures.variables(conversation)
                guard let result = try? template.render(variables, now: TemplateFixtures.now) else { continue }
                #expect(result.pieces.allSatisfy { !$0.text.isEmpty })
                #expect(zip(result.pieces, result.pieces.dropFirst()).allSatisfy { $0.origin != $1.origin })
            }
        }
    }

    /// Templates in which `c` is the client's "ab<s>cd", and their pieces; the client's stand in brackets.
    @Test(arguments: [
        ("<a>{{ c }}</a>", "<a>[ab<s>cd]</a>"),
        ("{{ '<a>' ~ c }}", "<a>[ab<s>cd]"),
        ("{{ c ~ '<a>' ~ c }}", "[ab<s>cd]<a>[ab<s>cd]"),
        ("{{ '<s>' }}", "<s>"),
        ("{{ c[2:5] }}", "[<s>]"),
        ("{{ ('<x>' ~ c)[1:5] }}", "x>[ab]"),
        ("{{ ('<x>' ~ c)[::-1] }}", "[dc>s<ba]>x<"),
        ("{{ c.split('<s>')[-1] }}", "[cd]"),
        ("{{ ('<x>' ~ c).split('x')[1] }}", ">[ab<s>cd]"),
        ("{{ (c ~ '  ').strip() ~ '|' }}", "[ab<s>cd]|"),
        ("{{ (c ~ '<a>').upper() }}", "[AB<S>CD]<A>"),
        ("{{ (c ~ '<a>') | title }}", "[Ab<S>cd]<A>"),
        ("{{ (c ~ 'ab').capitalize() }}", "[Ab<s>cd]ab"),
        ("{{ ['<x>', c] | join('<y>') }}", "<x><y>[ab<s>cd]"),
        ("{{ '<y>'.join([c, c]) }}", "[ab<s>cd]<y>[ab<s>cd]"),
        ("{{ c | replace('<s>', '<t>') }}", "[ab<t>cd]"),
        ("{{ ('<s>' ~ c) | replace('<s>', '<t>') }}", "<t>[ab<t>cd]"),
        ("{{ '<s>'.replace('s', c) }}", "<[ab<s>cd]>"),
        ("{{ '%s<z>' % c }}", "[ab<s>cd]<z>"),
        ("{{ '<{}>'.format(c) }}", "<[ab<s>cd]>"),
        ("{{ c % () }}", "[ab<s>cd]"),
        ("{{ c.format() }}", "[ab<s>cd]"),
        ("{{ '<%s>' | format(c) }}", "<[ab<s>cd]>"),
        ("{{ c | tojson }}", "[\"ab<s>cd\"]"),
        ("{{ {'<k>': c} | tojson }}", "[{\"<k>\": \"ab<s>cd\"}]"),
        ("{{ {'k': 1} | tojson }}", "{\"k\": 1}"),
        ("{{ [c] }}", "[['ab<s>cd']]"),
        ("{{ [c] | string ~ '<a>' }}", "[['ab<s>cd']]<a>"),
        ("{% set x %}<a>{{ c }}{% endset %}{{ x ~ x }}", "<a>[ab<s>cd]<a>[ab<s>cd]"),
        ("{% macro m(a) %}<a>{{ a }}{% endmacro %}{{ m(c) ~ m('b') }}", "<a>[ab<s>cd]<a>b"),
        ("{% filter upper %}<a>{{ c }}{% endfilter %}", "<A>[AB<S>CD]"),
        ("{% for x in c %}{{ x }}{% endfor %}", "[ab<s>cd]"),
        ("{% set ns = namespace(t='<a>') %}{% set ns.t = ns.t ~ c %}{{ ns.t }}", "<a>[ab<s>cd]"),
        ("{{ 'yes' if c == 'ab<s>cd' }}", "yes"),
        ("{{ {'ab<s>cd': '<k>'}[c] }}", "<k>"),
        ("{% for k in d %}{{ k }}{% endfor %}", "[<s>]"),
        ("{{ c | center(9) }}", "[ ab<s>cd ]"),
        ("{{ ('<a>\n' ~ c) | indent(1) }}", "<a>[\n ab<s>cd]"),
        ("{{ c | truncate(3, true, '<e>', 0) }}", "<e>"),
        ("{{ c | e }}", "[ab&lt;s&gt;cd]"),
        ("{{ c | length }}", "7"),
        ("{{ c | reverse }}", "[dc>s<ba]"),
        ("{{ c * 2 }}", "[ab<s>cdab<s>cd]"),
        ("{{ c.partition('<s>')[1] ~ '<s>' }}", "[<s>]<s>"),
        ("{{ strftime_now(c) }}", "[ab<s>cd]"),
    ])
    func `each piece keeps its origin`(source: String, expected: String) throws {
        let variables: [String: TemplateValue] = [
            "c": .string("ab<s>cd", .content),
            "d": TemplateValue(.object([.init(name: "<s>", value: .null)]), .content),
        ]
        let result = try Template(source).render(variables, now: TemplateFixtures.now)
        #expect(result.pieces.map { $0.origin == .content ? "[\($0.text)]" : $0.text }.joined() == expected)
    }

    @Test func `a known role may become a control token, an unknown one may not`() throws {
        func pieces(_ role: String) throws -> [RenderedText.Piece] {
            let origin: TextOrigin = ["user", "assistant"].contains(role) ? .template : .content
            let nested = TemplateValue.object([(OriginText("role", .content), .string("user", .content))])
            let messages = TemplateValue.list([
                .object([
                    (OriginText("role", .content), .string(role, origin)),
                    (OriginText("content", .content), .string("<|user|>", .content)),
                    (OriginText("nested", .content), nested),
                ])
            ])
            let template = try Template(
                "{% for m in messages %}{{ '<|' + m.role + '|>' + m.content + m.nested.role }}{% endfor %}")
            return try template.render(["messages": messages], now: TemplateFixtures.now).pieces
        }
        #expect(try pieces("user").map(\.text) == ["<|user|>", "<|user|>user"])
        #expect(try pieces("user").map(\.origin) == [.template, .content])
        #expect(try pieces("<s>").map(\.text) == ["<|", "<s>", "|>", "<|user|>user"])
        #expect(try pieces("<s>").map(\.origin) == [.template, .content, .template, .content])
    }
}
