"""Checks a running server with requests like those of Claude Code over ten turns.

    python3 claude_code_client.py [http://127.0.0.1:8080 [MODEL]]

They were made after what version 2.1.332 was seen to send: fields, kinds of blocks and tools, and lengths are its own,
the texts are others. Everything is sent again with each turn: our own blocks, and the results of the tools.

The demo model does not use tools of itself, so nine turns differ from Claude Code's own by a `tool_choice` and what
makes the model write `{}`, the only arguments that it can behind so long a prompt; the tenth is free, and only told to
end.
"""
import copy
import functools
import json

from local_clients import MODEL, ask, call_fields, check, example, main, raises
from client_checks import equal
from replays import prose, reuse, stream

PATH = "/v1/messages?beta=true"
HEADERS = {
    "accept": "application/json", "authorization": "Bearer unused", "anthropic-version": "2023-06-01",
    "anthropic-beta": "claude-code-20250219,interleaved-thinking-2025-05-14,context-management-2025-06-27,"
                      "advanced-tool-use-2025-11-20,effort-2025-11-24,something-2027-01-01",
    "anthropic-dangerous-direct-browser-access": "true", "user-agent": "claude-cli/2.1.332 (external, cli)",
    "x-app": "cli", "x-stainless-lang": "js", "x-stainless-helper-method": "stream"}
CACHED = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}


def tool(name, place, properties, **more):
    """A tool as Claude Code describes it: without a type, each property with a text of its own."""
    described = {key: {"type": "string", "description": prose(place + index, 200)}
                 for index, key in enumerate(properties.split(), 1)}
    return {"name": name, "description": prose(place, 1800), "input_schema": {
        "$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "properties": described,
        "required": properties.split()[:1], "additionalProperties": False}, **more}


TOOLS = [
    tool("Agent", 1, "description prompt subagent_type"), tool("Bash", 2, "command timeout description"),
    tool("Edit", 3, "file_path old_string new_string"), tool("Glob", 4, "pattern path"),
    tool("Grep", 5, "pattern path glob output_mode"), tool("NotebookEdit", 6, "notebook_path new_source"),
    tool("Read", 7, "file_path offset limit"), tool("Skill", 8, "skill args"), tool("TaskOutput", 9, "task_id block"),
    tool("TodoWrite", 10, "todos"), tool("WebFetch", 11, "url prompt", defer_loading=True),
    tool("Write", 12, "file_path content")]
UNKNOWN = [{"type": "web_search_20260209", "name": "web_search", "max_uses": 8},
           {"type": "tool_search_tool_regex_20251119", "name": "tool_search_tool_regex"},
           {"type": "telepathy_20270101", "name": "telepathy", "range": 5}]
ENVIRONMENT = "# Environment\n - Working directory: /repo\n - Platform: linux\n" + prose(22, 1500)
FIRST = [{"role": "user", "content": [
    {"type": "text", "text": "<system-reminder>\n" + prose(23, 1200) + "\n</system-reminder>\n"},
    {"type": "text", "text": "List the files.", **CACHED}]}]

# What each forced turn calls.
CALLS = ["Bash", "Read", "Bash", "Grep", "Edit", "TodoWrite", "Bash", "WebFetch", "Agent"]


def body(history, turn=0, **more):
    """The request of a turn. The system message in its midst is a list of parts at first, and a string from then on;
    the header of the first block changes with each turn."""
    block = ENVIRONMENT if turn else [{"type": "text", "text": ENVIRONMENT, **CACHED}]
    return {
        "model": MODEL, "max_tokens": 32000, "stream": True,
        "system": [
            {"type": "text", "text": f"x-anthropic-billing-header: cc_version=2.1.332.{turn:x}; cch={turn:05x};"},
            {"type": "text", "text": "You are Claude Code, Anthropic's official CLI for Claude.", **CACHED},
            {"type": "text", "text": prose(20, 9000) + "\n" + prose(21, 4000), **CACHED}],
        "messages": [history[0], {"role": "system", "content": block}, *history[1:]], "tools": TOOLS,
        "metadata": {"user_id": '{"device_id":"5b1c","session_id":"019ac0de"}'},
        "thinking": {"type": "adaptive", "display": "omitted"}, "output_config": {"effort": "high"},
        "context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]}, **more}


def forced(name, arguments="{}"):
    return {"tool_choice": {"type": "tool", "name": name}, "temperature": 0, **call_fields(arguments)}


# Six tokens, then the end.
ENDING = {"temperature": 0, "min_tokens": 6, "logit_bias": {"4090": 100}}


def result(turn, block):
    """A tool's result: a text, or one that failed; the last one marks what is to be kept."""
    failed = {"is_error": True} if turn % 4 == 3 else {"is_error": False} if turn % 2 else {}
    return {"type": "tool_result", "tool_use_id": block["id"], "content": prose(30 + turn, 1200), **failed, **CACHED}


def without_marks(history):
    """The messages as the next turn sends them: only the newest one is marked."""
    history = copy.deepcopy(history)
    for message in history:
        for block in message["content"]:
            block.pop("cache_control", None)
    return history


def assembled(events):
    """The message that a stream's events make, as Anthropic's clients put it together."""
    message = copy.deepcopy(events[0][1]["message"])
    for name, data in events[1:]:
        if name == "content_block_start":
            equal(data["index"], len(message["content"]), "index of a block")
            message["content"].append(data["content_block"] | {"partial": ""})
        elif name == "content_block_delta":
            delta = data["delta"]
            message["content"][data["index"]]["partial"] += delta.get("partial_json", delta.get("text", ""))
        elif name == "content_block_stop":
            block = message["content"][data["index"]]
            partial = block.pop("partial")
            block |= {"input": json.loads(partial)} if block["type"] == "tool_use" else {"text": partial}
        elif name == "message_delta":
            message |= data["delta"]
            message["usage"] |= data["usage"]
    return message


@functools.cache
def turns():
    """The events of ten turns."""
    history, found = FIRST, []
    for turn in range(10):
        fields = forced(CALLS[turn]) if turn < len(CALLS) else ENDING
        events = stream(PATH, HEADERS, body(history, turn, **fields))
        found.append(events)
        content = assembled(events)["content"]
        results = [result(turn, block) for block in content if block["type"] == "tool_use"]
        history = without_marks(history)
        history += [{"role": "assistant", "content": content}, {"role": "user", "content": results}]
    return found


@check
def accepted():
    """all ten turns are accepted, with the events in Anthropic's order"""
    for events in turns():
        names = [name for name, _ in events]
        equal(names[:2] + names[-3:],
              ["message_start", "content_block_start", "content_block_stop", "message_delta", "message_stop"])


@check
def calls():
    """every forced call is parsed into an object; the free turn is a text"""
    for name, events in zip(CALLS, turns()):
        message = assembled(events)
        equal([(block["type"], block["name"], block["input"]) for block in message["content"]],
              [("tool_use", name, {})])
        equal(message["stop_reason"], "tool_use")
    message = assembled(turns()[-1])
    equal(([block["type"] for block in message["content"]], message["stop_reason"]), (["text"], "end_turn"))
    identities = [block["id"] for events in turns() for block in assembled(events)["content"] if "id" in block]
    equal(len(set(identities)), 9, "different ids of calls")


@check
def arguments():
    """where the prompt is short enough for the demo model to write arguments, they come as pieces of an object"""
    question = {"role": "user", "content": [{"type": "text", "text": example("Bash", '{"command":"ls"}')}]}
    short = body([question], 1, **forced("Bash", '{"command":"ls"}'))
    short |= {"system": short["system"][:2], "tools": [TOOLS[1]]}
    short["messages"][1]["content"] = "# Environment"
    message = assembled(stream(PATH, HEADERS, short))
    equal([block.get("input") for block in message["content"]], [{"command": "ls"}])
    equal(ask(PATH, short | {"stream": False})["content"][0]["input"], {"command": "ls"})


@check
def reused():
    """each turn reuses the messages of the one before: only tools and what is new are read"""
    read = []
    for events in turns():
        usage = events[0][1]["message"]["usage"]
        read.append((usage["input_tokens"] + usage["cache_read_input_tokens"] + usage["cache_creation_input_tokens"],
                     usage["cache_read_input_tokens"]))
        equal(assembled(events)["usage"]["cache_read_input_tokens"], read[-1][1])
    count = lambda tools: ask("/v1/messages/count_tokens?beta=true", {
        key: value for key, value in (body(FIRST) | {"tools": tools}).items() if key != "max_tokens"})["input_tokens"]
    tools = count(TOOLS) - count([])
    grown = max(after - before for (before, _), (after, _) in zip(read, read[1:]))
    print("     read, of these reused: " + ", ".join(f"{all} {some}" for all, some in read) + f"; tools {tools}")
    # The prompt of a forced call, and an answer that is read again, may be a few other tokens at their ends.
    reuse(read, tools + grown + 32)


@check
def counted():
    """count_tokens counts what a message reads"""
    counted = ask("/v1/messages/count_tokens?beta=true", {"model": MODEL, "messages": body(FIRST)["messages"],
                  "system": body(FIRST)["system"], "tools": TOOLS, "thinking": {"type": "adaptive"}})["input_tokens"]
    usage = ask(PATH, body(FIRST, **ENDING, stream=False))["usage"]
    equal(usage["input_tokens"] + usage["cache_read_input_tokens"] + usage["cache_creation_input_tokens"], counted)


@check
def once_more():
    """the same request with `stream: false`, as after an error, gives the same message"""
    for fields in (forced(CALLS[0]), ENDING):
        streamed = assembled(stream(PATH, HEADERS, body(FIRST, **fields)))
        whole = ask(PATH, body(FIRST, **fields, stream=False))
        alike = lambda message: [(block["type"], block.get("input"), block.get("text")) for block in message["content"]]
        equal(alike(streamed), alike(whole))
        equal(streamed["stop_reason"], whole["stop_reason"])


@check
def passed_over():
    """tools of unknown types are passed over: the prompt is the same without them"""
    plain = body(FIRST, **ENDING, stream=False)
    more, less = (ask(PATH, plain | {"tools": tools}) for tools in (TOOLS + UNKNOWN, TOOLS))
    equal(more["content"], less["content"])
    total = lambda usage: usage["input_tokens"] + usage["cache_read_input_tokens"]
    equal(total(more["usage"]), total(less["usage"]))


@check
def refused():
    """a model that is not there is told in words that Claude Code shows"""
    raises(AssertionError, lambda: ask(PATH, body(FIRST) | {"model": "claude-next", "stream": False}), "claude-next")


if __name__ == "__main__":
    main()
