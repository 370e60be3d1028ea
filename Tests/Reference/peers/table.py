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
class Report:
    about: dict[str, str]            # what was compared, and the build of each program
    rows: list[Row]
    agreements: list[Agreement]

    def lines_of_json(self) -> list[str]:
        return [json.dumps(line) for line in ({"name": "about", **self.about}, *(part.json() for part in [*self.agreements, *self.rows]))]

    def lines(self) -> list[str]:
        table = columns([["quantity", "unit", "ours", "median (range)", "peer", "median (range)", "ours/peer"], *(row.cells() for row in self.rows)])
        about = columns([[name, text] for name, text in self.about.items()])
        agreements = [agreement.text() for agreement in self.agreements]
        return [*about, "", *agreements, *([""] if agreements else []), *table]


def columns(rows: list[list[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
