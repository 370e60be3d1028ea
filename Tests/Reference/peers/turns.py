"""Who is loaded when: all programs at once where memory allows it, or one after another."""
import random
from collections.abc import Iterator
from contextlib import contextmanager

from engine import Engine
from environment import say


class Turns:
    """Every use of a program is a turn: it is started if it does not run yet, and stopped afterwards unless all may stay."""

    def __init__(self, all_stay: bool, warm_up_prompt: list[int]):
        self._all_stay, self._warm_up_prompt = all_stay, warm_up_prompt

    @contextmanager
    def of(self, engine: Engine, stays: bool = False) -> Iterator[None]:
        """`stays`: the turn is part of another one, which stops the program."""
        if not engine.child.is_running:
            say(f"starting {engine.name}")
            engine.start()
            engine.decode_rate(self._warm_up_prompt[:16], 4)        # touches weights and buffers for the first time
            engine.prefill_seconds(self._warm_up_prompt)
        yield
        if not self._all_stay and not stays:
            engine.child.stop()


def random_ids(seed: int, count: int, among: list[int]) -> list[int]:
    return random.Random(seed).choices(among, k=count)
