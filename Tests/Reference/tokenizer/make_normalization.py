"""Writes Tests/TokenizerTests/Fixtures/normalization.json: texts and their form C by Python's unicodedata.

Only scalars that Unicode 9 knows are used: their form C is the same in every later version, whichever Python has.
Run without arguments."""
import json
import os
import random
import unicodedata

# Marks of scripts that are older than Unicode 9.
BLOCKS = [
    (0x300, 0x370), (0x483, 0x488), (0x591, 0x5C8), (0x64B, 0x660), (0x6D6, 0x6EE), (0x730, 0x74B), (0x93C, 0x955),
    (0x9BC, 0x9CE), (0xA3C, 0xA4E), (0xB3C, 0xB4E), (0xC4D, 0xC57), (0xCBC, 0xCCE), (0xD4D, 0xD4E), (0xDCA, 0xDCB),
    (0xE38, 0xE4C), (0xEB8, 0xECC), (0xF18, 0xF88), (0x1037, 0x103B), (0x17D2, 0x17D3), (0x20D0, 0x20F1),
    (0x302A, 0x3030), (0x3099, 0x309B), (0xFB1E, 0xFB1F), (0x1D165, 0x1D16A), (0x1D16D, 0x1D173)]
LATER = [0xEBA, 0x11938]
EXAMPLES = [
    "D\u0307\u0323", "\u1E0A\u0323", "a\u0315\u0300\u05AE\u0300b", "\u0B47\u0300\u0B3E", "\u1100\u0300\u1161",
    "\uAC01\u11A8", "\uAC00\u11A7", "\u1112\u1176", "\u1113\u1161", "\u0344\u0345", "\u2126\u212A\u212B",
    "\u1E9B\u0323", "q\u0307\u0323", "\u03B9\u0308\u0301", "\U0001D15F\U0001D165", "\U00011099\U000110BA"]


def known(values):
    return [chr(value) for value in values if value not in LATER]


def hangul(r):
    """One of the parts of syllables, their neighbours, a syllable, or one without a last part."""
    return chr(r.choice([
        0x1100 + r.randrange(20), 0x1161 + r.randrange(22), 0x11A7 + r.randrange(29), 0xAC00 + r.randrange(11172),
        0xAC00 + 28 * r.randrange(399)]))


def texts(r):
    whole = [char for char in known(range(0x110000)) if unicodedata.decomposition(char)[:1] not in ("", "<")]
    marks = [char for low, high in BLOCKS for char in known(range(low, high)) if unicodedata.combining(char)]
    # Most letters join with nothing, and most marks neither; these do, and so they block each other.
    joining, common = "aeiouAEIOUyncsdÂâÊôơưϊΩЕ", [chr(value) for value in range(0x300, 0x346)]
    for start in range(0, len(whole), 60):
        yield "whole", "".join(whole[start:start + 60])
        yield "apart", unicodedata.normalize("NFD", "".join(whole[start:start + 60]))
    for _ in range(60):
        text = ""
        for _ in range(12):
            text += r.choice(r.choice([whole, joining]))
            for _ in range(r.randint(0, 5)): text += r.choice(r.choice([marks, common, common]))
        yield "marks", text
    for _ in range(20): yield "hangul", "".join(hangul(r) for _ in range(24))
    for text in EXAMPLES: yield "standard", text


samples = [
    {"what": what, "text": text, "normal": unicodedata.normalize("NFC", text)}
    for what, text in texts(random.Random(9))]
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../TokenizerTests/Fixtures/normalization.json")
with open(path, "w") as file: json.dump(samples, file, ensure_ascii=True, separators=(",", ":"))
