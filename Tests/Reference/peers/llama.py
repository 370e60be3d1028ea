"""llama.cpp's server, of the xllamacpp wheel or built for this machine, with a GGUF file of the checkpoint."""
import argparse
import json
import sys
from pathlib import Path

import gguf_file
from checkpoint import Checkpoint
from child import Child
from engine import START_SECONDS, Peer, ServerEngine, post
from environment import native_server
from parallel import longest
from sessions import CHAT_TOKENS

SLOT_FILE = "chat.bin"
HERE = Path(__file__).resolve().parent


class Llama(ServerEngine, Peer):
    def __init__(self, kind: str, threads: int, name: str, checkpoint: Checkpoint, options: argparse.Namespace, work: Path):
        """`kind` is llama.cpp or llama.cpp-native; `name` is what figures and logs call it."""
        self._checkpoint, self._file = checkpoint, work / checkpoint.key / "model.gguf"
        parallel = max(options.batch, default=1)
        answer = longest(options.context, parallel, options.generate)
        context = parallel * (max(options.prefill, options.context + answer) + 64)          # of all sequences together
        if options.sessions:
            context = max(context, options.document + CHAT_TOKENS)
        worker = [HERE / "native_worker.py", native_server(work)] if kind == "llama.cpp-native" else [HERE / "llama_worker.py"]
        command = [sys.executable, *worker, self._file, context, threads, options.ubatch, parallel, int(options.no_repack)]
        if options.sessions:
            slots = work / f"{name}-slots"
            slots.mkdir(exist_ok=True)
            command.append(slots)
        super().__init__(Child(name, command, work / f"{name}.log"))
        self.bytes_per_token = gguf_file.bytes_per_token(checkpoint)

    def start(self) -> None:
        if not self._file.exists():
            self._file.parent.mkdir(exist_ok=True)
            gguf_file.write(self._checkpoint, self._file)
        ready = json.loads(self.child.start(START_SECONDS, '"url"'))
        self.url, self.about = ready["url"], ready["about"]

    def request(self, prompt: list[int], count: int, stream: bool) -> tuple[str, dict]:
        # The timings that it reports divide all tokens of an answer by the time of all but the first, so they are left aside.
        return "/completion", {
            "prompt": prompt, "n_predict": count, "temperature": 0, "ignore_eos": True, "cache_prompt": False,
            "return_tokens": True, "stream": stream}

    def chosen(self, prompt: list[int], count: int, choice: list[int]) -> tuple[str, dict]:
        path, body = self.request(prompt, count, stream=True)
        return path, body | {"logit_bias": [[id, 100] for id in choice], "frequency_penalty": 2, "repeat_last_n": count}

    def turn_request(self, prompt: list[int], answer: list[int]) -> tuple[str, dict]:
        path, body = self.request(prompt, len(answer), stream=True)
        return path, body | {"logit_bias": [[answer[0], 100]], "cache_prompt": True, "id_slot": 0}

    def cached_tokens(self, event: dict) -> int | None:
        timings = event.get("timings")
        return timings["cache_n"] if timings and event.get("stop") else None

    def prepare_restart(self) -> None:
        post(self.url, "/slots/0?action=save", {"filename": SLOT_FILE})

    def resume(self) -> None:
        post(self.url, "/slots/0?action=restore", {"filename": SLOT_FILE})

    def new_tokens(self, event: dict) -> int:
        return len(event["tokens"])

    def greedy(self, prompt: list[int], count: int) -> list[tuple[int, float]]:
        path, body = self.request(prompt, count, stream=False)
        answer = post(self.url, path, body | {"ignore_eos": False, "n_probs": 1})
        return [(token["id"], token["logprob"]) for token in answer["completion_probabilities"]]
