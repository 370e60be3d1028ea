"""Text to ids: Hugging Face's tokenizers on one thread beside ours through REST."""
import argparse
import os
import sys
import time
from pathlib import Path

os.environ["TOKENIZERS_PARALLELISM"] = "false"                      # read when tokenizers is loaded
os.environ["RAYON_NUM_THREADS"] = "1"
import tokenizers  # noqa: E402

from checkpoint import Checkpoint  # noqa: E402
from ours import Ours  # noqa: E402
from table import Row  # noqa: E402
from turns import Turns  # noqa: E402

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tokenizer"))
from corpus import Texts  # noqa: E402


def compare(ours: list[Ours], checkpoint: Checkpoint, turns: Turns, options: argparse.Namespace) -> list[Row]:
    """One row for each of ours. The texts of the runs differ, so that no program can know one already."""
    tokenizer = tokenizers.Tokenizer.from_file(str(checkpoint.folder / "tokenizer.json"))
    theirs, mine = [], {engine.name: [] for engine in ours}
    for run in range(options.runs):
        text = Texts(run).prose(options.text_megabytes * 1_000_000)
        megabytes = len(text.encode()) / 1e6
        begin = time.perf_counter()
        count = len(tokenizer.encode(text, add_special_tokens=False).ids)
        theirs.append(megabytes / (time.perf_counter() - begin))
        for engine in ours:
            with turns.of(engine):
                counted, seconds = engine.encode(text, count)
            if counted != count:
                raise RuntimeError(f"{engine.name} finds {counted} ids in a text in which tokenizers finds {count}")
            mine[engine.name].append(megabytes / seconds)
    name = f"text to ids, {options.text_megabytes} MB"
    return [Row(name, engine.name, "tokenizers", "MB/s", mine[engine.name], theirs) for engine in ours]
