"""Times Hugging Face `tokenizers` on one thread beside another program: python3 compare_speed.py [--model DIR] -- COMMAND...

COMMAND is called as `COMMAND... DIR FILE`, with the folder of a tokenizer.json and a UTF-8 text; it encodes the text a few times and
prints one line for each time, `<number of ids> <seconds>`, reading files and starting up not counted."""
import os

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["RAYON_NUM_THREADS"] = "1"
import argparse
import subprocess
import tempfile
import time
from tokenizers import Tokenizer
from corpus import Texts

parser = argparse.ArgumentParser()
parser.add_argument("--model", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../compose/models/demo"))
parser.add_argument("command", nargs="+")
arguments = parser.parse_args()
tokenizer = Tokenizer.from_file(os.path.join(arguments.model, "tokenizer.json"))
ours_by_size = {}
for megabytes in (1, 4):
    text = Texts(7).prose(megabytes * 1_000_000)
    theirs = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        count = len(tokenizer.encode(text, add_special_tokens=False).ids)
        theirs = min(theirs, time.perf_counter() - start)
    with tempfile.NamedTemporaryFile("w", suffix=".txt", newline="", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        lines = subprocess.run([*arguments.command, arguments.model, file.name], check=True, capture_output=True, text=True).stdout.splitlines()
    assert all(int(line.split()[0]) == count for line in lines), f"other ids: {lines}, {count} expected"
    ours = ours_by_size[megabytes] = min(float(line.split()[1]) for line in lines)
    size = len(text.encode()) / 1e6
    print(f"{size:.2f} MB, {count} ids: tokenizers {size / theirs:.2f} MB/s, command {size / ours:.2f} MB/s, {theirs / ours:.1f} times as fast")
print(f"4 MB takes {ours_by_size[4] / ours_by_size[1]:.2f} times as long as 1 MB")
