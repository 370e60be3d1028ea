#!/usr/bin/env python3
"""Makes Tests/JinjaTests/Fixtures/*.json with Python's jinja2, in the environment that transformers gives templates.

    pip install jinja2==3.1.6
    Tests/Reference/make_template_fixtures.py [--templates FOLDER --out FOLDER]

conversations.json  what the templates are given: one object of variables each
renderings.json     for each template, one digest for each of the first conversations: 16 hexadecimal digits of the text
                    (FNV-1a of its UTF-8), "R" and the digest of the template's own words where it refused, "E" where
                    Python failed
samples.json        some renderings in full, to look at
cases.json          small templates with their text, or null where jinja2 fails
"""
import argparse, datetime, json, pathlib, random, re
import jinja2, jinja2.ext, jinja2.nodes, jinja2.sandbox

NOW = datetime.datetime(2025, 7, 4, 13, 5, 9)
FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "JinjaTests" / "Fixtures"


class Generation(jinja2.ext.Extension):
    """As transformers' AssistantTracker: the block renders its body."""
    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("_body"), [], [], body).set_lineno(line)

    @jinja2.pass_eval_context
    def _body(self, context, caller):
        return caller()


class Raised(jinja2.exceptions.TemplateError):
    pass


class TemplateDict:
    def __call__(self, *args, **kwargs):
        return dict(*args, **kwargs)


class TemplateNamespace(jinja2.utils.Namespace):
    def __init__(*args, **kwargs):
        self, args = args[0], args[1:]
        attributes = dict(*args, **kwargs)
        for name in attributes:
            TemplateNamespace._check_name(name)
        jinja2.utils.Namespace.__init__(self, attributes)

    def __setitem__(self, name, value):
        TemplateNamespace._check_name(name)
        jinja2.utils.Namespace.__setitem__(self, name, value)

    @staticmethod
    def _check_name(name):
        if isinstance(name, str) and name.startswith("_"):
            raise jinja2.exceptions.SecurityError(name)


def environment():
    def raise_exception(message):
        raise Raised(message)

    def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
        return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)

    result = jinja2.sandbox.ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols])
    result.filters["tojson"] = tojson
    result.globals["raise_exception"] = raise_exception
    result.globals["strftime_now"] = lambda format: NOW.strftime(format)
    result.globals["dict"] = TemplateDict()
    result.globals["namespace"] = TemplateNamespace
    return result


def digest(text):
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


def render(template, variables):
    """The text, or an exception."""
    try:
        text = template.render(**variables)
        text.encode()
        return text
    except Raised as error:
        return error
    except Exception as error:  # whatever Python does then, we only have to fail too
        return error


# Templates that read contents of parts, or whose failures matter.
PARTS = re.compile(r"minimax|gemma-3|llama-4|kimi|mistral-small|glm|llama-3.1")

# --- random conversations ---------------------------------------------------------------------------------------------

WORDS = (
    "the a of and to river stone 17 3.5 house light über naïve café Straße ΣΊΣΥΦΟΣ привет мир 你好 世界 こんにちは 안녕 🙂 👩‍👩‍👧 🇪🇺 e\u0301 "
    "\u200b \u00a0 <|im_start|> <|im_end|> <|eot_id|> <beginning_of_sentence> <end_of_sentence> [INST] [/INST] <think> "
    "</think> {{ {% %} }} {# #} <s> </s> \" ' \\ \\n & < > % %s {0} ``` /think /no_think <tool_response> </tool_response>").split(" ")
NAMES = ["get_weather", "search", "sum_up", "Öffne", "a", "send.mail", "code_interpreter"]


def text(rng, longest=14):
    parts = []
    for _ in range(rng.randrange(longest)):
        parts.append(rng.choice(WORDS))
        parts.append(rng.choice([" ", " ", " ", "\n", "\n\n", "", "\t", "  "]))
    return "".join(parts)


def value(rng, depth=0):
    kind = rng.randrange(9 if depth < 3 else 6)
    if kind == 0: return None
    if kind == 1: return rng.random() < 0.5
    if kind == 2: return rng.choice([0, 1, -1, 42, 2**53, rng.randrange(-1000, 1000)])
    if kind == 3: return rng.choice([0.5, -1.25, 1e16, 1e-5, 3.0, 1e22, 0.1, 123456.789])
    if kind in (4, 5): return text(rng, 4)
    if kind == 6: return [value(rng, depth + 1) for _ in range(rng.randrange(4))]
    return {text(rng, 2) or "k": value(rng, depth + 1) for _ in range(rng.randrange(4))}


def schema(rng, depth=0):
    kind = rng.choice(["string", "number", "integer", "boolean", "array", "object", ["string", "null"], "any"])
    if depth > 2 and kind in ("array", "object"): kind = "string"
    result = {"type": kind}
    if rng.random() < 0.6: result["description"] = text(rng, 6)
    if kind == "array" and rng.random() < 0.8: result["items"] = schema(rng, depth + 1)
    if kind == "object":
        if rng.random() < 0.7:
            result["properties"] = {
                rng.choice("abcdxyz") + str(i): schema(rng, depth + 1) for i in range(rng.randrange(3))}
        else: result["additionalProperties"] = rng.choice([True, False, {"type": "integer"}])
    if kind == "string" and rng.random() < 0.3: result["enum"] = [text(rng, 2) for _ in range(2)]
    if rng.random() < 0.15: result["default"] = value(rng, 2)
    if rng.random() < 0.1: result["nullable"] = True
    return result


def tool(rng):
    function = {"name": rng.choice(NAMES)}
    if rng.random() < 0.85: function["description"] = text(rng, 8)
    if rng.random() < 0.9:
        properties = {
            rng.choice(["city", "größe", "n", "when", "opts", "items"]): schema(rng) for _ in range(rng.randrange(4))}
        function["parameters"] = {"type": "object", "properties": properties}
        if rng.random() < 0.7: function["parameters"]["required"] = [name for name in properties if rng.random() < 0.5]
        if rng.random() < 0.2: function["parameters"]["additionalProperties"] = False
    if rng.random() < 0.1: function["strict"] = True
    if rng.random() < 0.1: function["return"] = {"type": "string"}
    return {"type": "function", "function": function} if rng.random() < 0.9 else function


def content(rng, parts):
    if not parts: return text(rng)
    blocks = [{"type": "text", "text": text(rng)}]
    for _ in range(rng.randrange(3)):
        blocks.append(rng.choice([{"type": "image"}, {"type": "text", "text": text(rng)},
                                  {"type": "image_url", "image_url": {"url": "data:,"}}]))
    if rng.random() < 0.3: rng.shuffle(blocks)
    return blocks


def call(rng):
    arguments = {rng.choice(["city", "n", "q", "opts"]): value(rng, 1) for _ in range(rng.randrange(3))}
    function = {"name": rng.choice(NAMES), "arguments": arguments if rng.random() < 0.7 else json.dumps(arguments)}
    result = {"type": "function", "function": function}
    if rng.random() < 0.8: result["id"] = "".join(rng.choice("abc123XYZ") for _ in range(rng.choice([9, 9, 9, 24])))
    return result


def conversation(rng, parts):
    tools = rng.random() < 0.4
    messages = []
    if rng.random() < 0.5: messages.append({"role": "system", "content": content(rng, parts)})
    for turn in range(rng.choice([1, 1, 2, 3, 5])):
        user = {"role": "user", "content": content(rng, parts)}
        if rng.random() < 0.08: user["name"] = rng.choice(["Ann", "Zoë"])
        messages.append(user)
        if rng.random() < 0.04: continue
        if tools and rng.random() < 0.4:
            calls = {"role": "assistant", "content": rng.choice([None, "", text(rng)]),
                     "tool_calls": [call(rng) for _ in range(rng.choice([1, 1, 2]))]}
            if rng.random() < 0.15: del calls["content"]
            if rng.random() < 0.3: calls["reasoning_content"] = text(rng)
            messages.append(calls)
            for made in calls["tool_calls"]:
                answer = {"role": rng.choice(["tool", "tool", "tool", "function"]),
                          "content": content(rng, parts) if rng.random() < 0.8 else json.dumps(value(rng))}
                if rng.random() < 0.8: answer["tool_call_id"] = made.get("id", "?")
                if rng.random() < 0.6: answer["name"] = made["function"]["name"]
                messages.append(answer)
        if turn and rng.random() < 0.2: break
        answer = {"role": "assistant", "content": content(rng, parts)}
        if not parts and rng.random() < 0.25: answer["content"] = "<think>\n" + text(rng) + "\n</think>\n\n" + text(rng)
        if rng.random() < 0.15: answer["reasoning_content"] = text(rng)
        if rng.random() < 0.05: answer["thinking"] = text(rng)
        if rng.random() < 0.03: answer["tool_calls"] = None
        messages.append(answer)
    if rng.random() < 0.5 and messages[-1]["role"] == "assistant":
        messages.append({"role": "user", "content": content(rng, parts)})
    if rng.random() < 0.04: messages[rng.randrange(len(messages))].pop("content", None)
    if rng.random() < 0.02:
        messages[rng.randrange(len(messages))]["role"] = rng.choice(["developer", "critic", "ipython"])
    if rng.random() < 0.01: messages = []
    result = {"messages": messages, "add_generation_prompt": rng.random() < 0.7,
              "bos_token": "<s>", "eos_token": "</s>"}
    if tools: result["tools"] = [tool(rng) for _ in range(rng.randrange(1, 4))]
    elif rng.random() < 0.3: result["tools"] = rng.choice([None, []])
    if rng.random() < 0.15:
        result["documents"] = [{"title": text(rng, 3), "text": text(rng, 6)} for _ in range(rng.randrange(3))]
    if rng.random() < 0.3: result["enable_thinking"] = rng.random() < 0.5
    if rng.random() < 0.2: result["thinking"] = rng.random() < 0.5
    if rng.random() < 0.2: result["reasoning_effort"] = rng.choice(["low", "high"])
    if rng.random() < 0.1: result["builtin_tools"] = ["code_interpreter", "search"]
    if rng.random() < 0.2: result["tools_in_user_message"] = rng.random() < 0.5
    if rng.random() < 0.1: result["date_string"] = "1 Jan 2025"
    if rng.random() < 0.1: result["controls"] = {"length": "short", "n": 2}
    return result


# --- small cases ------------------------------------------------------------------------------------------------------

VARIABLES = {
    "x": 5, "y": -3, "f": 2.5, "s": "Hello, Wörld!", "e": "", "n": None, "t": True, "big": 9007199254740993,
    "l": [3, 1, 2], "empty": [], "d": {"b": 1, "a": [1, 2], "items": "own"}, "u": "日本語 🙂 text", "spaces": "  a b\tc \n",
    "people": [{"name": "Bob", "age": 30, "city": {"n": "Rome"}}, {"name": "alice", "age": 25, "city": {"n": "bonn"}},
               {"name": "Carl", "age": 30}, {"name": "bob", "age": 7, "city": {"n": "Rome"}}],
    "words": ["b", "A", "c", "a", "B"], "html": "<a href='x'>\"&\"</a>", "lines": "one\n\ntwo\r\nthree\n",
    "mixed": [1, "a", None, 2.0, [1], {"k": "v"}],
    "tree": [{"v": 1, "c": [{"v": 2, "c": []}, {"v": 3, "c": [{"v": 4, "c": []}]}]}, {"v": 5, "c": []}],
    "quote": "it's", "quotes": "it's \"x\"", "control": "a\x00\x1f\x7f\u200b\u2028b\t\n\\",
}


def cases():
    # Expressions, each written as {{ … }}.
    expressions = """
1 + 2 * 3|(1 + 2) * 3|7 // 2|-7 // 2|7 // -2|7 % 3|-7 % 3|7 % -3|7 / 2|6 / 2|2 ** 10|2 ** -1|-2 ** 2|2 ** 3 ** 2
7.5 // 2|-7.5 % 2|1e3|1e16|1e15|123456789.0|1.5e-7|0.0001|0.00001
1_000|0x1F|0b101|0o17|1.0|.5|5.|1 == 1.0|1 == true|0 == false|'a' == 'a'|'a' < 'b'|'Z' < 'a'|1 < 2 < 3|1 < 3 < 2
1 < 2 > 0|3 > 2 >= 2|1 != 2|[1,2] < [1,3]|[1] == (1,)|(1,2) == (1,2)
1 < 'a'|n < 1|none == none|undefinedname == none|not x|not e|x and y|e or 'd'|e and 1|n or 0 or 'z'|not n and t|x if t
x if e|x if e else y|(x if n) is undefined|1 if e else 2 if n else 3
'a' ~ 1 ~ n ~ t ~ 2.0|'a' + 'b'|'a' 'b' "c"|'a' + 1|'ab' * 3|3 * 'ab'|[1] * 2 + [3]|(1,) + (2,)|[1] + (2,)|'a' * -1
1 + none|'%s-%d' % ('a', 3)|'%05.2f|%+d|%x|%r' % (3.14159, 5, 255, 'q')|'%s' % 'x'|'%(a)s' % {'a': 1}|'%s %s' % 'x'
'%d%%' % 5|'%-5s|%5s|' % ('a', 'b')
x in l|3 in l|2 not in l|'ell' in s|'' in s|'b' in d|'items' in d|1 in 'a'|1 in 5|'a' in words|none in mixed|1.0 in l
[1] in mixed
l[0]|l[-1]|l[5]|l[-4]|l['a']|s[0]|s[-1]|s[99]|u[0]|u[4]|u[-1]|u[1:3]|u[::-1]|s[1:4]|s[:-1]|s[-3:]|s[::2]|s[5:1]
s[10:2:-2]|l[::-1]|l[1:]|l[:0]|l[-2:]|l[::2]|(1,2,3)[1:]|s[1:2:0]|l['1':]|range(10)[2:8:3]|range(5)[-1]|d[:1]|x[0]
n[0]|l[1:][0]|l.0|d.a.1
d.b|d['b']|d.items|d['items']|d.keys()|d.values()|d.get('b')|d.get('zz')|d.get('zz', 7)|d.missing|d.missing.deeper|d['missing']['deeper']
undefinedname|undefinedname.a|undefinedname()|undefinedname + 1|undefinedname ~ 'a'|n.a|n.a.b|s.upper()|s.lower
s['upper']()|d.b()|d.items()|d.copy()|l.append(1)|l.pop()|d.update({})|d.pop('b')|l.count(1)|l.index(2)|l.index(9)
''.__class__|''.__class__.__mro__|d.__class__|d._x|l.sort()
[1, 'a', none, true, 2.5]|(1,)|()|(1, 2)|{'a': 1, 'b': [1]}|{}|[]|{'a': {'b': (1, 'x')}}|[quote, quotes, control]
{1: 2, none: 3, true: 4}|{'a': 1, 'a': 2}|[1, 2,]|{'a': 1,}|mixed|words|range(3)|range(1, 10, 3)|range(0)
[undefinedname]|u ~ [u]
true|false|none|True|False|None|x is defined|q is defined|d.b is defined|d.zz is defined|q is undefined|n is none
x is none|s is string|x is string|x is number|t is number|f is number|x is integer|t is integer|f is float|x is float
t is boolean|x is boolean|d is mapping|l is mapping|l is sequence|s is sequence|d is sequence|x is sequence
l is iterable|x is iterable|s is iterable|n is iterable|q is iterable|q is sequence|range is callable|x is callable
t is true|x is true|e is false|f is true|x is odd|x is even|6 is divisibleby 3|6 is divisibleby(4)|'a' is lower
'A' is upper|'Ab' is lower|'1' is lower|x is eq 5|x is equalto(5)|x is == 5|x is ne 5|x is gt 3|x is ge 5|x is lt 3
x is le 5|3 is in l|9 is not in l|x is not none|x is not defined|n is sameas none|1 is sameas true|x is sameas 5
'upper' is filter|'nope' is filter|'odd' is test|not x is none|x is defined and y is defined|x is foo
x | foo|s | upper|s|lower|s|title|s|capitalize|'foo-bar (baz) [q]x {z} <a b'|title|"it's o'neil"|title|spaces|trim
'xxaxx'|trim('x')|s|length|u|length|d|length|x|length|n|length|q|length|l|count|s|first|s|last|u|last|l|first|l|last
empty|first|empty|last|d|first|d|last|s|list|d|list|u|list|x|list|s|reverse|l|reverse|list|u|reverse|d|reverse|list
l|join|l|join(', ')|words|join('-')|people|join(',', attribute='name')|mixed|join('/')|s|join('.')|d|join(' ')
empty|join('x')|q|join('x')|l|sort|l|sort(reverse=true)|words|sort|words|sort(case_sensitive=true)|words|sort(true)
people|sort(attribute='age')|map(attribute='name')|list
people|sort(attribute='age,name')|map(attribute='name')|join(' ')|mixed|sort|d|dictsort|d|dictsort(reverse=true)
{'b': 1, 'A': 2, 'c': 0}|dictsort|{'b': 1, 'A': 2, 'c': 0}|dictsort(true)
{'b': 1, 'A': 2, 'c': 0}|dictsort(by='value')|x|dictsort
words|unique|list|words|unique(true)|list|people|unique(attribute='age')|map(attribute='name')|list|l|sum
people|sum(attribute='age')|empty|sum|l|sum(start=10)|words|sum|l|min|l|max|words|min|words|max
words|max(case_sensitive=true)|empty|max|people|max(attribute='age')|l|batch(2)|list|l|batch(2, 'x')|list
l|slice(2)|list|[1,2,3,4,5]|slice(3, 'x')|list|people|groupby('age')|map('first')|list
people|groupby('city.n', default='none')|map(attribute='grouper')|list
l|map('string')|list|words|map('upper')|join|people|map(attribute='city.n', default='?')|list
people|map(attribute='city.n')|list|people|map(attribute='zz')|list|l|map('default', 3)|list|l|map('foo')|list
l|map|list|l|select('odd')|list|l|reject('odd')|list|l|select|list|mixed|select('string')|list
mixed|reject('none')|list|l|select('gt', 1)|list|l|select('in', [1, 3])|list
people|selectattr('age', 'equalto', 30)|map(attribute='name')|list
people|rejectattr('city')|map(attribute='name')|list|people|selectattr('city', 'defined')|list|length
people|selectattr('age')|list|length|people|selectattr('city.n', 'eq', 'Rome')|list|length|l|select('foo')|list
people|selectattr|list|l|select('odd')|length|(l|select('odd'))[0]|l|select('odd')|first|d|items|list|q|items|list
l|items|list|(l|map('string')) is iterable
q|default('z')|n|default('z')|n|default('z', true)|e|d('z', boolean=true)|x|default|q|default|d.zz|default('m')
q.a|default('m')|'3'|int|'3.7'|int|' 12 '|int|'1_000'|int|'x'|int|'x'|int(7)|'ff'|int(base=16)|'0xff'|int(0, 16)
3.9|int|-3.9|int|t|int|n|int|q|int|'1e3'|int|'99999999999999999999'|int|'3.5'|float|'x'|float|'x'|float(1.5)|x|float
n|float|'inf'|float|'nan'|float|' 1e5 '|float|q|float|x|string|n|string|q|string|l|string|y|abs|-2.5|abs|s|abs
2.5|round|3.5|round|2.675|round(2)|-2.5|round|2.1|round(method='ceil')|2.9|round(0, 'floor')|x|round|1234|round(-2)
1.25|round(1)|s|round|2.567|round(2, 'floor')|q|round
s|replace('l', 'L')|s|replace('l', 'L', 1)|'aaa'|replace('', '-')|'aaa'|replace('a', 'b', 2)|x|replace('5', '6')
s|indent|lines|indent(2)|lines|indent(2, true)|lines|indent(2, blank=true)|'a\nb'|indent('>> ')
'a\n\nb'|indent(width=2, first=true, blank=true)|x|indent|html|e|html|escape|html|safe|html|forceescape|s|center(21)
'ab'|center(5)|s|truncate(5)|'foo bar baz qux'|truncate(9)|'foo bar baz qux'|truncate(9, true)
'foo bar baz qux'|truncate(11)|'foo bar baz qux'|truncate(11, false, '…', 0)|'a b'|truncate(1)|s|wordcount|u|wordcount
'%s=%s'|format('a', 1)|'%(k)s'|format(k=2)|'%s'|format|'ä b/c?d&e=f~'|urlencode|html|length
s.strip('!H')|spaces.strip()|spaces.lstrip()|spaces.rstrip()|'xyx'.strip('x')|s.split()|s.split(',')|spaces.split()
spaces.split(' ')|'a,b,c'.split(',', 1)|'a,b,c'.rsplit(',', 1)|' a  b '.split(none, 1)|' a  b c '.rsplit(none, 1)
'a,b'.split(sep=',')|'a'.split('')|lines.splitlines()|lines.splitlines(true)|'a\x0bb\x1cc\u2028d'.splitlines()
s.startswith('He')|s.startswith(('x', 'H'))|s.endswith('!')|s.endswith('')|s.startswith('e', 1)|s.startswith(1)
s.replace('l', '')|s.replace('l', 'L', 1)|s.replace('l')|s.upper()|u.upper()|'straße'.upper()|'ΑΣ ΑΣΑ'.lower()
'ǆ'.title()|s.title()|"it's ok".title()|'hELLO wORLD'.capitalize()|s.swapcase()|s.find('l')|s.find('zz')|s.rfind('l')
s.index('zz')|s.index('W')|s.count('l')|'aaaa'.count('aa')|s.count('')|s.find('o', 5)|s.find('o', 2, 4)
', '.join(words)|','.join(l)|'-'.join('abc')|'{} {}'.format(1, 'a')|'{0} {1} {0}'.format('a', 'b')
'{a} {{x}}'.format(a=1)|'{}'.format()|'{a.b}'.format(a={'b': 1})|'{0[b]}'.format(d)|'{!r}'.format('q')|'{'.format()
'12'.isdigit()|'1a'.isdigit()|''.isdigit()|'²'.isdigit()|'½'.isnumeric()|'ab'.isalpha()|'日本'.isalpha()|'a1'.isalnum()
' \t'.isspace()|''.isspace()|'AB'.isupper()|'aB'.islower()|'Ab Cd'.istitle()|'a'.isascii()|'ä'.isascii()
'abc'.removeprefix('a')|'abc'.removesuffix('c')|'abc'.removeprefix('x')|'7'.zfill(3)|'-7'.zfill(4)|'a'.ljust(3) ~ '|'
'a'.rjust(3, '*')|'ab'.center(5, '-')|'a-b-c'.partition('-')|'a-b-c'.rpartition('-')|'abc'.partition('x')|s.nope()
s.nope
l|tojson|d|tojson|s|tojson|u|tojson|control|tojson|n|tojson|t|tojson|f|tojson|1e16|tojson|'inf'|float|tojson
mixed|tojson
mixed|tojson(indent=2)|d|tojson(indent=4)|d|tojson(2)|d|tojson(separators=(',', ':'))|d|tojson(sort_keys=true)
u|tojson(ensure_ascii=true)|'"\\/'|tojson|{}|tojson(indent=2)|[]|tojson(indent=2)|[[], {}]|tojson(indent=1)
{1: 2, none: 3, true: 4, 2.5: 'x'}|tojson|q|tojson|range(3)|tojson
(1, 2)|tojson|d.items()|tojson|d|tojson(indent='--')|d|tojson(indent=0)|d|tojson(indent=2, separators=(', ', ' = '))
[q]|tojson|s.upper|tojson|d|tojson(foo=1)|{'b': 1, 'a': 2}|tojson(sort_keys=true, indent=2)
namespace(a=1).a|namespace(a=1).b|namespace(a=1)['a']|namespace({'a': 2}, b=3).a|namespace(_a=1)|dict(a=1, b=2)
dict([('a', 1)])|dict({'a': 1}, b=2)|dict(1)|cycler('a', 'b').next()|joiner(', ')()|range(3)|list|range(100001)
range(99999)|length|range('a')|range(1, 2, 0)|range(5, 0, -2)|list|strftime_now('%Y-%m-%d %H:%M:%S')
strftime_now('%d %b %Y, %A %B %j %p %I %y %a %e %-d %U %W %u %w %%')|strftime_now('%F %T %D %R %c %x %X')
raise_exception('no way')|raise_exception()|lipsum is defined|loop is defined
x.upper()|5()|'a'()|d(1)|range(*[1, 4])|list|dict(**{'a': 1})|dict(a=1, **{'b': 2})|range(1, *[5, 2])|list
s.split(*[','])|'{x}'.format(**{'x': 3})|dict(**1)|range(*5)
1 +|(1|[1|{'a'|'abc|x y|x |x | |is|1 is|x..y|x[|x(|x(a=)|x(a=1, 2)|x(**d, *l)|%|$|a.|{1:2}[1]
'\\x41\\u00e9\\101\\q\\t'|'\\xg'|"\\""|'a\\\nb'|not not x|- - x|-x|+x|-s|+n|--5|1if t else 2|x|upper.lower|-5|abs
-5 is number|2 * 3 is odd|'a' ~ 'b'|upper|1 + 2 | string + 'x'|[1,2]|first|{'a': 1}.a|'abc'[1].upper()|(1, 2, 3)|last
x,|x, y|1 is defined is defined|l[1, 2]|x is in|big + 1|big * 10|-7 // 2.0|0.1 + 0.2|1 / 0|1 % 0|1.0 // 0|10 ** 2 ** 0
5 // 0.3|1e308 * 10|-0.0|0.0 == -0.0|1e22|12345678901234567.0|100000000000000000000.0|5e-324|1.7976931348623157e308
"""
    templates = ["{{ %s }}" % part.strip() for line in expressions.strip().split("\n")
                 for part in split_expressions(line)]
    templates += STATEMENTS
    return templates


def split_expressions(line):
    """Splits at bars. A part that begins with a filter's name also goes on what stands before it."""
    filters = set(environment().filters) | {"foo"}
    result = []
    before = []
    for part in line.split("|"):
        name = re.match(r"\s*(\w*)", part)[1]
        before = [head + "|" + part for head in before] if name in filters and before else []
        result += before
        if name not in filters or not before: result.append(part)
        before = (before + [part])[-3:]
    return list(dict.fromkeys(result))


STATEMENTS = [
    # Found by random templates.
    "{{ people|sort(attribute='zz')|length }}", "{{ l|truncate }}", "{{ people|truncate(3) }}", "{{ 'a' % l }}",
    "{{ 'a' % 1 }}", "{{ 'a' % q }}", "{{ namespace(q).a }}", "{{ l[] }}", "{{ 02 }}", "{{ 00 }}", "{{ x[:1] }}",
    "{{ l|map(attribute='a.b')|first }}", "{{ [1, 'a']|map('abs')|first }}", "{{ [1, 'a']|map('abs')|list }}",
    "{% set g = l|map('foo') %}ok", "{{ l|select('foo')|first }}", "{{ a🙂b }}", "{{ ä }}{% set ä = 1 %}{{ ä }}",
    "{{ '{a.q}|{a[q]}'.format(a=d) }}", "{{ n|map('upper')|list }}{{ n|selectattr('a')|list }}", "{{ [n, n]|sort }}",
    "{{ [n, 1]|sort }}", "{{ [{}, {}]|sort }}", "{{ 'ä'|urlencode }}",
    # Whitespace.
    "a\n{% if t %}\nb\n{% endif %}\nc\n", "a\n  {% if t %}  \n b\n  {% endif %}\nc", "  {%+ if t %}b{% endif %}",
    "a {%- if t -%} b {%- endif -%} c", "{{ x }}\n{{ y }}\n", "{{ x }}\n\n", "\n\n{{ x -}} \n\n z", "a \n {{- x }}",
    "{# c #}\na", "  {# c #}\n  b", "a {#- c -#} b", "{#\n multi\n#}x", "a\n  {#+ c #} b",
    "{% raw %}{{ x }} {% if %}{% endraw %}", "{% raw -%}\n a {%- endraw %} b", "a\n {% raw %}\n x\n {% endraw %}\n b",
    "{%- raw -%}  q  {%- endraw -%}  z", "a{% if t +%}\nb{% endif +%}\nc", "\r\na\rb\n", "{{ 'a\r\nb' }}",
    "x{% set a = 1 %}\n\ny", "\t{% if t %}\tq{% endif %}\n\t{{ x }}", "  x  {% if t %}y{% endif %}",
    "{% if t %}  {% if t %}\n  z{% endif %}{% endif %}", "a\u00a0{%- if t %}b{% endif %}",
    "\u2003{% if t %}b{% endif %}", "{{ 'a' }}  \n  {% if t %}b{% endif %}", "{%if t%}1{%endif%}", "{{x}}{{y}}",
    "{{ {'a': {'b': 1}} }}", "{{ '}}' }}", "{{ '%}' }}", "{% set a = '%}' %}{{ a }}", "{ { x } }", "{", "{%", "{{",
    "{#", "a }} b %} c #}", "{{ x }", "{% if t }", "{{ x %}", "{% raw %}", "{{ }}", "{% %}", "",
    "{% for a in l %}\n{{ a }}\n{% endfor %}\n", "{% for a in l -%}\n  {{ a }}\n{%- endfor %}",
    "  {%- if t %} b{% endif %}", "a{{- x -}}b", "{{+ x }}", "{{ x +}}", "{%- -%}",
    "a\n\n\n{%- if t %}\n\nb{% endif %}",
    # if
    "{% if x %}1{% elif y %}2{% else %}3{% endif %}", "{% if e %}1{% elif n %}2{% elif t %}4{% else %}3{% endif %}",
    "{% if e %}1{% endif %}", "{% if %}{% endif %}", "{% if t %}", "{% endif %}", "{% else %}",
    "{% if t %}a{% else %}b{% else %}c{% endif %}", "{% if q %}a{% endif %}", "{% if q.a %}a{% endif %}",
    "{% if x, y %}a{% endif %}", "{% if t %}{{ x|foo }}{% endif %}", "{% if e %}{{ x|foo }}{% endif %}ok",
    "{{ x|foo if e else 1 }}", "{% if e %}{{ x is foo }}{% endif %}ok",
    "{% if e %}{% for a in l %}{{ a|foo }}{% endfor %}{% endif %}", "{% if e %}{% else %}{{ x|foo }}{% endif %}",
    "{% for a in empty %}{{ a|foo }}{% endfor %}", "{% set a = x|foo %}", "{% elif %}", "{% iff x %}{% endif %}",
    # for
    "{% for a in l %}{{ a }},{% endfor %}",
    "{% for a in l %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{"
    "{ loop.last }}{{ loop.length }};{% endfor %}",
    "{% for a in empty %}x{% else %}none{% endfor %}", "{% for a in l %}{{ a }}{% else %}none{% endfor %}",
    "{% for a in l if a > 1 %}{{ loop.index }}:{{ a }} {% endfor %}",
    "{% for a in l if a > 9 %}x{% else %}none{% endfor %}", "{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}",
    "{% for k, v in d|dictsort %}{{ k }}={{ v }};{% endfor %}", "{% for k in d %}{{ k }}{% endfor %}",
    "{% for a, b in [(1, 2), [3, 4], 'xy'] %}{{ a }}{{ b }}{% endfor %}", "{% for a, b in [(1, 2, 3)] %}{% endfor %}",
    "{% for a, b in [1] %}{% endfor %}", "{% for a, (b, c) in [(1, (2, 3))] %}{{ a }}{{ b }}{{ c }}{% endfor %}",
    "{% for a in s %}{{ a }}.{% endfor %}", "{% for a in u %}{{ a }}.{% endfor %}", "{% for a in x %}{% endfor %}",
    "{% for a in n %}{% endfor %}", "{% for a in q %}x{% else %}e{% endfor %}", "{% for a in q.b %}x{% endfor %}",
    "{% for a in range(3) %}{{ a }}{% endfor %}", "{% for a in 1, 2 %}{{ a }}{% endfor %}",
    "{% for a in l %}{{ loop.previtem }}<{{ a }}>{{ loop.nextitem }} {% endfor %}",
    "{% for a in l %}{{ loop.previtem is defined }}{{ loop.nextitem is defined }}{% endfor %}",
    "{% for a in l %}{{ loop.cycle('x', 'y') }}{% endfor %}", "{% for a in l %}{{ loop.cycle() }}{% endfor %}",
    "{% for a in [1, 1, 2, 2, 1] %}{{ loop.changed(a) }}{% endfor %}",
    "{% for a in l %}{% for b in l %}{{ loop.index }}{{ loop.depth }}{% endfor %}{{ loop.index }}{% endfor %}",
    "{% for a in l %}{{ loop.foo }}{% endfor %}", "{{ loop }}",
    "{% for a in l %}{% set outer = loop %}{% for b in l %}{{ outer.index }}{% endfor %}{% endfor %}",
    "{% for a in l %}{% if a == 1 %}{% break %}{% endif %}{{ a }}{% endfor %}",
    "{% for a in l %}{% if a == 1 %}{% continue %}{% endif %}{{ a }}{% endfor %}",
    "{% for a in l %}{% break %}{% else %}e{% endfor %}", "{% for a in l %}{% continue %}{% else %}e{% endfor %}",
    "{% break %}", "{% if t %}{% continue %}{% endif %}",
    "{% for a in l %}{% for b in l %}{% if b == 1 %}{% break %}{% endif %}{{ b }}{% endfor %}|{% endfor %}",
    "{% for a in l %}{% macro m() %}{% break %}{% endmacro %}{% endfor %}",
    "{% for a in l %}x{% else %}{% break %}{% endfor %}",
    "{% for item in tree recursive %}{{ item.v }}{% if item.c %}({{ loop(item.c) }}){% endif %}{% endfor %}",
    "{% for item in tree recursive %}{{ loop.depth }}{{ loop.depth0 }}{{ loop(item.c) }}{% endfor %}",
    "{% for item in tree %}{{ loop(item.c) }}{% endfor %}", "{% for a in l %}", "{% for in l %}{% endfor %}",
    "{% for a l %}{% endfor %}", "{% for a.b in l %}{% endfor %}",
    "{% for a in l|reverse %}{{ a }}{{ loop.last }}{% endfor %}",
    "{% for a in l|map('string') %}{{ a }}{{ loop.length }}{% endfor %}", "x", "{% for true in l %}{% endfor %}",
    "{% set g = l|map('string') %}{% for a in g %}{{ a }}{% endfor %}{% for a in g %}{{ a }}{% endfor %}",
    "{% for a in l %}{{ a }}{% set a = 9 %}{{ a }}{% endfor %}{{ a }}", "{% for x in l %}{{ x }}{% endfor %}{{ x }}",
    "{% for a in l if loop.index %}{% endfor %}", "{% for a in l %}{{ q if loop.first }}{% endfor %}",
    # set
    "{% set a = 1 %}{{ a }}", "{% set a, b = 1, 2 %}{{ a }}{{ b }}", "{% set a = 1, 2 %}{{ a }}",
    "{% set a, b = [1] %}", "{% set x = x + 1 %}{{ x }}", "{% for a in l %}{% set x = a %}{% endfor %}{{ x }}",
    "{% if t %}{% set a = 1 %}{% endif %}{{ a }}", "{% if e %}{% set x = 1 %}{% endif %}{{ x }}",
    "{% for i in l %}{% if i == 1 %}{% set x = 'in' %}{% endif %}{{ x }} {% endfor %}",
    "{% set a %}b {{ x }} c{% endset %}{{ a }}{{ a|length }}", "{% set a | upper %}b {{ x }}{% endset %}{{ a }}",
    "{% set a | replace('b', 'c') | upper %}b{% endset %}{{ a }}",
    "{% set ns = namespace(a=1) %}{% for i in l %}{% set ns.a = ns.a + i %}{% endfor %}{{ ns.a }}",
    "{% set ns = namespace() %}{% set ns.x = [] %}{% for i in l %}{% set ns.x = ns.x + [i] %}{% endfor %}{{ ns"
    ".x }}",
    "{% set d.b = 1 %}", "{% set ns = namespace() %}{% set ns._a = 1 %}",
    "{% set ns = namespace() %}{{ ns.q }}{{ ns.q is defined }}", "{% set q.b = 1 %}", "{% set 1 = 2 %}",
    "{% set none = 2 %}", "{% set a = %}", "{% set a %}x",
    "{% set ns = namespace(a=1) %}{% set ns.a %}blk{% endset %}{{ ns.a }}",
    "{% set a = 1 %}{% set a = a ~ 'b' %}{{ a }}", "{% set a = b = 1 %}",
    "{% set ns = namespace(a=1) %}{% macro m() %}{% set ns.a = 2 %}{% endmacro %}{{ m() }}{{ ns.a }}",
    "{% set ns = namespace(a=1, b='x') %}{{ ns }}",
    "{% set a = namespace() %}{% set b = a %}{% set b.z = 3 %}{{ a.z }}{{ a == b }}",
    "{% set a = (1, 2) %}{% set b, c = a %}{{ c }}", "{% set range = 3 %}{{ range }}",
    # with, filter, print, generation, raw
    "{% with a = 1, b = x %}{{ a }}{{ b }}{% endwith %}{{ a }}", "{% with x = 1, b = x %}{{ b }}{% endwith %}{{ x }}",
    "{% with %}{% set a = 1 %}{{ a }}{% endwith %}{{ a }}", "{% with a, b = [1, 2] %}{{ a }}{{ b }}{% endwith %}",
    "{% filter upper %}a{{ s }}{% endfilter %}", "{% filter replace('a', 'b') | upper %}aaa{% endfilter %}",
    "{% filter indent(2) %}a\nb{% endfilter %}", "{% filter foo %}a{% endfilter %}", "{% print x %}",
    "{% print x, y %}", "{% generation %}a{{ x }}{% endgeneration %}",
    "{% generation %}{% set a = 1 %}{% endgeneration %}{{ a }}", "{%- generation -%} b {%- endgeneration -%}",
    "{% for i in l %}{% generation %}{{ i }}{{ loop.index }}{% endgeneration %}{% endfor %}",
    "{% for i in l %}{% generation %}{% break %}{% endgeneration %}{% endfor %}", "{% do x %}", "{% debug %}",
    "{% trans %}a{% endtrans %}",
    # macros
    "{% macro m(a, b=2) %}{{ a }}-{{ b }};{% endmacro %}{{ m(1) }}{{ m(1, 3) }}{{ m(b=5, a=4) }}{{ m() }}",
    "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, 2) }}", "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(b=1) }}",
    "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, a=2) }}",
    "{% macro m() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, k=3) }}",
    "{% macro m(a) %}{{ a.b }}{% endmacro %}{{ m() }}",
    "{% macro m(a, b=a ~ 'x') %}{{ b }}{% endmacro %}{{ m('q') }}", "{% macro m(a=1, b) %}{% endmacro %}",
    "{% macro m() %}{{ x }}{{ z }}{% endmacro %}{% set z = 7 %}{{ m() }}",
    "{% macro m(n) %}{{ n }}{% if n > 0 %}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(5) }}",
    "{% macro m() %}{% set x = 9 %}{{ x }}{% endmacro %}{{ m() }}{{ x }}",
    "{% macro m() %}a{% endmacro %}{{ m()|upper ~ m() + 'c' }}{{ m().upper() }}",
    "{% macro m() %}\n  a\n{% endmacro %}[{{ m() }}]", "{{ m() }}{% macro m() %}a{% endmacro %}",
    "{% macro m() %}{{ caller() }}{% endmacro %}{% call m() %}body {{ x }}{% endcall %}",
    "{% macro m() %}{{ caller(1, 2) }}{% endmacro %}{% call(a, b) m() %}{{ a }}+{{ b }}{% endcall %}",
    "{% macro m() %}a{% endmacro %}{% call m() %}b{% endcall %}",
    "{% macro m() %}{{ caller() }}{% endmacro %}{{ m() }}",
    "{% macro m() %}{% if caller %}c{% else %}n{% endif %}{% endmacro %}{{ m() }}{% call m() %}{% endcall %}",
    "{% call x %}{% endcall %}", "{% macro m(a, a2=[]) %}{{ a2 }}{% endmacro %}{{ m(1) }}",
    "{% macro m %}{% endmacro %}", "{% macro m() %}",
    "{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}B{% endmacro %}{{ a() }}",
    "{% macro m(v) %}{% for i in v %}{{ i }}{% if i is iterable and i is not string %}{{ m(i) }}{% endif %}{% "
    "endfor %}{% endmacro %}{{ m([1, [2, [3]]]) }}",
    "{% macro m(x) %}{{ x }}{% endmacro %}{{ m(x=1) }}{{ x }}",
    "{% for i in l %}{% macro m() %}{{ i }}{% endmacro %}{{ m() }}{% endfor %}",
    "{% macro m() %}{% endmacro %}{{ m is callable }}{{ m.name }}",
    "{% if t %}{% macro m() %}in{% endmacro %}{% endif %}{{ m() }}",
    "{% macro m(a) %}{{ a is defined }}{% endmacro %}{{ m() }}{{ m(none) }}{{ m(q) }}",
    "{% macro m(a=3) %}{{ a }}{% endmacro %}{{ m(q) }}", "{% macro m() %}{{ m2 is defined }}{% endmacro %}{{ m() }}",
    "{% set c = cycler('a', 'b') %}{{ c.next() }}{{ c.next() }}{{ c.next() }}{{ c.current }}{{ c.reset() }}{{ "
    "c.current }}",
    "{% set j = joiner('|') %}{% for a in l %}{{ j() }}{{ a }}{% endfor %}",
    # groupby
    "{% for g in people|groupby('age') %}{{ g.grouper }}:{{ g.list|length }};{% endfor %}",
    "{% for k, v in people|groupby('name') %}{{ k }}{{ v|length }}{% endfor %}",
    "{% for k, v in people|groupby('name', case_sensitive=true) %}{{ k }}{{ v|length }}{% endfor %}",
    # Refused by name.
    "{% include 'a' %}", "{% import 'a' as b %}", "{% extends 'a' %}", "{% from 'a' import b %}",
    "{{ html|striptags|foo }}", "{% block a %}x",
    # Errors in running.
    "{{ raise_exception('Stop: ' ~ s) }}",
    "a{% for i in l %}{{ i }}{% if i == 1 %}{{ raise_exception('at ' ~ loop.index) }}{% endif %}{% endfor %}",
    "{% if messages is not defined %}{{ raise_exception('none') }}{% endif %}", "{{ d.b.c.e }}", "{{ [].pop() }}",
    "{{ people[0].city.n }}{{ people[2].city.n }}", "{{ people[0]['city']['n'][0] }}", "{{ 'a' in q }}",
    "{{ q in 'a' }}", "{{ q in l }}", "{{ q < 1 }}", "{{ -q }}", "{{ q[0] }}", "{{ l[q] }}", "{{ s[q:] }}",
    "{{ q|list }}{{ q|upper }}{{ q|trim }}{{ q|replace('a', 'b') }}{{ q|first }}{{ q|sort }}{{ q|unique|list }"
    "}{{ q|map('upper')|list }}{{ q|selectattr('a')|list }}",
    "{{ (l|first).a }}", "{{ l|first.a }}", "{{ (x, y)[0] }}", "{{ x if x else raise_exception('q') }}",
    "{{ 'a'|upper()|lower }}", "{{ {'a': 1}['a'] + {'b': 2}.b }}", "{{ {q: 1} }}", "{{ {[1]: 1} }}", "{{ d[[1]] }}",
    "{{ [1] in d }}", "{{ d == {'b': 1, 'a': [1, 2], 'items': 'own'} }}", "{{ d != d }}", "{{ 1 in range(3) }}",
    "{{ 1 in d.values() }}", "{{ d.keys()|list }}{{ d.values()|list|length }}{{ d.items()|length }}",
    "{{ d.keys()[0] }}", "{{ (d.items()|list)[0][1] }}",
]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--templates", type=pathlib.Path, default=FIXTURES / "templates")
    parser.add_argument("--out", type=pathlib.Path, default=FIXTURES)
    parser.add_argument("--conversations", type=int, default=170, help="how many with plain contents")
    arguments = parser.parse_args()
    env = environment()

    def write(name, what):
        with open(arguments.out / name, "w", encoding="utf-8", newline="\n") as file:
            json.dump(what, file, ensure_ascii=False, separators=(",", ":"))
            file.write("\n")

    # The last third has contents of parts, which only some templates can read.
    plain = arguments.conversations
    total = plain + plain // 2
    conversations = [conversation(random.Random(seed), parts=seed >= plain) for seed in range(total)]
    renderings, samples, counts = {}, [], [0, 0, 0]
    for number, path in enumerate(sorted(arguments.templates.glob("*.jinja"))):
        with open(path, encoding="utf-8", newline="") as file: template = env.from_string(file.read())
        digests = []
        for index, variables in enumerate(conversations):
            if index >= plain + 10 and not PARTS.search(path.stem):
                break
            result = render(template, variables)
            if isinstance(result, str):
                digests.append(digest(result))
                counts[0] += 1
            elif isinstance(result, Raised):
                digests.append("R" + digest(result.message))
                counts[1] += 1
            else:
                digests.append("E")
                counts[2] += 1
            if index == number and isinstance(result, str):
                samples.append({"template": path.stem, "conversation": index, "text": result})
        renderings[path.stem] = digests
    write("conversations.json", conversations)
    write("renderings.json", renderings)
    write("samples.json", samples)

    small = []
    for source in dict.fromkeys(cases()):
        try:
            result = render(env.from_string(source), VARIABLES)
        except Exception as error:
            result = error
        objects = (" object at 0x", "<generator", "<function", "<built-in")
        if isinstance(result, str) and any(part in result for part in objects):
            continue  # addresses differ from run to run
        small.append([source, result if isinstance(result, str) else None])
    write("cases.json", {"variables": VARIABLES, "cases": small})
    print(f"{counts[0]} texts, {counts[1]} refusals, {counts[2]} failures; {len(samples)} samples; {len(small)} cases, "
          f"{sum(case[1] is None for case in small)} of them failures")


main()
