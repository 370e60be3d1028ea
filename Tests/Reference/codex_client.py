"""Checks a running server with requests like those of Codex CLI over ten turns.

    python3 codex_client.py [http://127.0.0.1:8080 [MODEL]]

They were made after what version 0.163.0 was seen to send: fields, kinds of items and tools, and lengths are its own,
the texts are others. Everything is sent again with each turn: our own items as we sent them, with their ids and status,
and the outputs of the functions.

The demo model does not call functions of itself, so nine turns differ from Codex's own by a `tool_choice` and what
makes the model write whole arguments; the tenth is free, and only told to end.
"""
import functools

from local_clients import MODEL, ask, call_fields, check, example, main, raises
from client_checks import equal
from replays import prose, reuse, stream

HEADERS = {
    "accept": "text/event-stream", "authorization": "Bearer unused", "originator": "codex_cli_rs",
    "user-agent": "codex_cli_rs/0.163.0 (Debian 12.0.0; x86_64) xterm", "version": "0.163.0",
    "openai-beta": "responses=experimental", "session-id": "019ac0de-0000-7000-8000-000000000001",
    "thread-id": "019ac0de-0000-7000-8000-000000000002", "x-codex-window-id": "019ac0de:0",
    "x-codex-turn-metadata": '{"sandbox":"none"}', "x-codex-beta-features": "multi_agent"}


def function(name, place, **properties):
    """A tool as Codex describes it: `strict` is false, each property has a text of its own."""
    described = {key: {"type": kind, "description": prose(place + index, 300)}
                 for index, (key, kind) in enumerate(properties.items(), 1)}
    return {"type": "function", "name": name, "description": prose(place, 1200), "strict": False,
            "parameters": {"type": "object", "properties": described, "required": list(properties)[:1],
                           "additionalProperties": False}}


TOOLS = [
    function("exec_command", 1, cmd="string", workdir="string", yield_time_ms="number", login="boolean"),
    function("write_stdin", 2, session_id="number", chars="string", yield_time_ms="number"),
    function("update_plan", 3, explanation="string", plan="string"),
    function("request_user_input", 4, questions="string"), function("view_image", 5, path="string"),
    function("apply_patch", 6, input="string"), function("list_mcp_resources", 7, server="string", cursor="string"),
    {"type": "namespace", "name": "multi_agent", "description": prose(8, 600), "tools": [
        function("spawn_agent", 9, message="string", agent_type="string"), function("wait", 10, ids="string")]},
    {"type": "web_search", "external_web_access": True},
    {"type": "a_tool_of_tomorrow", "name": "telepathy", "settings": {"range": 5}}]


def message(role, *texts):
    return {"type": "message", "role": role, "content": [{"type": "input_text", "text": text} for text in texts]}


FIRST = [
    message("developer", prose(20, 9000), prose(21, 6000), "# AGENTS.md\n" + prose(22, 1500)),
    message("user", "<environment_context>\n  <cwd>/repo</cwd>\n  <shell>bash</shell>\n</environment_context>"),
    message("user", "List the files. " + example("exec_command", '{"cmd":"ls"}'))]

# What each forced turn calls: the function as a client names it, its namespace, its arguments.
CALLS = [("exec_command", None, '{"cmd":"ls"}')] * 4 + [
    ("update_plan", None, "{}"), ("spawn_agent", "multi_agent", "{}"), ("exec_command", None, "{}"),
    ("wait", "multi_agent", "{}"), ("exec_command", None, "{}")]


def body(input):
    return {
        "model": MODEL, "input": input, "tools": TOOLS, "tool_choice": "auto", "parallel_tool_calls": True,
        "reasoning": {"summary": "auto"}, "store": False, "stream": True, "include": ["reasoning.encrypted_content"],
        "prompt_cache_key": "019ac0de-0000-7000-8000-000000000002",
        "client_metadata": {"x-codex-installation-id": "5b1c", "turn": {"id": "019ac0de"}}}


def forced(call):
    name, namespace, arguments = call
    choice = f"{namespace}.{name}" if namespace else name
    return {"tool_choice": {"type": "function", "name": choice}, "temperature": 0, **call_fields(arguments)}


# Six tokens, then the end.
ENDING = {"temperature": 0, "min_tokens": 6, "logit_bias": {"4090": 100}}


def output(turn, call):
    """A function's output in the three forms that Codex has sent."""
    text = f"Chunk ID: {turn}\nWall time: 0.1 seconds\nProcess exited with code 0\nOutput:\n" + prose(30 + turn, 1200)
    return {"type": "function_call_output", "id": f"fco_{turn}", "call_id": call["call_id"],
            "output": [{"type": "input_text", "text": text}] if turn % 3 == 2 else text}


@functools.cache
def turns():
    """The events of ten turns."""
    history, found = list(FIRST), []
    for turn in range(10):
        fields = forced(CALLS[turn]) if turn < len(CALLS) else ENDING
        events = stream("/v1/responses", HEADERS, body(history) | fields)
        found.append(events)
        items = [data["item"] for name, data in events if name == "response.output_item.done"]
        if turn == 1:               # of another provider, with whom the conversation began
            history.append({"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Hm."}],
                            "content": None, "encrypted_content": "gAAAAABforeign"})
        history += items
        history += [output(turn, item) for item in items if item["type"] == "function_call"]
    return found


def last(events):
    return events[-1][1]["response"]


@check
def accepted():
    """all ten turns are accepted, and end with response.completed: anything else is a failure to Codex"""
    equal([events[-1][0] for events in turns()], ["response.completed"] * 10)
    equal([events[0][0] for events in turns()], ["response.created"] * 10)


@check
def in_order():
    """the events are numbered without a gap, and every item of the answer was announced and is done"""
    for events in turns():
        equal([data["sequence_number"] for _, data in events], list(range(len(events))))
        added = [data["item"]["id"] for name, data in events if name == "response.output_item.added"]
        done = [data["item"] for name, data in events if name == "response.output_item.done"]
        equal((added, done), ([item["id"] for item in done], last(events)["output"]))


@check
def calls():
    """every forced call is parsed, with its function's namespace and whole arguments; the free turn is a message"""
    for (name, namespace, arguments), events in zip(CALLS, turns()):
        items = last(events)["output"]
        found = [tuple(item.get(key) for key in ("type", "name", "namespace", "arguments", "status")) for item in items]
        equal(found, [("function_call", name, namespace, arguments, "completed")])
        pieces = [data["delta"] for kind, data in events if kind == "response.function_call_arguments.delta"]
        equal("".join(pieces), arguments)
    equal([item["type"] for item in last(turns()[-1])["output"]], ["message"])
    identities = [item["call_id"] for events in turns() for item in last(events)["output"] if "call_id" in item]
    equal(len(set(identities)), 9, "different call ids")


@check
def reused():
    """each turn reuses the messages of the one before: only tools and what is new are read"""
    usages = [last(events)["usage"] for events in turns()]
    with_tools = usages[0]["input_tokens"]
    without = ask("/v1/responses", body(FIRST) | ENDING | {"tools": [], "stream": False})["usage"]["input_tokens"]
    read = [(usage["input_tokens"], usage["input_tokens_details"]["cached_tokens"]) for usage in usages]
    grown = max(after - before for (before, _), (after, _) in zip(read, read[1:]))
    print("     read, of these reused: " + ", ".join(f"{all} {some}" for all, some in read)
          + f"; tools {with_tools - without}")
    # The prompt of a forced call, and an answer that is read again, may be a few other tokens at their ends.
    reuse(read, with_tools - without + grown + 32)


@check
def passed_over():
    """tools of unknown types are passed over: the prompt is the same without them"""
    some = [tool for tool in TOOLS if tool["type"] in ("function", "namespace")]
    plain = body(FIRST) | ENDING | {"stream": False}
    more, less = (ask("/v1/responses", plain | {"tools": tools}) for tools in (TOOLS, some))
    equal(more["usage"]["input_tokens"], less["usage"]["input_tokens"])
    equal(more["output"][0]["content"], less["output"][0]["content"])


@check
def refused():
    """a call's output without its call is refused with words"""
    lost = {"type": "function_call_output", "call_id": "call_lost", "output": "1"}
    raises(AssertionError, lambda: ask("/v1/responses", body([*FIRST, lost]) | {"stream": False}), "call_lost")


if __name__ == "__main__":
    main()
