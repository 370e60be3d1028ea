"""What `compare` runs in its environment: starts every program, checks their answers, measures them in rounds."""
import argparse
import signal
import sys
from pathlib import Path
from statistics import median

import machine
import options as flags
from answers import agreements
from checkpoint import Checkpoint
from engine import Peer
from environment import say
from ours import Ours
from rounds import Rounds
from quantised import form
from sessions import Sessions
from table import Part, Report
from turns import Turns, random_ids


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))         # so that every program is stopped
    options = flags.parse(None)
    work = Path(options.work)
    if machine.is_busy():
        say("this machine is busy with something else; the figures will not be worth much")
    report = Report({"machine": f"{machine.describe()}, {options.threads} threads, medians of {options.runs}"}, [])
    for folder in options.models:
        original = Checkpoint(folder)
        for kind in options.weights:
            add(report, form(original, kind, options, work), options, work, with_tokenizers=kind == options.weights[0])
    print("\n".join(report.lines_of_json() if options.json else report.lines()))


def add(report: Report, checkpoint: Checkpoint, options: argparse.Namespace, work: Path, with_tokenizers: bool) -> None:
    """Compares the programs on one checkpoint."""
    ours = [Ours(name, variant, checkpoint, options, work) for name, variant in options.ours]
    names = [name for name in options.peers if name != "tokenizers"]
    if checkpoint.weights != "bf16" and "transformers" in names:
        say(f"transformers is compared in bf16 alone: it cannot read {checkpoint.weights} weights as they are")
        names.remove("transformers")
    peers = [program for name in names for program in programs(name, checkpoint, options, work)]
    try:
        part = compare(ours, peers, checkpoint, options, report.about, with_tokenizers)
    finally:
        for engine in [*ours, *peers]:
            engine.child.stop()
    report.parts.append(part)
    report.about |= {engine.name: engine.about for engine in [*ours, *peers]}


def programs(name: str, checkpoint: Checkpoint, options: argparse.Namespace, work: Path) -> list[Peer]:
    """Loads a peer's module only if that peer is asked for: its packages may not be there."""
    if name == "transformers":
        from transformers_peer import Transformers
        return [Transformers(checkpoint, options, work)]
    from llama import Llama
    if not options.llama_threads:
        return [Llama(name, options.threads, name, checkpoint, options, work)]
    return [Llama(name, threads, f"{name}@{threads}", checkpoint, options, work) for threads in options.llama_threads]


def compare(
    ours: list[Ours], peers: list[Peer], checkpoint: Checkpoint, options: argparse.Namespace, about: dict[str, str], with_tokenizers: bool
) -> Part:
    copies = len(peers) + 1                                         # all of ours map the same files
    all_stay = machine.holds(copies, checkpoint.bytes)
    if not all_stay:
        say(f"memory does not hold the weights {copies} times: only one program is loaded at a time")
    turns = Turns(all_stay, random_ids(0, options.prefill, checkpoint.text_ids))
    if options.sessions:
        found, rows = Sessions(ours, peers, options).run(checkpoint, turns)
        return Part(checkpoint.title, checkpoint.weights, {engine.name: engine.bytes_per_token for engine in [*ours, *peers]}, found, rows)
    found, rows = agreements(ours, peers, checkpoint, turns, options), []
    if peers:
        rounds = Rounds(ours, peers, options)
        rows += rounds.run(checkpoint, turns)
        others = f"{median(rounds.others):.2f} cores during the median run, {max(rounds.others):.2f} during the worst"
        about[f"others took, {checkpoint.title}, {checkpoint.weights}"] = others
    if with_tokenizers and "tokenizers" in options.peers:
        import tokenizer_speed
        rows += tokenizer_speed.compare(ours, checkpoint, turns, options)
    return Part(checkpoint.title, checkpoint.weights, {engine.name: engine.bytes_per_token for engine in [*ours, *peers]}, found, rows)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
    except (RuntimeError, ValueError, OSError) as error:
        sys.exit(f"compare: {error}")
