"""Writes Tests/TokenizerTests/Fixtures with Hugging Face `tokenizers` (0.23.3 made the committed ones): run without arguments."""
import json
import os
import random
import unicodedata
from tokenizers import Tokenizer
from corpus import Texts
from recipes import PRE_TOKENIZERS, RECIPES, added_contents, with_pre_tokenizer

HERE = os.path.dirname(os.path.abspath(__file__))
FIXTURES = os.path.join(HERE, "../../TokenizerTests/Fixtures")
DEMO = os.path.join(HERE, "../../../compose/models/demo/tokenizer.json")


def digest(ids, state=0xCBF29CE484222325):
    """FNV-1a over the ids as little-endian 32-bit numbers."""
    for value in ids:
        for byte in value.to_bytes(4, "little"): state = (state ^ byte) * 0x100000001B3 % 2**64
    return state


def summary(tokenizer, text):
    ids = tokenizer.encode(text, add_special_tokens=False).ids
    return f"{len(ids)}:{digest(ids):016x}"


def plain(tokenizer):
    """The same tokenizer, to which special tokens are text."""
    result = Tokenizer.from_str(tokenizer.to_str())
    result.encode_special_tokens = True
    return result


def write(name, value):
    with open(os.path.join(FIXTURES, name), "w") as file: json.dump(value, file, ensure_ascii=False, separators=(",", ":"))


def corpus(tokenizers):
    contents = sorted({content for tokenizer in tokenizers.values() for content in added_contents(tokenizer)})
    texts = Texts(2024, contents)
    result = ["", " ", "\n", "a", "\ufffd", "\r\n\r\n  x", "  <mask>  <mas k><mask>", "word words sword word.word _word word", "don't DON'T it'ſ"]
    result += [texts.text() for _ in range(180)] + [texts.prose(300) for _ in range(20)]
    # Marks in any order and Hangul in parts, for normalization.
    r = random.Random(7)
    known = [chr(c) for c in range(0x20, 0x30000) if unicodedata.category(chr(c)) not in ("Cn", "Co", "Cs")]
    marks = [c for c in known if unicodedata.combining(c)]
    for _ in range(40):
        parts = ["".join([r.choice(known)] + [r.choice(marks) for _ in range(r.randint(1, 5))]) for _ in range(8)]
        parts += [unicodedata.normalize("NFD", r.choice(known)) for _ in range(8)]
        parts += ["".join([chr(0x1100 + r.randrange(30)), chr(0x1161 + r.randrange(30)), chr(0x11A7 + r.randrange(30))]) for _ in range(3)]
        result.append("".join(parts))
    return result


def decodings(tokenizer, seed):
    r, count = random.Random(seed), tokenizer.get_vocab_size()
    result = []
    for _ in range(60):
        ids = [r.randrange(count + 3) if r.random() < 0.4 else r.randrange(256) for _ in range(r.randrange(24))]
        result.append({"ids": ids, "all": tokenizer.decode(ids, skip_special_tokens=False), "plain": tokenizer.decode(ids)})
    return result


def every_scalar(tokenizer):
    """One digest for each 4096 scalars below U+20000, each scalar among letters, digits and itself."""
    result = []
    for start in range(0, 0x20000, 0x1000):
        state = 0xCBF29CE484222325
        for scalar in range(start, start + 0x1000):
            if not 0xD800 <= scalar < 0xE000: state = digest(tokenizer.encode("x%c1%c%c" % ((chr(scalar),) * 3)).ids, state)
        result.append(f"{state:016x}")
    return result


os.makedirs(FIXTURES, exist_ok=True)
made = {name: recipe() for name, recipe in RECIPES.items()}
for name, tokenizer in made.items():
    with open(os.path.join(FIXTURES, f"{name}.json"), "w") as file: file.write(tokenizer.to_str())
tokenizers = {**made, "demo": Tokenizer.from_file(DEMO)}
texts = corpus(tokenizers)
write("corpus.json", texts)
write("expected.json", [{
    "tokenizer": name,
    "encodings": [summary(tokenizer, text) for text in texts],
    "contents": [summary(plain(tokenizer), text) for text in texts],
    "samples": [{"text": text, "ids": tokenizer.encode(text, add_special_tokens=False).ids} for text in texts[:40] if len(text) < 60],
    "decodings": decodings(tokenizer, 99),
    "scalars": every_scalar(tokenizer) if name in ("o200k", "digits-nfc") else [],
} for name, tokenizer in tokenizers.items()])
write("pre-tokenizers.json", [{
    "name": name,
    "section": json.loads(with_pre_tokenizer(made["o200k"], pre_tokenizer).to_str())["pre_tokenizer"],
    "encodings": [summary(with_pre_tokenizer(made["o200k"], pre_tokenizer), text) for text in texts[:120]],
} for name, pre_tokenizer in PRE_TOKENIZERS.items()])
print({name: os.path.getsize(os.path.join(FIXTURES, name)) for name in sorted(os.listdir(FIXTURES))})
