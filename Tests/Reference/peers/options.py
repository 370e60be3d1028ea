"""The flags, for the script that makes the environment and for the program that runs in it."""
import argparse
import os
import re
import shlex
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
DEMO = REPOSITORY / "compose/models/demo"
WEIGHTS = ("bf16", "int8", "int4")
PEERS = ("llama.cpp", "llama.cpp-native", "transformers", "tokenizers")


def parse(text: str | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, help="folder of the checkpoint")
    parser.add_argument("--demo", action="store_true", help="compare on the demo model in this repository, too or alone")
    parser.add_argument("--weights", type=weights, default="bf16", metavar="KIND,KIND,…",
                        help=f"what the weights are, of {', '.join(WEIGHTS)} (default: %(default)s)")
    parser.add_argument("--peers", type=peers, default="llama.cpp,transformers,tokenizers", help=f"of {', '.join(PEERS)} (default: %(default)s)")
    parser.add_argument("--ours", type=variant, action="append", metavar="NAME=FLAGS",
                        help="a name for ours and flags for `minimax up`; can be given again, for ours in several ways")
    parser.add_argument("--minimax", type=Path, default=REPOSITORY / ".build/release/minimax",
                        help="the program (default: of this repository's release build)")
    parser.add_argument("--expert-hosts", type=positive, default=2, help="expert hosts of ours (default: %(default)s)")
    parser.add_argument("--threads", type=positive, default=len(os.sched_getaffinity(0)),
                        help="compute threads of each program (default: the cores, %(default)s)")
    parser.add_argument("--llama-threads", type=counts, metavar="T,T,…",
                        help="compute threads of llama.cpp instead; with several numbers each is a program of its own, NAME@T")
    parser.add_argument("--no-repack", action="store_true",
                        help="llama.cpp leaves int8 and int4 weights as the file has them, slower: with --batch it ends otherwise "
                        "(GGML_ASSERT(ne13 == 1) failed)")
    parser.add_argument("--context", type=positive, default=512, help="tokens of the prompt before decode is timed (default: %(default)s)")
    parser.add_argument("--generate", type=at_least_two, default=64, help="tokens that decode generates (default: %(default)s)")
    parser.add_argument("--batch", type=counts, default=[], metavar="B,B,…",
                        help="decode is also timed with so many streams at once, by the programs that are servers")
    parser.add_argument("--prefill", type=positive, default=4096, help="tokens of the prompt of prefill (default: %(default)s)")
    parser.add_argument("--sessions", action="store_true", help="measure turns of chats instead, and what is left of them after a restart")
    parser.add_argument("--document", type=positive, default=16384, help="tokens of the chats' document (default: %(default)s)")
    parser.add_argument("--runs", type=positive, default=5, help="rounds; figures are medians of them (default: %(default)s)")
    parser.add_argument("--text-megabytes", type=positive, default=4, help="size of the text for the tokenizers (default: %(default)s)")
    parser.add_argument("--answer-prompt", default="Once upon a time there was a little girl who lived", help="what the answers are compared on")
    parser.add_argument("--answer-ids", type=positive, default=32, help="ids of an answer that are compared (default: %(default)s)")
    parser.add_argument("--ubatch", type=positive, default=512, help="prompt tokens llama.cpp takes at a time (default: its own, %(default)s)")
    parser.add_argument("--torch", help="what to ask pip for (default: its newest build for CPUs alone, if it finds one, or torch)")
    parser.add_argument("--work", help="folder for the environment, converted weights and logs, kept for the next time")
    parser.add_argument("--json", action="store_true", help="print one JSON object a line instead of the table")
    chosen = parser.parse_args()
    if chosen.sessions:
        chosen.peers = [name for name in chosen.peers if name.startswith("llama.cpp")]      # the others keep nothing
        chosen.batch = []
    chosen.ours = chosen.ours or [("ours", [])]
    if len({name for name, _ in chosen.ours}) < len(chosen.ours):
        parser.error("each --ours needs a name of its own")
    chosen.models = ([chosen.model] if chosen.model else []) + ([DEMO] if chosen.demo else [])
    if not chosen.models:
        parser.error("--model FOLDER or --demo is needed")
    for model in chosen.models:
        if not (model / "config.json").exists():
            parser.error(f"{model} is no checkpoint: it has no config.json")
        if chosen.batch and not (model / "tokenizer.json").exists():
            parser.error(f"{model} has no tokenizer.json, which --batch needs for answers that are text")
    if not chosen.minimax.exists():
        parser.error(f"no program at {chosen.minimax}; build it with: swift build -c release")
    return chosen


def peers(text: str) -> list[str]:
    return some_of(PEERS, text)


def weights(text: str) -> list[str]:
    return some_of(WEIGHTS, text)


def some_of(known, text: str) -> list[str]:
    names = text.split(",")
    for name in names:
        if name not in known:
            raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(known)}")
    return names


def counts(text: str) -> list[int]:
    return [positive(number) for number in text.split(",")]


def variant(text: str) -> tuple[str, list[str]]:
    name, found, flags = text.partition("=")
    if not re.fullmatch(r"[\w.-]+", name) or not found or name in PEERS:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form NAME=FLAGS, with a name of letters and digits that is no peer's")
    return name, shlex.split(flags)


def positive(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1, found {text!r}")
    return int(text)


def at_least_two(text: str) -> int:
    if positive(text) < 2:
        raise argparse.ArgumentTypeError("expected at least 2, the first and the last")
    return int(text)
