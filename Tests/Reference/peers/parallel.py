"""Several streams at once through a server: what they generate together while none of them waits for its first token."""
import threading
import time

from engine import ServerEngine, stream

PROMPT_SHARE = 16
SETTLE_SECONDS = 1                   # until a server has noticed that its clients hung up


def longest(context: int, batch: int, count: int) -> int:
    """Tokens to ask for: streams whose prompts are read first generate while they wait for the others."""
    return count + (batch * context // PROMPT_SHARE if batch > 1 else 0)


def decode_rate(engine: ServerEngine, prompts: list[list[int]], count: int, choice: list[int]) -> float:
    """Tokens/s of all streams, from the last one's first token until each has `count` more; then all hang up.

    The answers consist of tokens of `choice`, which are text by themselves, so that each is told of when it is there.
    """
    return Group(engine, prompts, count, choice).rate()


class Group:
    def __init__(self, engine: ServerEngine, prompts: list[list[int]], count: int, choice: list[int]):
        self._engine, self._prompts, self._count, self._choice = engine, prompts, count, choice
        self._lock = threading.Lock()
        self._arrivals: list[list[float]] = [[] for _ in prompts]   # of each stream: when its tokens came
        self._begin: float | None = None                            # when the last one had its first token
        self._since = [0] * len(prompts)                            # tokens of each stream since then
        self._behind = len(prompts)                                 # streams that have not generated enough since
        self._errors: list[Exception] = []

    def rate(self) -> float:
        threads = [threading.Thread(target=self._run, args=(number,)) for number in range(len(self._prompts))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self._errors:
            raise self._errors[0]
        end = min(times[-1] for times in self._arrivals if times)
        if self._begin is None or end <= self._begin:
            raise RuntimeError(f"{self._engine.name}: the {len(self._prompts)} streams were never all generating at the same time")
        time.sleep(SETTLE_SECONDS)
        return sum(self._begin < when <= end for times in self._arrivals for when in times) / (end - self._begin)

    def _run(self, number: int) -> None:
        prompt = self._prompts[number]
        path, body = self._engine.chosen(prompt, longest(len(prompt), len(self._prompts), self._count), self._choice)
        try:
            for when, event in stream(self._engine.url, path, body):
                if self._note(number, when, self._engine.new_tokens(event)):
                    return
        except (RuntimeError, OSError) as error:
            self._errors.append(error)

    def _note(self, number: int, when: float, tokens: int) -> bool:
        """Returns whether all have enough."""
        with self._lock:
            self._arrivals[number] += [when] * tokens
            if self._begin is not None:
                before, self._since[number] = self._since[number], self._since[number] + tokens
                self._behind -= before < self._count <= self._since[number]
            elif all(self._arrivals):
                self._begin = when
            return self._behind == 0
