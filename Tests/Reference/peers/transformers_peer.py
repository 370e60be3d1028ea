"""transformers' `MiniMaxForCausalLM` in a process of its own: `transformers_worker.py`, asked by lines of JSON."""
import argparse
import json
import sys
from pathlib import Path

import transformers_folder
from checkpoint import Checkpoint
from child import Child
from engine import ANSWER_SECONDS, START_SECONDS, Peer


class Transformers(Peer):
    def __init__(self, checkpoint: Checkpoint, options: argparse.Namespace, work: Path):
        self._checkpoint, self._folder = checkpoint, work / checkpoint.key / "transformers"
        worker = Path(__file__).with_name("transformers_worker.py")
        super().__init__(Child("transformers", [sys.executable, worker, self._folder, options.threads], work / "transformers.log"))
        self.bytes_per_token = checkpoint.bytes_per_token

    def start(self) -> None:
        transformers_folder.write(self._checkpoint, self._folder)
        self.about = json.loads(self.child.start(START_SECONDS, '"about"'))["about"]

    def prefill_seconds(self, prompt: list[int]) -> float:
        return self._answer(prompt, 1)["prefill_seconds"]

    def decode_rate(self, prompt: list[int], count: int) -> float:
        return (count - 1) / self._answer(prompt, count)["decode_seconds"]

    def greedy(self, prompt: list[int], count: int) -> list[tuple[int, float]]:
        answer = self._answer(prompt, count)
        return list(zip(answer["ids"], answer["logprobs"]))

    def _answer(self, prompt: list[int], count: int) -> dict:
        return json.loads(self.child.ask(json.dumps({"prompt": prompt, "count": count}), ANSWER_SECONDS, '"ids"'))
