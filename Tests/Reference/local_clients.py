"""What the checks by other people's clients have in common: where the server is, how to ask it without any client, and
that no client speaks to anything but this machine.

Imported before the client, because clients read the environment when they are imported.
"""
import ipaddress
import json
import os
import sys
import urllib.error
import urllib.request

from client_checks import check

SERVER = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8080"
MODEL = sys.argv[2] if len(sys.argv) > 2 else "demo"
SYSTEM = "You are a helpful assistant."
QUESTION = "Who are you?"
MESSAGES = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": QUESTION}]

# Nothing is told to anybody, nothing is looked up, and what goes elsewhere all the same meets a closed door.
os.environ.update({
    "LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_TELEMETRY": "False", "HF_HUB_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "TRANSFORMERS_OFFLINE": "1",
    "OPENAI_AGENTS_DISABLE_TRACING": "1", "LANGSMITH_TRACING": "false", "LANGCHAIN_TRACING_V2": "false",
    "LOGFIRE_SEND_TO_LOGFIRE": "false", "DO_NOT_TRACK": "1", "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1",
    "HTTP_PROXY": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9"})
for name in ("ALL_PROXY", "all_proxy", "http_proxy", "https_proxy"):
    os.environ.pop(name, None)

outside = []


def is_here(host):
    try:
        return host in (None, "", "localhost") or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def keep_here(event, arguments):
    """Refuses names and addresses of other machines, and remembers them."""
    if event not in ("socket.connect", "socket.getaddrinfo"):
        return
    target = arguments[1] if event == "socket.connect" else arguments
    if not isinstance(target, tuple) or event == "socket.connect" and target[1] == 9:        # the closed door
        return
    host = target[0].decode() if isinstance(target[0], bytes) else target[0]
    if not is_here(host):
        outside.append(host)
        raise OSError(f"a client wanted to speak to {host}")


sys.addaudithook(keep_here)


def ask(path, body=None):
    """The server's answer, without any client in between; a body makes it a POST."""
    request = urllib.request.Request(SERVER + path, headers={"content-type": "application/json"})
    if body is not None:
        request.data = json.dumps(body).encode()
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise AssertionError(f"{path}: {error.code} {error.read().decode()}") from None


said = {}


def example(function, arguments):
    """A question that shows a call: the demo model was not trained to call functions, but repeats what it has seen."""
    return f"Example:\n```typescript\nfunctions.{function}({arguments})\n```\n" * 3


def call_fields(arguments="{}"):
    """What makes the model write just these arguments, where tool_choice has begun the call and `example` shows them.

    The closing brace (token 92 of byte-level vocabularies) is likeliest by far, but not possible before all others have
    been written, and the answer ends with it. Without arguments nothing needs to be shown.
    """
    tokens = ask("/tokenize", {"prompt": arguments})["tokens"]
    assert tokens[0] == 90 and tokens[-1] == 92, f"{arguments} is {tokens}"
    return {"logit_bias": {"92": 100}, "min_tokens": len(tokens) - 2, "stop_token_ids": [92],
            "include_stop_str_in_output": True}


def chat(messages=MESSAGES, **options):
    """What the server says in a chat, greedily: the text that a client has to come back with."""
    body = {"model": MODEL, "messages": messages, "temperature": 0, "max_tokens": 16} | options
    key = json.dumps(body)
    if key not in said:
        said[key] = ask("/v1/chat/completions", body)["choices"][0]["message"]["content"]
    return said[key]


def complete(prompt, **options):
    """What the server goes on with, greedily."""
    answer = ask("/v1/completions", {"prompt": prompt, "temperature": 0, "max_tokens": 8} | options)
    return answer["choices"][0]["text"]


# A call of most checks, by the model's own writing.
CALL_QUESTION, CALL_FIELDS = example("get_weather", '{"city":"Rome"}'), call_fields('{"city":"Rome"}')
EMPTY_CALL_FIELDS = call_fields()


def raises(kind, call, words):
    """The call must fail with this class (or one of several) and say these words."""
    try:
        call()
    except kind as error:
        assert words in str(error), f"{words!r} is not in {error!r}"
        return error
    raise AssertionError(f"expected {kind}, the call succeeded")


def stay_here():
    """nobody outside this machine was spoken to"""
    assert not outside, f"{outside}"


def main():
    """Runs all checks of a client, and at last the one that it spoke to nobody else."""
    import client_checks
    check(stay_here)
    client_checks.main()
