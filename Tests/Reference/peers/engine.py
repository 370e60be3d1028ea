"""What is measured of every program, and how it is measured through a server."""
import http.client
import json
import time
import urllib.parse
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

from child import Child

START_SECONDS = 900
ANSWER_SECONDS = 1800


class Engine(ABC):
    """A program that has the model, as a child process; started and stopped as memory allows."""

    def __init__(self, child: Child):
        self.child = child
        self.about = ""              # version and build, known once started
        self.bytes_per_token = 0.0   # of its weights, as it stores them

    @property
    def name(self) -> str:
        return self.child.name

    @abstractmethod
    def start(self) -> None:
        """Returns once it answers."""

    @abstractmethod
    def prefill_seconds(self, prompt: list[int]) -> float:
        """From the prompt to its one token."""

    @abstractmethod
    def decode_rate(self, prompt: list[int], count: int) -> float:
        """Tokens/s from the first token of the answer to the last of `count`."""


class Peer(Engine):
    @abstractmethod
    def greedy(self, prompt: list[int], count: int) -> list[tuple[int, float]]:
        """The likeliest next ids, each with its log-probability; fewer than `count` where the peer stops at an end token."""


@dataclass
class Turn:
    """One turn of a chat."""
    seconds: float                   # to the first token of its answer
    cached: int                      # tokens of its prompt that the program says it need not compute


class ServerEngine(Engine):
    """One that answers through HTTP: all of them by the same clock, the client's."""

    url: str

    @abstractmethod
    def request(self, prompt: list[int], count: int, stream: bool) -> tuple[str, dict]:
        """Path and body that ask for `count` greedy tokens, end tokens included."""

    @abstractmethod
    def chosen(self, prompt: list[int], count: int, choice: list[int]) -> tuple[str, dict]:
        """The same as a stream that consists of ids of `choice`. A penalty leads through all of them: random weights would repeat
        one id, and its experts, for ever."""

    @abstractmethod
    def new_tokens(self, event: dict) -> int:
        """How many tokens an event of a stream tells of."""

    @abstractmethod
    def turn_request(self, prompt: list[int], answer: list[int]) -> tuple[str, dict]:
        """Path and body of a turn of a chat, which may use what is left of earlier ones. Its answer is led to consist of the
        one id that `answer` repeats, so that the next prompt can hold it."""

    @abstractmethod
    def cached_tokens(self, event: dict) -> int | None:
        """How many tokens of its prompt were reused, of the event that tells it."""

    def prepare_restart(self) -> None:
        """What has to be done before the program is killed, so that it can go on with its last chat afterwards."""

    def resume(self) -> None:
        """What has to be done after a restart before the chat goes on; it counts as part of the next turn."""

    def turn(self, prompt: list[int], answer: list[int]) -> Turn:
        path, body = self.turn_request(prompt, answer)
        first, tokens, cached = None, 0, None
        begin = time.perf_counter()
        for when, event in stream(self.url, path, body):
            new, told = self.new_tokens(event), self.cached_tokens(event)
            if new and first is None:
                first = when
            tokens, cached = tokens + new, cached if told is None else told
        if first is None or tokens != len(answer):
            raise RuntimeError(f"{self.name} answered a turn with {tokens} tokens instead of {len(answer)}")
        if cached is None:
            raise RuntimeError(f"{self.name} does not tell how many tokens of a turn's prompt it had already")
        return Turn(first - begin, cached)

    def prefill_seconds(self, prompt: list[int]) -> float:
        path, body = self.request(prompt, 1, stream=False)
        begin = time.perf_counter()
        post(self.url, path, body)
        return time.perf_counter() - begin

    def decode_rate(self, prompt: list[int], count: int) -> float:
        path, body = self.request(prompt, count, stream=True)
        arrivals = []                                               # (when, tokens so far)
        begin = time.perf_counter()
        for when, event in stream(self.url, path, body):
            if new := self.new_tokens(event):
                arrivals.append((when, new + (arrivals[-1][1] if arrivals else 0)))
        (first_time, first), (last_time, last) = arrivals[0], arrivals[-1]
        if last != count:
            raise RuntimeError(f"{self.name} generated {last} tokens instead of {count}")
        if first > count / 2:
            # A token that completes no character is told of with the next that does, and here hardly any does. So the time of
            # a prefill is taken off instead, of another prompt, since this one may be remembered.
            first, first_time = 1, begin + self.prefill_seconds(prompt[::-1])
        return (last - first) / (last_time - first_time)


def post(url: str, path: str, body: dict, status: int = 200) -> dict:
    response = _open(url, path, body)
    text = response.read()
    if response.status != status:
        raise RuntimeError(f"{url}{path}: status {response.status}: {text[:500].decode(errors='replace')}")
    return json.loads(text)


def stream(url: str, path: str, body: dict) -> Iterator[tuple[float, dict]]:
    """Server-sent events, each with the time of its arrival."""
    with _open(url, path, body) as response:                        # closed as well when nobody wants more
        if response.status != 200:
            raise RuntimeError(f"{url}{path}: status {response.status}: {response.read(500).decode(errors='replace')}")
        for line in response:
            when = time.perf_counter()
            if line.startswith(b"data: {"):
                event = json.loads(line[len(b"data: "):])
                if "error" in event:
                    raise RuntimeError(f"{url}{path}: {event['error']}")
                yield when, event


def _open(url: str, path: str, body: dict) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=ANSWER_SECONDS)
    connection.request("POST", path, json.dumps(body, ensure_ascii=False).encode(), {"Content-Type": "application/json"})
    return connection.getresponse()
