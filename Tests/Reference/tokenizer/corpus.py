"""Texts that are hard on a tokenizer, the same for the same seed: many scripts, emoji, marks, code, digits, whitespace, special tokens."""
import random

SCRIPTS = [(0x20, 0x7E), (0xA1, 0xFF), (0x100, 0x24F), (0x370, 0x3FF), (0x400, 0x4FF), (0x531, 0x587), (0x5D0, 0x5EA), (0x620, 0x64A),
           (0x660, 0x669), (0x904, 0x939), (0x93E, 0x94D), (0x966, 0x96F), (0xE01, 0xE3A), (0x10A0, 0x10FF), (0x1100, 0x11FF), (0x13A0, 0x13FF),
           (0x1780, 0x17B3), (0x1E00, 0x1FFF), (0x2010, 0x205E), (0x2070, 0x209C), (0x20A0, 0x20C0), (0x2100, 0x218B), (0x2190, 0x22FF),
           (0x2460, 0x24FF), (0x3041, 0x30FF), (0x3400, 0x34FF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0xFB00, 0xFB4F), (0xFF01, 0xFFEE),
           (0x10330, 0x1034A), (0x10400, 0x1044F), (0x1D400, 0x1D7FF), (0x1F300, 0x1F64F), (0x1F680, 0x1F6FF), (0x20000, 0x200FF), (0xE0020, 0xE007F)]
MARKS = [chr(c) for c in [0x300, 0x301, 0x302, 0x303, 0x308, 0x30A, 0x323, 0x327, 0x328, 0x345, 0x5B4, 0x64B, 0x93C, 0x3099, 0x309A, 0x20D0, 0x1D165]]
SPACES = ["\t", "\n", "\r", "\r\n", " ", "  ", "   ", "\n\n", " \n", "\n ", "\x0b", "\x0c", "\x85", "\u00a0", "\u2003", "\u2028", "\u3000", "\ufeff", "\u200b", "\x00", "\x7f"]
EMOJI = ["😀", "👩‍👩‍👧‍👦", "🏳️‍🌈", "👍🏽", "🇩🇪🇫🇷", "❤️", "1️⃣", "🧑🏿‍🚀", "☃", "🫠"]
WORDS = """the of and a to in he have it that for they with as not on she at by this we you do but from or which one would all will there say who make when can more if no man out other so what time up go about than into could state only new year some take come these know see use get like then first any work now may such give over think most even find day also after way many must look before great back through long where much should well people down own just because good each those feel seem how high too place little world very still nation hand old life tell write become here show house both between need mean call develop under last right move thing general school never same another begin while number part turn real leave might want point form off child few small since against ask late home interest large person end open public follow during present without again hold govern around possible head consider word program problem however lead system set order eye plan run keep face fact group play stand increase early course change help line straße façade naïve Ωmega Привет мир שלום مرحبا नमस्ते สวัสดี 你好世界 こんにちは 안녕하세요 ﬁnance ǅungla ŉ ſtrange Å Å é é HTTPServer camelCase snake_case XMLHttpRequest iPhone eBay McDonald's don't we'll I'VE you'RE they'd it'ſ 'S 'tis rock'n'roll O'Neil""".split()
CODE = ["for (int i = 0; i < n; ++i) {\n    sum += a[i] * b[i];\n}\n", "def f(x):\n\treturn x ** 2  # comment\n", "let s = \"\\u{1F600}\";", "<div class=\"a\">&nbsp;</div>",
        "SELECT * FROM t WHERE a != 'b';\n", "https://example.org/a/b?c=d&e=f#g", "x->y::z<T&&>(...)", "#!/bin/sh\r\nset -eu\r\n", "//////// ---- ==== ....\n\n\n", "{\"a\":[1,2.5e-3,null]}", "$$\\frac{a}{b}$$"]
NUMBERS = ["0", "7", "42", "1234", "1234567890", "3.14159", "1,000,000", "0xDEADBEEF", "²³", "½", "Ⅷ", "①", "٣٤٥", "१२३", "1e10", "2024-11-21"]


class Texts:
    """Draws texts; `tokens` are contents of added tokens to mix in."""

    def __init__(self, seed, tokens=()):
        self.random = random.Random(seed)
        self.tokens = list(tokens)

    def scalars(self):
        low, high = self.random.choice(SCRIPTS)
        return "".join(chr(self.random.randint(low, high)) for _ in range(self.random.randint(1, 8)))

    def anything(self):
        value = self.random.randrange(0x110000 - 0x800)
        return chr(value if value < 0xD800 else value + 0x800)

    def piece(self):
        r = self.random
        kind = r.randrange(20)
        if kind < 7: return r.choice(WORDS) if r.random() < 0.8 else r.choice(WORDS).upper()
        if kind < 9: return self.scalars()
        if kind < 12: return "".join(r.choice(SPACES) for _ in range(r.randint(1, 4)))
        if kind == 12: return r.choice(EMOJI)
        if kind == 13: return r.choice(CODE)
        if kind == 14: return r.choice(NUMBERS)
        if kind == 15: return r.choice("aeiounACEghoΑω가か") + "".join(r.choice(MARKS) for _ in range(r.randint(1, 3)))
        if kind == 16 and self.tokens: return r.choice(self.tokens)
        if kind == 17: return r.choice("'\"!?.,;:-_()[]{}/\\|@#%&*+=~`^<>$") * r.randint(1, 5)
        if kind == 18: return self.anything()
        return r.choice(["\ufffd", "a" * r.randint(1, 40), " " * r.randint(1, 30), "ab" * r.randint(1, 20), "\n" * r.randint(1, 5), "'s", "'LL"])

    def text(self, pieces_max=24):
        parts = []
        for _ in range(self.random.randint(0, pieces_max)):
            parts.append(self.piece())
            if self.random.random() < 0.5: parts.append(" ")
        return "".join(parts)

    def prose(self, size):
        """About `size` bytes of mostly ordinary text with some of everything, for timing."""
        r, parts, length = self.random, [], 0
        while length < size:
            line = []
            for _ in range(r.randint(3, 16)):
                line.append(r.choice(WORDS[:150]) if r.random() < 0.85 else "".join(r.choice("abcdefghiklmnoprstuvwy") for _ in range(r.randint(2, 10))) if r.random() < 0.5 else self.piece())
            parts.append(" ".join(line) + r.choice([". ", ", ", "\n", "\n\n", "; "]))
            length += len(parts[-1].encode())
        return "".join(parts)
