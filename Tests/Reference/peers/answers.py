"""Whether the programs compute the same: their greedy answers, and the probabilities they give to them."""
import argparse

from tokenizers import Tokenizer

from checkpoint import Checkpoint
from engine import Peer
from environment import say
from ours import Ours
from table import Agreement
from turns import Turns, random_ids


def agreements(ours: list[Ours], peers: list[Peer], checkpoint: Checkpoint, turns: Turns, options: argparse.Namespace) -> list[Agreement]:
    prompt = prompt_ids(checkpoint, options.answer_prompt)
    answers = {}
    for peer in peers:
        with turns.of(peer):
            answers[peer.name] = peer.greedy(prompt, options.answer_ids)
    found = []
    for engine in ours:
        with turns.of(engine):
            for name, answer in answers.items():
                scores = engine.score(prompt, [id for id, _ in answer])
                found.append(agreement(engine.name, name, answer, scores))
                say(found[-1].text())
    return found


def prompt_ids(checkpoint: Checkpoint, text: str) -> list[int]:
    """The text's ids, or random ones where there is no tokenizer.json."""
    path = checkpoint.folder / "tokenizer.json"
    if not path.exists():
        return random_ids(1, 16, checkpoint.text_ids)
    return Tokenizer.from_file(str(path)).encode(text, add_special_tokens=False).ids


def agreement(ours: str, peer: str, answer: list[tuple[int, float]], scores: list[tuple[float, float]]) -> Agreement:
    """`scores`: for each id of the answer our log-probability of it, and of our greedy choice in its place."""
    missed = [best - own for own, best in scores if best > own]
    difference = max(abs(own - theirs) for (own, _), (_, theirs) in zip(scores, answer))
    return Agreement(ours, peer, len(answer), len(answer) - len(missed), difference, max(missed, default=0.0))
