"""Writes Shared/Tokenizer/Encoding/CanonicalDecompositions.swift: the pairs that normalization form C joins and takes apart.

Hugging Face's tokenizers normalize by Unicode 9; Python knows a later version, in which one such scalar was added (U+11938)."""
import os
import textwrap
import unicodedata

entries = []
for value in range(0x110000):
    parts = unicodedata.decomposition(chr(value)).split()
    if not parts or parts[0].startswith("<") or value == 0x11938: continue
    joins = len(parts) == 2 and unicodedata.normalize("NFC", chr(value)) == chr(value)
    entries.append(f"{value:X}=" + ("+" if joins else "-").join(f"{int(part, 16):X}" for part in parts))

lines = "\n".join("    " + line for line in textwrap.wrap(" ".join(entries), 130, break_on_hyphens=False))
path = os.path.join(os.path.dirname(__file__), "../../../Shared/Tokenizer/Encoding/CanonicalDecompositions.swift")
with open(path, "w") as file:
    file.write(f'''// Made by Tests/Reference/tokenizer/make_decompositions.py from the Unicode Character Database.

/// Every scalar with a canonical decomposition: `C=A+B` is joined and taken apart, `C=A-B` and `C=A` are only taken apart.
let canonicalDecompositions = """
{lines}
    """
''')
