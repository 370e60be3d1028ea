import JSON
import Jinja
import Testing

/// Errors tell the place and what is wrong; nothing traps and nothing runs forever.
@Suite struct TemplateErrorTests {
    private func failure(
        of source: String, _ variables: [String: TemplateValue] = [:], limits: RenderLimits = RenderLimits()
    ) -> TemplateError? {
        do throws(TemplateError) {
            _ = try Template(source).render(variables, now: TemplateFixtures.now, limits: limits)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [
        ("a\n{{ x | nofilter }}", "chat_template, line 2: no filter named 'nofilter'"),
        ("{{ x is notest }}", "chat_template, line 1: no test named 'notest'"),
        ("{{ x | xmlattr }}", "chat_template, line 1: the filter 'xmlattr' is not supported"),
        ("\n\n{% include 'x' %}", "chat_template, line 3: the statement 'include' is not supported in chat templates"),
        ("{% frob %}", "chat_template, line 1: unknown statement 'frob'"),
        (
            "{% for a in b %}\n{% endif %}",
            "chat_template, line 2: unknown statement 'endif'; expected 'else' or 'endfor'"
        ),
        (
            "{% if a %}\n",
            "chat_template, line 1: expected '{% elif %}' or '{% else %}' or '{% endif %}', found "
                + "the end of the template"
        ),
        ("{{ a b }}", "chat_template, line 1: expected '}}', found 'b'"),
        ("{{ 'a }}", "chat_template, line 1: the string has no closing quote"),
        ("{{ (1] }}", "chat_template, line 1: expected ')', found ']'"),
        (
            "{{ 99999999999999999999 }}",
            "chat_template, line 1: expected an integer of at most 64 bits, found '99999999999999999999'"
        ),
        ("{% break %}", "chat_template, line 1: 'break' stands outside of a loop"),
    ])
    func `a template that cannot be read says where and why`(source: String, words: String) {
        let error = failure(of: source)
        #expect(error?.kind == .syntax)
        #expect(error?.description == words)
    }

    @Test(arguments: [
        ("a\n{{ a.b }}", "chat_template, line 2: 'a' is undefined"),
        ("{{ {'k': 1}.z.y }}", "chat_template, line 1: 'dict object' has no attribute 'z'"),
        ("{{ 'a' + 1 }}", "chat_template, line 1: unsupported operand type(s) for +: 'str' and 'int'"),
        ("{{ [].append(1) }}", "chat_template, line 1: access to attribute 'append' of 'list' object is unsafe"),
        ("{{ none() }}", "chat_template, line 1: 'None' object is not callable"),
        ("{% for a in 5 %}{% endfor %}", "chat_template, line 1: 'int' object is not iterable"),
        (
            "{% macro m(a) %}{% endmacro %}\n{{ m(1, 2) }}",
            "chat_template, line 2: macro 'm' takes not more than 1 argument(s)"
        ),
        ("{{ 1 / 0 }}", "chat_template, line 1: division by zero"),
    ])
    func `a rendering that fails says where and why`(source: String, words: String) {
        let error = failure(of: source)
        #expect(error?.kind == .failed)
        #expect(error?.description == words)
    }

    @Test func `a template that refuses does so in its own words`() {
        let error = failure(
            of: "\n{{ raise_exception('Roles must alternate: ' ~ role) }}", ["role": .string("x", .content)])
        #expect(error?.kind == .raised)
        #expect(error?.problem == "Roles must alternate: x")
        #expect(error?.line == 2)
    }

    @Test(arguments: [
        "{% for i in range(99999) %}{% for j in range(99999) %}{{ i }}{% endfor %}{% endfor %}",
        "{{ range(10 ** 9) }}", "{{ 'a' * 10 ** 9 }}", "{{ ['a'] * 10 ** 9 }}", "{{ [[]] * 10 ** 18 * 10 }}",
        "{% set ns = namespace(x='ab') %}{% for i in range(99) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
        "{% set ns = namespace(x=[1]) %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% macro m(n) %}{{ 'a' ~ m(n + 1) }}{% endmacro %}{{ m(0) }}",
        "{% set ns = namespace(x=[]) %}{% for i in range(999) %}{% set ns.x = [ns.x] %}{% endfor %}",
        "{% set ns = namespace(x={}) %}{% for i in range(999) %}{% set ns.x = {'a': ns.x} %}{% endfor %}",
        "{% set ns = namespace(x=1) %}{% for i in range(150) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}"
            + "{{ ns.x }}",
        "{% set ns = namespace(x=1) %}{% for i in range(150) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}"
            + "{{ ns.x | tojson }}",
        "{% set ns = namespace(x=1) %}{% for i in range(150) %}{% set ns.x = (ns.x, ns.x) %}{% endfor %}"
            + "{{ {ns.x: 1} }}",
        "{% set a = namespace(x=1) %}{% set b = namespace(x=1) %}{% for i in range(150) %}"
            + "{% set a.x = [a.x, a.x] %}{% set b.x = [b.x, b.x] %}{% endfor %}{{ a.x == b.x }}",
        "{% set ns = namespace() %}{% set ns.me = ns %}{{ ns }}", "{{ 'x' | center(10 ** 12) }}",
        "{{ 'a\nb' | indent(10 ** 12) }}", "{{ '%1000000000d' % 1 }}", "{{ 'a'.ljust(10 ** 15) }}",
        "{{ 'a'.zfill(10 ** 15) }}",
        "{{ 9 ** 99999 }}", "{{ 9223372036854775807 + 1 }}", "{{ -9223372036854775807 - 2 }}",
        "{{ (-9223372036854775807 - 1) // -1 }}", "{{ -(-9223372036854775807 - 1) }}",
        "{{ (-9223372036854775807 - 1) | abs }}",
        "{{ [1] | batch(10 ** 15, 'x') | list }}", "{{ [1] | slice(10 ** 12) | list }}",
        "{{ [1] | tojson(indent=10 ** 12) }}",
        "{{ 1e300 | int }}",
        "{% set ns = namespace(p=0) %}{% for i in range(9999) %}"
            + "{% for j in [ns.p] %}{% set ns.p = loop %}{% endfor %}{% endfor %}",
        "{% set ns = namespace(f='x'.upper) %}{% for i in range(9999) %}{% set ns.f = [ns.f].count %}{% endfor %}",
        "{% for x in [[]] recursive %}{{ loop([x]) }}{% endfor %}",
    ])
    func `what would take too much ends with an error`(source: String) {
        #expect(failure(of: source)?.kind == .limit)
    }

    @Test(arguments: ["(", "[", "{1:", "not ", "-", "+", "a if b else ", "a.b[", "f(", "a|default(", "1 + ", "a ~ ("])
    func `a source that is nested without end is an error`(part: String) {
        #expect(failure(of: "{{ " + String(repeating: part, count: 100_000))?.kind == .syntax)
    }

    @Test(arguments: [".a", "[0]", "()", "|trim", " + 1", " and 1", " or 1", " ** 1", "|default(1)"])
    func `a chain without end is an error`(part: String) {
        #expect(failure(of: "{{ a" + String(repeating: part, count: 100_000) + " }}")?.kind == .syntax)
    }

    @Test(arguments: [
        "{% if 1 %}", "{% for a in b %}", "{% with %}", "{% set a %}", "{% filter trim %}", "{% call a() %}",
    ])
    func `statements nested without end are an error`(part: String) {
        #expect(failure(of: String(repeating: part, count: 100_000))?.kind == .syntax)
    }

    @Test(arguments: [
        ("{{ (-9223372036854775807 - 1) % -1 }}", "0"), ("{{ 'abc'[9223372036854775807] }}", ""),
        ("{{ 'abc'[-9223372036854775807 - 1] }}", ""), ("{{ [1, 2][::-9223372036854775807 - 1] }}", "[2]"),
        ("{{ [1, 2][-9223372036854775807 - 1:9223372036854775807:9223372036854775807] }}", "[1]"),
        ("{{ 'ab'.find('b', -9223372036854775807 - 1, 9223372036854775807) }}", "1"),
        ("{{ 'a' | center(-9223372036854775807 - 1) }}", "a"), ("{{ 'a'.ljust(-9223372036854775807 - 1) }}", "a"),
        ("{{ 'a' * (-9223372036854775807 - 1) }}", ""),
        ("{{ 'a,b'.split(',', -9223372036854775807 - 1) }}", "['a', 'b']"),
        ("{{ range(-9223372036854775807 - 1, 9223372036854775807, 9223372036854775807) | list | length }}", "3"),
        ("{{ range(3)[9223372036854775807:] }}", "range(3, 3)"), ("{{ 9223372036854775807 | round(-18) }}", "0"),
    ])
    func `the largest numbers do not trap`(source: String, expected: String) throws {
        #expect(try Template(source).render([:], now: TemplateFixtures.now).text == expected)
    }

    @Test func `integers beyond 64 bits are shown as the client wrote them`() throws {
        let value = TemplateValue(.number("123456789012345678901234567890"), .content)
        let template = try Template("{{ x }} {{ [x] | tojson }} {{ x is integer }}")
        let digits = "123456789012345678901234567890"
        #expect(try template.render(["x": value], now: TemplateFixtures.now).text == "\(digits) [\(digits)] True")
    }

    @Test func `a rendering of many pieces stays within its limits`() throws {
        let limits = RenderLimits(steps: 10_000, textBytes: 1000)
        #expect(failure(of: "{% for i in range(2000) %}{{ i }}{% endfor %}", limits: limits)?.kind == .limit)
        #expect(failure(of: "{% for i in range(200) %}{{ i }}{% endfor %}", limits: limits) == nil)
    }
}
