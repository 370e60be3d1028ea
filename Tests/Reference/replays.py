"""What the replays of agents' requests have in common: bodies sent as they are, streams read as they come."""
import json
import os
import pathlib
import urllib.error
import urllib.request

from local_clients import SERVER

# As long as the agents' own requests where TEST_HEAVY_CLIENTS says so, else with an eighth of their words: a prompt's
# tools, which this model was trained to read behind all messages, are read again with each turn.
WHOLE = os.environ.get("TEST_HEAVY_CLIENTS") == "1"
BOOK = pathlib.Path(__file__, "../../../compose/examples/sense-and-sensibility.txt").resolve().read_text()


def prose(place, length):
    """As many characters of a text as instructions or a description have; another place is another text."""
    length = length if WHOLE else length // 8
    start = place * 997 % (len(BOOK) // 2)
    return (BOOK[start:] + BOOK)[:length]


def stream(path, headers, body):
    """The events of a streamed answer, as (name, data), which is an object."""
    request = urllib.request.Request(
        SERVER + path, json.dumps(body).encode(), {"content-type": "application/json", **headers})
    try:
        with urllib.request.urlopen(request, timeout=300) as answer:
            kind = answer.headers["content-type"]
            assert kind.startswith("text/event-stream"), f"content-type {kind}"
            blocks = answer.read().decode().split("\n\n")
            events = [event(block) for block in blocks if block and block[0] != ":"]
            return [found for found in events if found[0] != "ping"]
    except urllib.error.HTTPError as error:
        raise AssertionError(f"{path}: {error.code} {error.read().decode()}") from None


def event(block):
    """One event of a stream: a line with its name, one with its data, which repeats the name as its type."""
    fields = dict(line.split(": ", 1) for line in block.split("\n"))
    data = json.loads(fields["data"])
    assert set(fields) == {"event", "data"} and data["type"] == fields["event"], f"{block}"
    return fields["event"], data


def reuse(turns, longest):
    """The turns, as (tokens of the prompt, of these reused), reuse ever more, and read at most `longest` anew. The
    first one reuses nothing, unless there was an earlier run."""
    for number, (read, reused) in enumerate(turns[1:], 2):
        before = turns[number - 2][1] if number > 2 else 0
        assert reused > before, f"turn {number} reused {reused} tokens, the one before {before}"
        assert read - reused <= longest, f"turn {number} read {read - reused} tokens anew, expected at most {longest}"
