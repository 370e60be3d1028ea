"""Decode and prefill in rounds, one run of everyone in each, so that noise hits all alike."""
import argparse
from collections import defaultdict

from checkpoint import Checkpoint
from engine import Engine, Peer
from environment import say
from machine import Watch
from ours import Ours
from table import Row
from turns import Turns, random_ids


class Rounds:
    def __init__(self, ours: list[Ours], peers: list[Peer], options: argparse.Namespace):
        self._ours, self._peers, self._options = ours, peers, options
        self._decode, self._prefill = f"decode after {options.context}", f"prefill of {options.prefill}"
        self._rates: dict[tuple[str, str], list[float]] = defaultdict(list)     # (quantity, program): tokens/s of each run
        self.others: list[float] = []                                           # cores that strangers took, of each run

    def run(self, checkpoint: Checkpoint, turns: Turns) -> list[Row]:
        """The prompts of a round are the same for all."""
        options, ids = self._options, checkpoint.text_ids
        for number in range(1, options.runs + 1):
            short, long = random_ids(2 * number, options.context, ids), random_ids(2 * number + 1, options.prefill, ids)
            for engine in [*self._ours, *self._peers]:
                with turns.of(engine):
                    say(f"round {number} of {options.runs}: {engine.name}: {self._measure(engine, short, long)}")
        return [
            Row(quantity, ours.name, peer.name, "tokens/s", self._rates[quantity, ours.name], self._rates[quantity, peer.name])
            for ours in self._ours for peer in self._peers for quantity in (self._decode, self._prefill)]

    def _measure(self, engine: Engine, short: list[int], long: list[int]) -> str:
        watch = Watch()
        decode = engine.decode_rate(short, self._options.generate)
        prefill = len(long) / engine.prefill_seconds(long)
        self.others.append(watch.others())
        self._rates[self._decode, engine.name].append(decode)
        self._rates[self._prefill, engine.name].append(prefill)
        return f"{self._decode} {decode:.1f} tokens/s, {self._prefill} {prefill:.1f} tokens/s, others took {self.others[-1]:.2f} cores"
