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
from table import Report
from turns import Turns, random_ids


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))         # so that every program is stopped
    options = flags.parse(None)
    work, checkpoint = Path(options.work), Checkpoint(options.model)
    ours = [Ours(name, variant, options, work) for name, variant in options.ours]
    peers = [peer(name, checkpoint, options, work) for name in options.peers if name != "tokenizers"]
    try:
        report = compare(ours, peers, checkpoint, options)
    finally:
        for engine in [*ours, *peers]:
            engine.child.stop()
    print("\n".join(report.lines_of_json() if options.json else report.lines()))


def peer(name: str, checkpoint: Checkpoint, options: argparse.Namespace, work: Path) -> Peer:
    """Loads a peer's module only if that peer is asked for: its packages may not be there."""
    if name == "transformers":
        from transformers_peer import Transformers
        return Transformers(checkpoint, options, work)
    from llama import Llama
    return Llama(name, checkpoint, options, work)


def compare(ours: list[Ours], peers: list[Peer], checkpoint: Checkpoint, options: argparse.Namespace) -> Report:
    if machine.is_busy():
        say("this machine is busy with something else; the figures will not be worth much")
    about = {
        "checkpoint": f"{checkpoint.folder}, {checkpoint.bytes / 1e9:.2f} GB in bf16",
        "machine": f"{machine.describe()}, {options.threads} threads, medians of {options.runs}"}
    copies = len(peers) + 1                                         # all of ours map the same files
    all_stay = machine.holds(copies, checkpoint.bytes)
    if not all_stay:
        say(f"memory does not hold the weights {copies} times: only one program is loaded at a time")
    turns = Turns(all_stay, random_ids(0, options.prefill, checkpoint.text_ids))
    found, rows = agreements(ours, peers, checkpoint, turns, options), []
    if peers:
        rounds = Rounds(ours, peers, options)
        rows += rounds.run(checkpoint, turns)
        about["others took"] = f"{median(rounds.others):.2f} cores during the median run, {max(rounds.others):.2f} during the worst"
    if "tokenizers" in options.peers:
        import tokenizer_speed
        rows += tokenizer_speed.compare(ours, turns, options)
    return Report(about | {engine.name: engine.about for engine in [*ours, *peers]}, rows, found)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
    except (RuntimeError, ValueError, OSError) as error:
        sys.exit(f"compare: {error}")
