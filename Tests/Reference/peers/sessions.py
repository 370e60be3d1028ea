"""Turns of chats over a document in rounds, one chat with everyone in each, so that noise hits all alike.

The first turn reads the document. The second one sends everything again, with the answer and another question. Then all
processes of the program are killed and started anew, and another second turn is sent: a program that can only go on after a
restart where it is told to save and restore is told so, and its restoring counts as part of the turn.
"""
import argparse
import time
from collections import defaultdict

from checkpoint import Checkpoint
from engine import ServerEngine, Turn
from environment import say
from table import Chats, Row
from turns import Turns, random_ids

QUESTION, ANSWER = 24, 32            # tokens
CHAT_TOKENS = 512                    # more than a chat has beside its document
TURNS = ("first turn", "second turn", "second turn after a restart")


class Sessions:
    def __init__(self, ours: list[ServerEngine], peers: list[ServerEngine], options: argparse.Namespace):
        self._ours, self._peers, self._options = ours, peers, options
        self._turns: dict[tuple[str, str], list[Turn]] = defaultdict(list)      # (program, turn): of each run

    def run(self, checkpoint: Checkpoint, turns: Turns) -> tuple[list[Chats], list[Row]]:
        options, ids = self._options, checkpoint.text_ids
        told = checkpoint.printable_ids[0] if (checkpoint.folder / "tokenizer.json").exists() else ids[0]
        for number in range(1, options.runs + 1):
            chat = Chat(number, options.document, ids, told)
            for engine in [*self._ours, *self._peers]:
                with turns.of(engine):
                    say(f"round {number} of {options.runs}: {engine.name}: {self._measure(engine, chat, turns)}")
        return [self._chats(engine.name) for engine in [*self._ours, *self._peers]], [
            self._row(ours.name, peer.name, turn) for ours in self._ours for peer in self._peers for turn in TURNS]

    def _measure(self, engine: ServerEngine, chat: "Chat", turns: Turns) -> str:
        found = [engine.turn(chat.first, chat.answer)]
        engine.prepare_restart()
        found.append(engine.turn(chat.second, chat.answer))
        engine.child.kill()
        with turns.of(engine, stays=True):                          # starts it again, and warms it up
            begin = time.perf_counter()
            engine.resume()
            resumed = time.perf_counter() - begin
            turn = engine.turn(chat.other_second, chat.answer)
        found.append(Turn(turn.seconds + resumed, turn.cached))
        for name, turn in zip(TURNS, found):
            self._turns[engine.name, name].append(turn)
        return ", ".join(f"{name} {turn.seconds:.3f} s ({turn.cached} tokens reused)" for name, turn in zip(TURNS, found))

    def _shares(self, program: str, turn: str) -> list[float]:
        return [later.seconds / first.seconds for first, later in zip(self._turns[program, TURNS[0]], self._turns[program, turn])]

    def _cached(self, program: str, turn: str) -> list[int]:
        return [found.cached for found in self._turns[program, turn]]

    def _chats(self, program: str) -> Chats:
        return Chats(
            program, self._options.document, self._shares(program, TURNS[1]), self._cached(program, TURNS[1]),
            self._shares(program, TURNS[2]), self._cached(program, TURNS[2]))

    def _row(self, ours: str, peer: str, turn: str) -> Row:
        def rates(program: str) -> list[float]:
            return [self._options.document / found.seconds for found in self._turns[program, turn]]
        return Row(f"{turn}, document of {self._options.document}", ours, peer, "tokens/s", rates(ours), rates(peer))


class Chat:
    """The prompts of a round, the same for all: random ids, and answers that repeat one id."""

    def __init__(self, number: int, document: int, ids: list[int], told: int):
        self.answer = [told] * ANSWER
        self.first = random_ids(4 * number, document, ids) + random_ids(4 * number + 1, QUESTION, ids)
        said = self.first + self.answer
        self.second = said + random_ids(4 * number + 2, QUESTION, ids)
        self.other_second = said + random_ids(4 * number + 3, QUESTION, ids)
