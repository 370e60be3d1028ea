"""Checks the reference of a running server (/openapi.json, /docs), and real answers of every format against it.

    python3 schema_client.py [http://127.0.0.1:8080 [API_KEY]]

Every check prints ok or FAIL with what was found; the last line counts them; exit status 1 if one failed. The checks
ask nothing of the model's wit: any checkpoint will do. Answers are held against the document's schemas strictly: where
one does not say that there may be other members, there must be none. Needs openapi-spec-validator and jsonschema.
"""
import json
import re
import sys
import urllib.error
import urllib.parse
import urllib.request
from html.parser import HTMLParser

import jsonschema
import openapi_spec_validator

from client_checks import check, equal, main

BASE_URL = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8080"
KEY = sys.argv[2] if len(sys.argv) > 2 else None
MESSAGES = [{"role": "user", "content": "Who are you?"}]
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
CHAT_TOOL = {"type": "function", "function": {"name": "get_weather", "parameters": PARAMETERS}}
SHORT = {"temperature": 0, "max_tokens": 8}
CHAT, COMPLETIONS, ANTHROPIC = "/v1/chat/completions", "/v1/completions", "/v1/messages"
RESPONSES, CONVERSATIONS, SESSIONS = "/v1/responses", "/v1/conversations", "/v1/sessions"


def send(method, path, body=None, headers=None):
    """The status, the headers and the bytes of an answer."""
    headers = {"Authorization": f"Bearer {KEY}"} | (headers or {}) if KEY else dict(headers or {})
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"} | headers
    request = urllib.request.Request(BASE_URL + path, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def closed(schema):
    """The schema with nothing allowed that it does not name."""
    if isinstance(schema, list):
        return [closed(element) for element in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {name: closed(value) for name, value in schema.items()}
    if isinstance(schema.get("properties"), dict):
        schema.setdefault("additionalProperties", False)
    return schema


DOCUMENT = json.loads(send("GET", "/openapi.json")[2])
COMPONENTS = closed(DOCUMENT["components"])


def validate(value, schema):
    """Raises where the value is not as the schema says."""
    schema = {"components": COMPONENTS} | closed(schema)
    error = jsonschema.exceptions.best_match(jsonschema.Draft202012Validator(schema).iter_errors(value))
    assert error is None, f"{error.json_path}: {error.message[:300]}"


def events(text):
    """Of each event, its members."""
    found = []
    for block in text.split("\n\n"):
        lines = [line.split(": ", 1) for line in block.splitlines() if not line.startswith(":")]
        if lines:
            found.append(dict(lines))
    return found


def validate_events(text, schema):
    """All events of a stream as values, each as the schema says, and its data as that says of its content."""
    values = []
    for event in events(text):
        validate(event, schema)
        data = schema["properties"]["data"]
        choices = data.get("anyOf", [data])
        if any(event["data"] == choice.get("const") for choice in choices):
            continue
        content = next(choice["contentSchema"] for choice in choices if "contentSchema" in choice)
        values.append(json.loads(event["data"]))
        validate(values[-1], content)
        if "event" in event:
            equal(event["event"], values[-1]["type"], "the name of an event")
    return values


def resolved(value):
    """The value, or the component of the document that it refers to."""
    if "$ref" not in value:
        return value
    kind, name = value["$ref"].split("/")[2:]
    return DOCUMENT["components"][kind][name]


def ask(method, template, body=None, status=200, query="", headers=None, **names):
    """What an endpoint answers, once it is known to be as documented: JSON, a stream's events, or bytes."""
    path = template
    for name, value in names.items():
        path = path.replace("{" + name + "}", urllib.parse.quote(value, safe=""))
    found, fields, content = send(method, path + query, body, headers)
    assert found == status, f"{method} {path}: {found}, expected {status}: {content[:500]!r}"
    responses = DOCUMENT["paths"][template][method.lower()]["responses"]
    assert str(found) in responses, f"{method} {template} has no answer {found}, only {list(responses)}"
    answer = resolved(responses[str(found)])
    for name, header in answer["headers"].items():
        assert not resolved(header).get("required") or name in fields, f"{method} {path}: no header {name}"
    kind = fields["content-type"].split(";")[0]
    assert kind in answer["content"], f"{method} {path}: {kind}, expected {list(answer['content'])}"
    schema = answer["content"][kind]["schema"]
    if kind == "application/json":
        value = json.loads(content)
        validate(value, schema)
        return value
    return validate_events(content.decode(), schema) if kind == "text/event-stream" else content


def refused(method, template, body, status=400, **options):
    return ask(method, template, body, status, **options)


# The document and the page.


@check
def document_is_valid():
    """the document is valid OpenAPI 3.1"""
    equal(DOCUMENT["openapi"].rsplit(".", 1)[0], "3.1")
    openapi_spec_validator.validate(DOCUMENT)
    ask("GET", "/openapi.json")


@check
def examples_are_valid():
    """examples and defaults are as their schemas say"""
    def walk(value):
        if isinstance(value, list):
            for element in value:
                walk(element)
        if not isinstance(value, dict):
            return
        if "example" in value and "schema" in value:
            validate_open(value["example"], value["schema"])
        if "default" in value and not isinstance(value["default"], dict):
            validate_open(value["default"], {name: value[name] for name in value if name != "default"})
        for element in value.values():
            walk(element)

    def validate_open(value, schema):
        jsonschema.Draft202012Validator({"components": DOCUMENT["components"]} | schema).validate(value)

    walk(DOCUMENT["paths"])
    walk(DOCUMENT["components"])


@check
def page_is_whole():
    """the page is well-formed, every link in it leads somewhere in it, and it loads nothing"""
    page = ask("GET", "/docs").decode()
    seen, links, opened = set(), [], []

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attributes):
            attributes = dict(attributes)
            if tag not in ("meta", "br"):
                opened.append(tag)
            if "id" in attributes:
                seen.add(attributes["id"])
            if "href" in attributes:
                links.append(attributes["href"])
            assert "src" not in attributes and tag not in ("script", "link", "img", "iframe"), tag

        def handle_endtag(self, tag):
            equal(tag, opened.pop(), "the end of an element")

    Reader().feed(page)
    equal(opened, [], "elements without an end")
    lost = {link for link in links if link != "/openapi.json" and link[1:] not in seen}
    equal(lost, set(), "links to nowhere")
    for path, endpoints in DOCUMENT["paths"].items():
        for method in endpoints:
            assert f"<code>{method.upper()} {path}</code></h3>" in page, f"{method} {path} is not on the page"


def operations():
    for path, endpoints in DOCUMENT["paths"].items():
        for method, operation in endpoints.items():
            yield method.upper(), path, operation


@check
def examples_work():
    """every example that names nothing is answered, whole and as documented"""
    count = 0
    for method, path, operation in operations():
        if "{" in path:
            continue
        example = next(iter(operation.get("requestBody", {}).get("content", {None: {}}).values())).get("example")
        ask(method, path, example)
        count += 1
    assert count > 15, count


@check
def defaults_change_nothing():
    """a request that spells every default gets the answer of one that spells none"""
    for path in (CHAT, COMPLETIONS, ANTHROPIC, RESPONSES, "/v1/embeddings", "/tokenize"):
        content = DOCUMENT["paths"][path]["post"]["requestBody"]["content"]["application/json"]
        schema = resolved(content["schema"])
        defaults = {name: value["default"] for name, value in schema["properties"].items() if "default" in value}
        body = content["example"] | {"temperature": 0}
        plain, spelled = ask("POST", path, body), ask("POST", path, defaults | body)
        for name in ("id", "created", "created_at", "completed_at", "usage"):
            plain.pop(name, None), spelled.pop(name, None)
        without = json.dumps([plain, spelled])
        plain, spelled = json.loads(re.sub(r'"id": "[a-z]+_[^"]*"', '"id": ""', without))
        for name in ("temperature", "top_p"):        # repeated as they came
            plain.pop(name, None), spelled.pop(name, None)
        equal(spelled, plain, path)


# Each format.


@check
def chats():
    """chat completions: whole, with log-probabilities, token ids, calls, several choices"""
    ask("POST", CHAT, {"messages": MESSAGES} | SHORT)
    ask("POST", CHAT, {"messages": MESSAGES, "logprobs": True, "top_logprobs": 2, "return_token_ids": True} | SHORT)
    ask("POST", CHAT, {"messages": MESSAGES, "n": 2, "return_tokens_as_token_ids": True, "logprobs": True} | SHORT)
    called = ask("POST", CHAT, {"messages": MESSAGES, "tools": [CHAT_TOOL], "tool_choice": "required"} | SHORT)
    assert called["choices"][0]["message"]["tool_calls"], called


@check
def streamed_chats():
    """chat completions: every chunk of a stream"""
    options = {"messages": MESSAGES, "stream": True} | SHORT
    assert len(ask("POST", CHAT, options)) > 4
    ask("POST", CHAT, options | {"logprobs": True, "top_logprobs": 2, "return_token_ids": True})
    usage = {"include_usage": True, "continuous_usage_stats": True}
    assert ask("POST", CHAT, options | {"stream_options": usage, "n": 2})[-1]["usage"]
    assert ask("POST", CHAT, options | {"stream_options": {"include_usage": True}})[0]["usage"] is None
    chunks = ask("POST", CHAT, options | {"tools": [CHAT_TOOL], "tool_choice": "required"})
    assert any("tool_calls" in chunk["choices"][0]["delta"] for chunk in chunks), chunks


@check
def stored_chats():
    """stored chat completions: made, listed, shown, changed, their messages, deleted"""
    made = ask("POST", CHAT, {"messages": MESSAGES, "store": True, "metadata": {"a": "b"}} | SHORT)["id"]
    ask("GET", CHAT, query="?limit=1&order=desc")
    equal(ask("GET", CHAT + "/{id}", id=made)["metadata"], {"a": "b"})
    equal(ask("POST", CHAT + "/{id}", {"metadata": {"c": "d"}}, id=made)["metadata"], {"c": "d"})
    ask("GET", CHAT + "/{id}/messages", id=made)
    ask("DELETE", CHAT + "/{id}", id=made)
    refused("GET", CHAT + "/{id}", None, 404, id=made)


@check
def completions():
    """completions: whole, echoed, of token ids, streamed"""
    ask("POST", COMPLETIONS, {"prompt": "Once"} | SHORT)
    ask("POST", COMPLETIONS, {"prompt": "Once", "echo": True, "logprobs": 2, "return_token_ids": True} | SHORT)
    ask("POST", COMPLETIONS, {"prompt": [[300, 301], [302]], "n": 2, "best_of": 3} | SHORT)
    ask("POST", COMPLETIONS, {"prompt": "Once", "logprobs": 0, "stream": True, "return_token_ids": True} | SHORT)
    ask("POST", COMPLETIONS, {"prompt": "Once", "stream": True, "stream_options": {"include_usage": True}} | SHORT)


@check
def responses():
    """responses: whole, with calls and log-probabilities, streamed, stored, in the background"""
    short = {"temperature": 0, "max_output_tokens": 8}
    tool = {"type": "function", "name": "get_weather", "parameters": PARAMETERS}
    made = ask("POST", RESPONSES, {"input": MESSAGES, "instructions": "Be brief.", "metadata": {"a": "b"}} | short)
    ask("POST", RESPONSES, {"input": "And?", "previous_response_id": made["id"]} | short)
    ask("POST", RESPONSES, {"input": "Hi", "include": ["message.output_text.logprobs"], "top_logprobs": 2} | short)
    called = ask("POST", RESPONSES, {"input": "Hi", "tools": [tool], "tool_choice": "required"} | short)
    equal(called["output"][0]["type"], "function_call")
    ask("POST", RESPONSES, {"input": "Hi", "stream": True} | short)
    ask("POST", RESPONSES, {"input": "Hi", "stream": True, "tools": [tool], "tool_choice": "required"} | short)
    ask("GET", RESPONSES + "/{id}", id=made["id"])
    ask("GET", RESPONSES + "/{id}/input_items", id=made["id"], query="?limit=1")
    ask("DELETE", RESPONSES + "/{id}", id=made["id"])
    later = ask("POST", RESPONSES, {"input": "Hi", "background": True} | short)["id"]
    ask("GET", RESPONSES + "/{id}", id=later, query="?stream=true&starting_after=1")
    ask("POST", RESPONSES + "/{id}/cancel", id=later)


@check
def items():
    """items of every kind come back as documented, in responses and conversations"""
    call = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"}
    items = MESSAGES + [
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "a"}],
         "content": [{"type": "reasoning_text", "text": "b"}]},
        {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]}, call,
        {"type": "function_call_output", "call_id": "c1", "output": [{"type": "input_text", "text": "x"}]},
        {"type": "function_call_output", "call_id": "c1", "output": "y"}, {"type": "web_search_call", "id": "w"},
    ]
    made = ask("POST", CONVERSATIONS, {"items": items, "metadata": {"a": "b"}})["id"]
    listed = ask("GET", CONVERSATIONS + "/{id}/items", id=made, query="?order=asc")["data"]
    equal(len(listed), len(items) - 1)
    ask("POST", RESPONSES, {"conversation": made, "input": "Hi", "max_output_tokens": 4})
    ask("GET", CONVERSATIONS + "/{id}", id=made)
    ask("POST", CONVERSATIONS + "/{id}", {"metadata": {}}, id=made)
    added = ask("POST", CONVERSATIONS + "/{id}/items", {"items": MESSAGES}, id=made)["data"][0]["id"]
    ask("GET", CONVERSATIONS + "/{id}/items/{item}", id=made, item=added)
    ask("DELETE", CONVERSATIONS + "/{id}/items/{item}", id=made, item=added)
    ask("DELETE", CONVERSATIONS + "/{id}", id=made)
    ask("POST", CONVERSATIONS)


@check
def messages():
    """Anthropic's messages: whole, with calls, streamed, counted"""
    tool = {"name": "get_weather", "input_schema": PARAMETERS}
    body = {"messages": MESSAGES} | SHORT
    ask("POST", ANTHROPIC, body | {"system": "Be brief.", "stop_sequences": ["a"]})
    called = ask("POST", ANTHROPIC, body | {"tools": [tool], "tool_choice": {"type": "any"}, "max_tokens": 40})
    equal(called["content"][-1]["type"], "tool_use")
    ask("POST", ANTHROPIC, body | {"stream": True})
    streamed = ask(
        "POST", ANTHROPIC, body | {"stream": True, "tools": [tool], "tool_choice": {"type": "any"}, "max_tokens": 40})
    assert any(event.get("delta", {}).get("type") == "input_json_delta" for event in streamed), streamed
    ask("POST", ANTHROPIC + "/count_tokens", {"messages": MESSAGES})


@check
def sessions():
    """sessions: made, continued, listed, shown, forked, rewound, moved, as a file, restored, deleted"""
    made = ask("POST", SESSIONS, {"messages": MESSAGES, "metadata": {"a": "b"}})["id"]
    ask("POST", CHAT, {"session_id": made, "messages": MESSAGES} | SHORT)
    ask("POST", CHAT, {"session_id": made, "messages": MESSAGES, "stream": True} | SHORT)
    ask("POST", COMPLETIONS, {"session_id": made, "prompt": "And"} | SHORT)
    ask("GET", SESSIONS, query="?limit=2")
    ask("GET", SESSIONS + "/{id}", id=made, query="?include=token_ids,text")
    fork = ask("POST", SESSIONS + "/{id}/fork", {"messages": 1}, id=made)["id"]
    assert ask("GET", SESSIONS + "/{id}", id=fork)["parents"]
    ask("POST", SESSIONS + "/{id}/rewind", {"messages": 1}, id=made)
    refused("POST", SESSIONS + "/{id}/move", {}, 409, id=made)        # there is one replica of attention
    ask("POST", SESSIONS + "/{id}/snapshot", {}, id=made)
    file = ask("GET", SESSIONS + "/{id}/snapshot", id=made)
    part = ask("GET", SESSIONS + "/{id}/snapshot", None, 206, headers={"Range": "bytes=8-15"}, id=made)
    equal(part, file[8:16])
    refused("GET", SESSIONS + "/{id}/snapshot", None, 416, headers={"Range": "bytes=999999999-"}, id=made)
    restored = ask("POST", SESSIONS, file, headers={"Content-Type": "application/octet-stream"})["id"]
    for session in (made, fork, restored):
        ask("DELETE", SESSIONS + "/{id}", id=session)
    refused("GET", SESSIONS + "/{id}", None, 404, id=made)


@check
def small_ones():
    """embeddings, tokens, models and the server"""
    ask("POST", "/v1/embeddings", {"input": ["a", "b"], "encoding_format": "base64"})
    for root in ("", "/v1"):
        tokens = ask("POST", root + "/tokenize", {"messages": MESSAGES, "return_token_strs": True})["tokens"]
        ask("POST", root + "/detokenize", {"tokens": tokens})
        ask("GET", root + "/tokenizer_info")
    version = {"anthropic-version": "2023-06-01"}
    for headers in ({}, version):
        listed = ask("GET", "/v1/models", headers=headers)["data"]
        ask("GET", "/v1/models/{id}", headers=headers, id=listed[0]["id"])
        refused("GET", "/v1/models/{id}", None, 404, headers=headers, id="nobody/knows")
    assert b"/docs" in ask("GET", "/")


# Refusals.


@check
def refusals():
    """refusals, in the form of each format"""
    for path in (CHAT, COMPLETIONS, ANTHROPIC, RESPONSES, SESSIONS, "/v1/embeddings", "/tokenize"):
        refused("POST", path, b"[")
        refused("POST", path, {"model": 1})
        refused("POST", path, {"model": "another"}, 404)
        refused("POST", path, b"x", 415, headers={"Content-Encoding": "br"})
    for path in (RESPONSES, CONVERSATIONS, SESSIONS, CHAT):
        refused("GET", path + "/{id}", None, 404, id="nobody")
        refused("DELETE", path + "/{id}", None, 404, id="nobody")
    refused("POST", CHAT, {"messages": MESSAGES, "timeout": 0.001, "max_tokens": 500, "ignore_eos": True}, 504)
    refused("GET", SESSIONS, None, query="?limit=0x10")
    refused("GET", SESSIONS, None, query="?limit=101")


@check
def wrong_methods():
    """a method that a path does not know is a 405 that tells those it knows"""
    for path, endpoints in DOCUMENT["paths"].items():
        real = path.replace("{", "").replace("}", "")
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            if method.lower() in endpoints:
                continue
            status, headers, content = send(method, real)
            equal(status, 405, f"{method} {real}")
            allowed = {name.lower() for name in headers["allow"].split(", ")}
            equal(allowed - {"head", "options"}, set(endpoints), real)
            validate(json.loads(content), {"$ref": "#/components/schemas/" + (
                "MessagesError" if path.startswith(ANTHROPIC) else "Error")})


@check
def keys():
    """what asks for a key is documented so, and refuses a wrong one as documented"""
    wrong = {"Authorization": "Bearer wrong"}
    for method, path, operation in operations():
        equal("401" in operation["responses"], bool(operation["security"]), f"{method} {path}")
        if operation["security"] and KEY and path in (CHAT, ANTHROPIC, SESSIONS, "/v1/models", "/tokenizer_info"):
            refused(method, path, {} if method == "POST" else None, 401, headers=wrong)
        elif not operation["security"] and "{" not in path and method == "GET":
            ask(method, path, headers=wrong)


main()
