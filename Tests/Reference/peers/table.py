"""The figures, as a table for people or as JSON."""
import json
from dataclasses import dataclass
from statistics import median


@dataclass
class Row:
    """One quantity, larger is better: ours beside a peer's, every run of both."""
    name: str
    ours: str
    peer: str
    unit: str
    our_runs: list[float]
    their_runs: list[float]

    @property
    def ratio(self) -> float:
        return median(self.our_runs) / median(self.their_runs)

    def cells(self) -> list[str]:
        ours, theirs = (f"{median(runs):.1f} ({min(runs):.1f} to {max(runs):.1f})" for runs in (self.our_runs, self.their_runs))
        return [self.name, self.unit, self.ours, ours, self.peer, theirs, f"{self.ratio:.2f}"]

    def json(self) -> dict:
        return {
            "name": self.name, "unit": self.unit, "ours": self.ours, "value": median(self.our_runs), "runs": self.our_runs,
            "peer": self.peer, "peer_value": median(self.their_runs), "peer_runs": self.their_runs, "ratio": self.ratio}


@dataclass
class Agreement:
    """How far a peer's greedy answer is ours too."""
    ours: str
    peer: str
    ids: int
    equal: int                       # of its ids, those that are our greedy choice after the ids before them
    difference: float                # largest, of the log-probabilities the two give to one of its ids, in nats
    margin: float                    # largest, by which we like another id more where the choices differ, in nats

    def text(self) -> str:
        answers = "equal answers"
        if self.equal < self.ids:
            answers = f"{self.equal} of {self.ids} ids are our choice too, the others miss it by {self.margin:.3f} nats at most"
        return f"{self.ours} and {self.peer}: {answers}; log-probabilities of {self.ids} ids differ by {self.difference:.3f} nats at most"

    def json(self) -> dict:
        return {
            "name": "answers", "ours": self.ours, "peer": self.peer, "ids": self.ids, "equal": self.equal, "unit": "nats",
            "difference": self.difference, "margin": self.margin}


@dataclass
class Chats:
    """How a program goes on with a chat over a document. Shares are of the seconds to the first turn's first token."""
    program: str
    document: int
    second: list[float]              # of the second turn, of each run
    second_cached: list[int]         # tokens of its prompt that were not computed
    restarted: list[float]           # of a second turn after a restart of all its processes
    restarted_cached: list[int]

    def text(self) -> str:
        def turn(shares: list[float], cached: list[int]) -> str:
            return f"{100 * median(shares):.1f} % of the first turn's time, {median(cached):.0f} tokens reused"
        return (f"{self.program}: second turn after a document of {self.document}: {turn(self.second, self.second_cached)}; "
                f"after a restart: {turn(self.restarted, self.restarted_cached)}")

    def json(self) -> dict:
        return {
            "name": "sessions", "program": self.program, "document": self.document, "unit": "share of the first turn's time",
            "second": median(self.second), "second_runs": self.second, "second_cached": self.second_cached,
            "restarted": median(self.restarted), "restarted_runs": self.restarted, "restarted_cached": self.restarted_cached}


@dataclass
class Part:
    """What was found with one checkpoint's weights of one kind."""
    model: str
    weights: str
    bytes_per_token: dict[str, float]        # of each program
    agreements: list[Agreement | Chats]
    rows: list[Row]

    def json(self) -> list[dict]:
        reads = [{"name": "bytes per token", "program": program, "value": count / 1e6, "unit": "MB"} for program, count in self.bytes_per_token.items()]
        found = [*reads, *(part.json() for part in [*self.agreements, *self.rows])]
        return [{"model": self.model, "weights": self.weights, **one} for one in found]

    def text(self) -> list[str]:
        reads = ", ".join(f"{program} {count / 1e6:.1f} MB" for program, count in self.bytes_per_token.items())
        return [f"{self.model}, {self.weights} weights: a token reads of them: {reads}", *(agreement.text() for agreement in self.agreements), ""]


@dataclass
class Report:
    about: dict[str, str]            # what was compared, and the build of each program
    parts: list[Part]

    def lines_of_json(self) -> list[str]:
        return [json.dumps(line) for line in ({"name": "about", **self.about}, *(line for part in self.parts for line in part.json()))]

    def lines(self) -> list[str]:
        header = ["model", "weights", "quantity", "unit", "ours", "median (range)", "peer", "median (range)", "ours/peer"]
        table = columns([header, *([part.model, part.weights, *row.cells()] for part in self.parts for row in part.rows)])
        about = columns([[name, text] for name, text in self.about.items()])
        return [*about, "", *(line for part in self.parts for line in part.text()), *table]


def columns(rows: list[list[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
