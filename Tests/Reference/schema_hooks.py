"""What schemathesis is told about this server (schema_run.py starts it): answers are kept short, and requests about a
session, a response or the like often name one that is there."""
import itertools
import json
import os
import urllib.request

import schemathesis

BASE_URL = os.environ["SCHEMA_RUN_URL"]
KEY = os.environ.get("SCHEMA_RUN_KEY", "")
TOKENS_MAX = 4
CHOICES_MAX = 2
TEXTS_MAX = 4
TEXTS = [("prompt", 128), ("input", 2048)]        # how many the server takes
LENGTHS = {
    "/v1/chat/completions": ("max_tokens", "max_completion_tokens"),
    "/v1/completions": ("max_tokens", "max_completion_tokens"),
    "/v1/messages": ("max_tokens",),
    "/v1/responses": ("max_output_tokens",),
}
MESSAGES = [{"role": "user", "content": "Who are you?"}]
ITEMS = [{"type": "message", "role": "user", "content": "Who are you?"}]


def make(path, body):
    """Makes a thing at the server, and returns its answer."""
    request = urllib.request.Request(
        BASE_URL + path, json.dumps(body).encode(), {"Authorization": f"Bearer {KEY}"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def chat():
    return {"id": make("/v1/chat/completions", {"messages": MESSAGES, "max_tokens": 2, "store": True})["id"]}


def response():
    return {"id": make("/v1/responses", {"input": "Hi", "max_output_tokens": 2})["id"]}


def background():
    return {"id": make("/v1/responses", {"input": "Hi", "max_output_tokens": 2, "background": True})["id"]}


def conversation():
    made = make("/v1/conversations", {"items": ITEMS})["id"]
    items = make(f"/v1/conversations/{made}/items", {"items": ITEMS})["data"]
    return {"id": made, "item": items[0]["id"]}


def session():
    return {"id": make("/v1/sessions", {"messages": MESSAGES})["id"]}


MAKERS = {
    "/v1/chat/completions/{id}": chat, "/v1/responses/{id}/cancel": background, "/v1/responses/{id}": response,
    "/v1/conversations/{id}": conversation, "/v1/sessions/{id}": session, "/v1/models/{id}": lambda: {"id": "demo"},
}
known = {}
turns = itertools.count()


def things(path, is_last_use):
    """The names of a thing that is there for this path; None: no path of things."""
    for prefix, maker in MAKERS.items():
        if path.startswith(prefix):
            if prefix not in known:
                known[prefix] = maker()
            return known.pop(prefix) if is_last_use else known[prefix]
    return None


@schemathesis.hook
def before_call(context, case, kwargs):
    path = case.operation.path
    if case.path_parameters and next(turns) % 4:
        # What is deleted, or cut, is not used again.
        names = things(path, is_last_use=case.method == "DELETE" or path.endswith("/rewind"))
        if names:
            case.path_parameters.update({name: names[name] for name in case.path_parameters if name in names})
    if case.method == "POST" and isinstance(case.body, dict):
        shorten(case.body, LENGTHS.get(path, ()))


def shorten(body, lengths):
    """Caps what makes an answer long. What is no fitting number stays: it is to be refused."""
    if lengths and all(body.get(name) is None for name in lengths):
        body[lengths[0]] = TOKENS_MAX
    for name, most in [(name, TOKENS_MAX) for name in lengths] + [
        ("min_tokens", TOKENS_MAX), ("n", CHOICES_MAX), ("best_of", CHOICES_MAX)
    ]:
        value = body.get(name)
        if isinstance(value, (int, float)) and not isinstance(value, bool) and most < value < 2**31:
            body[name] = most
    for name, most in TEXTS:
        texts = body.get(name)
        if isinstance(texts, list) and len(texts) <= most and all(isinstance(text, str) and text for text in texts):
            body[name] = texts[:TEXTS_MAX]
    if isinstance(body.get("timeout"), (int, float)) and body["timeout"] >= 0.001:
        del body["timeout"]        # it would pass
