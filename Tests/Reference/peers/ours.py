"""Our cluster: `minimax up`, asked through OpenAI's API."""
import argparse
import re
import shutil
import subprocess
import time
from pathlib import Path

from checkpoint import Checkpoint
from child import Child
from engine import START_SECONDS, ServerEngine, post
from environment import say

CALM_SECONDS = 3
DISK_SECONDS = 120


class Ours(ServerEngine):
    def __init__(self, name: str, flags: list[str], checkpoint: Checkpoint, options: argparse.Namespace, work: Path):
        command = [
            options.minimax, "up", "--model", checkpoint.folder, "--port", 0,
            "--expert-hosts", options.expert_hosts, "--threads", options.threads,
            *(["--router-flags", f"--sequences-max {max(options.batch)} --inter-token-target-ms 60000"] if options.batch else []), *flags]
        self._data = work / f"{name}-data"                          # where states are that outlive the processes
        if options.sessions:
            shutil.rmtree(self._data, ignore_errors=True)
            command += ["--data", self._data]
        super().__init__(Child(name, command, work / f"{name}.log"))
        self._program, self._flags = options.minimax.resolve(), flags
        self._context = checkpoint.raw.get("max_position_embeddings", 1 << 20)
        self.bytes_per_token = checkpoint.bytes_per_token

    def start(self) -> None:
        self.url = self.child.start(START_SECONDS, "Ready after").split()[-1]
        describe = ["git", "-C", self._program.parent, "describe", "--always", "--dirty"]
        revision = subprocess.run(describe, capture_output=True, text=True).stdout.strip()
        self.about = " ".join(["minimax up", *self._flags, "of", revision or "no repository"])

    def request(self, prompt: list[int], count: int, stream: bool) -> tuple[str, dict]:
        # With log-probabilities every event says how many tokens it stands for; they cost little, and count against us.
        return "/v1/completions", {"prompt": prompt, "max_tokens": count, "temperature": 0, "ignore_eos": True, "logprobs": 0, "stream": stream}

    def chosen(self, prompt: list[int], count: int, choice: list[int]) -> tuple[str, dict]:
        path, body = self.request(prompt, count, stream=True)
        return path, body | {"logit_bias": {str(id): 100 for id in choice}, "frequency_penalty": 2}

    def turn_request(self, prompt: list[int], answer: list[int]) -> tuple[str, dict]:
        path, body = self.request(prompt, len(answer), stream=True)
        return path, body | {"logit_bias": {str(answer[0]): 100}, "stream_options": {"include_usage": True}}

    def cached_tokens(self, event: dict) -> int | None:
        usage = event.get("usage")
        return usage["prompt_tokens_details"]["cached_tokens"] if usage else None

    def prepare_restart(self) -> None:
        """States are written about a second after the answer: waits until none has come for a while."""
        begin = calm = time.monotonic()
        files = self._files()
        while not files or time.monotonic() - calm < CALM_SECONDS:
            if time.monotonic() - begin > DISK_SECONDS:
                say(f"{self.name}: still writing to {self._data}, or nothing there, after {DISK_SECONDS} s")
                return
            time.sleep(0.25)
            if (now := self._files()) != files:
                files, calm = now, time.monotonic()

    def _files(self) -> dict[Path, int]:
        """The states' files and their sizes."""
        return {path: path.stat().st_size for path in self._data.rglob("*.safetensors")}

    def new_tokens(self, event: dict) -> int:
        return sum(len(choice["logprobs"]["tokens"]) for choice in event["choices"] if choice["logprobs"])

    def score(self, prompt: list[int], ids: list[int]) -> list[tuple[float, float]]:
        """For each of the ids that follow the prompt: its log-probability, and that of the likeliest id in its place."""
        body = {"prompt": prompt + ids, "max_tokens": 0, "echo": True, "logprobs": 1}
        report = post(self.url, "/v1/completions", body)["choices"][0]["logprobs"]
        scored = list(zip(report["token_logprobs"], report["top_logprobs"]))[len(prompt):]
        return [(own, max(own, *top.values())) for own, top in scored]

    def encode(self, text: str, expected: int) -> tuple[int, float]:
        """How many ids a text has, and the seconds it takes to say so: a request for one token more than the context has room
        for beside the `expected` ids is refused, but only once its prompt is encoded."""
        too_many = max(1, self._context - expected + 1)
        begin = time.perf_counter()
        answer = post(self.url, "/v1/completions", {"prompt": text, "max_tokens": too_many}, status=400)
        seconds = time.perf_counter() - begin
        counted = re.search(r"\((\d+) in the prompt", answer["error"]["message"])
        if not counted:
            raise RuntimeError(f"{self.name}: no number of tokens in {answer['error']['message']!r}")
        return int(counted[1]), seconds
