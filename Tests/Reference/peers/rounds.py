"""Decode and prefill in rounds, one run of everyone in each, so that noise hits all alike."""
import argparse
import random
from collections import defaultdict

from checkpoint import Checkpoint
from engine import Engine, Peer, ServerEngine
from environment import say
from machine import Watch
from ours import Ours
from parallel import decode_rate
from table import Row
from turns import Turns, random_ids


class Rounds:
    def __init__(self, ours: list[Ours], peers: list[Peer], options: argparse.Namespace):
        self._ours, self._peers, self._options = ours, peers, options
        self._decode, self._prefill = f"decode after {options.context}", f"prefill of {options.prefill}"
        self._choice: list[int] = []                                            # what answers of parallel streams consist of
        self._rates: dict[tuple[str, str], list[float]] = defaultdict(list)     # (quantity, program): tokens/s of each run
        self.others: list[float] = []                                           # cores that strangers took, of each run

    def run(self, checkpoint: Checkpoint, turns: Turns) -> list[Row]:
        """The prompts of a round are the same for all."""
        options, ids = self._options, checkpoint.text_ids
        if options.batch:
            self._choice = checkpoint.printable_ids
        for number in range(1, options.runs + 1):
            short, long = random_ids(2 * number, options.context, ids), random_ids(2 * number + 1, options.prefill, ids)
            for engine in [*self._ours, *self._peers]:
                with turns.of(engine):
                    say(f"round {number} of {options.runs}: {engine.name}: {self._measure(engine, short, long)}")
                    for batch in options.batch if isinstance(engine, ServerEngine) else []:
                        rate = self._measure_parallel(engine, number, batch, ids)
                        say(f"round {number} of {options.runs}: {engine.name}: {self._parallel(batch)} {rate:.1f} tokens/s")
        return [
            Row(quantity, ours.name, peer.name, "tokens/s", self._rates[quantity, ours.name], self._rates[quantity, peer.name])
            for ours in self._ours for peer in self._peers for quantity in self._quantities(peer)]

    def _quantities(self, peer: Peer) -> list[str]:
        parallel = [self._parallel(batch) for batch in self._options.batch] if isinstance(peer, ServerEngine) else []
        return [self._decode, *parallel, self._prefill]

    def _parallel(self, batch: int) -> str:
        return f"decode, batch {batch}, after {self._options.context}"

    def _measure_parallel(self, engine: ServerEngine, number: int, batch: int, ids: list[int]) -> float:
        """Prompts and choice of a round are the same for all."""
        options = self._options
        prompts = [random_ids((1000 * number + batch) * 1000 + stream, options.context, ids) for stream in range(batch)]
        choice = random.Random(number).sample(self._choice, min(len(self._choice), max(64, options.generate)))
        watch = Watch()
        rate = decode_rate(engine, prompts, options.generate, choice)
        self.others.append(watch.others())
        self._rates[self._parallel(batch), engine.name].append(rate)
        return rate

    def _measure(self, engine: Engine, short: list[int], long: list[int]) -> str:
        watch = Watch()
        decode = engine.decode_rate(short, self._options.generate)
        prefill = len(long) / engine.prefill_seconds(long)
        self.others.append(watch.others())
        self._rates[self._decode, engine.name].append(decode)
        self._rates[self._prefill, engine.name].append(prefill)
        return f"{self._decode} {decode:.1f} tokens/s, {self._prefill} {prefill:.1f} tokens/s, others took {self.others[-1]:.2f} cores"
