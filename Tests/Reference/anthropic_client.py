"""Checks a running server with Anthropic's own Python client (pip install anthropic), as an application would use it.

    python3 anthropic_client.py [http://127.0.0.1:8080 [MODEL]]

Every check prints ok or FAIL with what was found; the last line counts them; exit status 1 if one failed. The checks
follow Anthropic's API reference and ask nothing of the model's wit: any checkpoint will do whose answers are longer than
a word. Written against anthropic 2.14.
"""
import asyncio
import json
import sys

import anthropic

from client_checks import check, equal, main

BASE_URL = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8080"
MODEL = sys.argv[2] if len(sys.argv) > 2 else "demo"
OPTIONS = {"base_url": BASE_URL, "api_key": "unused", "max_retries": 0, "timeout": 120}
CLIENT = anthropic.Anthropic(**OPTIONS)
SYSTEM = "You are a helpful assistant."
QUESTION = [{"role": "user", "content": "Who are you?"}]
TOOLS = [
    {"name": "get_weather", "description": "Tells the weather.",
     "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}},
    {"type": "web_search_20250305", "name": "web_search", "max_uses": 5}]


def options(**more):
    """A request whose answer is the same each time: this client has no `temperature` of its own."""
    return {"model": MODEL, "system": SYSTEM, "messages": QUESTION, "max_tokens": 16, "extra_body": {"temperature": 0}} | more


def create(**more):
    return CLIENT.messages.create(**options(**more))


def text(message):
    return "".join(block.text for block in message.content if block.type == "text")


def prompt_tokens(usage):
    """All tokens of a prompt, reused or not."""
    return usage.input_tokens + usage.cache_read_input_tokens + usage.cache_creation_input_tokens


def expect_error(kind, name, call, words=""):
    """The call must raise exactly this class of the client, with Anthropic's error in its body."""
    try:
        call()
    except anthropic.APIStatusError as error:
        assert type(error) is kind, f"expected {kind.__name__}, found {type(error).__name__}: {error}"
        equal(error.body["type"], "error", "type of the body")
        equal(error.body["error"]["type"], name, "type of the error")
        assert words in error.body["error"]["message"], f"{words!r} is not in {error.body['error']['message']!r}"
        assert error.request_id and error.request_id == error.body["request_id"], f"request id {error.request_id!r}"
        return
    raise AssertionError(f"expected {kind.__name__}, the call succeeded")


# ------------------------------------------------------------------------------------------------- models

@check
def models():
    """models.list holds the model; models.retrieve finds it"""
    listed = CLIENT.models.list()
    equal([model.id for model in listed], [MODEL])
    equal((listed.has_more, listed.first_id, listed.last_id), (False, MODEL, MODEL))
    model = CLIENT.models.retrieve(MODEL)
    equal((model.id, model.type, model.lifecycle), (MODEL, "model", "active"))
    assert model.display_name and model.created_at.year > 2000 and model.max_input_tokens > 0, f"{model}"


# ------------------------------------------------------------------------------------------------- messages

@check
def message_plain():
    """a message has every field, and the request's id"""
    message = create()
    equal((message.type, message.role, message.model), ("message", "assistant", MODEL))
    assert message.id.startswith("msg_") and message._request_id, f"id {message.id!r}, request {message._request_id!r}"
    equal([block.type for block in message.content], ["text"])
    assert message.content[0].text, "empty text"
    assert message.stop_reason in ("end_turn", "max_tokens"), f"stop_reason {message.stop_reason!r}"
    equal(message.stop_sequence, None)
    assert prompt_tokens(message.usage) > 0 and 0 < message.usage.output_tokens <= 16, f"usage {message.usage}"


@check
def message_length():
    """max_tokens cuts with stop_reason max_tokens; one beyond the context is no error"""
    message = create(max_tokens=3)
    equal((message.stop_reason, message.usage.output_tokens), ("max_tokens", 3))
    equal(create(max_tokens=10**6, stop_sequences=[text(create())[-3:]]).stop_reason, "stop_sequence")


@check
def message_system():
    """system as blocks, with the header of Claude Code, is the same as a string"""
    blocks = [{"type": "text", "text": "x-anthropic-billing-header: cc_version=2.1; cch=a5145;"},
              {"type": "text", "text": SYSTEM[:9]}, {"type": "text", "text": SYSTEM[9:], "cache_control": {"type": "ephemeral"}}]
    found, expected = create(system=blocks), create()
    equal((text(found), prompt_tokens(found.usage)), (text(expected), prompt_tokens(expected.usage)))


@check
def message_parts():
    """content as blocks gives the same answer as a string"""
    blocks = [{"role": "user", "content": [{"type": "text", "text": QUESTION[0]["content"], "cache_control": {"type": "ephemeral"}}]}]
    equal(text(create(messages=blocks)), text(create()))


@check
def message_stop():
    """a stop sequence ends the answer before it, and is told"""
    whole = text(create())
    assert len(whole) > 8, f"answer too short for this check: {whole!r}"
    for first, length in ((3, 5), (len(whole) // 2, 4)):
        stop = whole[first : first + length]
        message = create(stop_sequences=["\u0001never", stop])
        equal((text(message), message.stop_reason, message.stop_sequence), (whole[: whole.index(stop)], "stop_sequence", stop))
        with CLIENT.messages.stream(**options(stop_sequences=[stop])) as stream:
            final = stream.get_final_message()
        equal((text(final), final.stop_reason, final.stop_sequence), (text(message), "stop_sequence", stop), "streamed")


@check
def message_prefill():
    """an assistant's last message is gone on with"""
    message = create(messages=QUESTION + [{"role": "assistant", "content": "I am"}])
    assert message.content and not text(message).startswith("I am"), f"{message.content}"


@check
def message_stream():
    """a stream's events come in order and join to the plain answer, with its usage"""
    plain = create()
    events = list(create(stream=True))
    kinds = [event.type for event in events]
    equal(kinds[:2] + kinds[-3:], ["message_start", "content_block_start", "content_block_stop", "message_delta", "message_stop"])
    equal(set(kinds[2:-3]), {"content_block_delta"})
    equal("".join(event.delta.text for event in events[2:-3]), text(plain))
    equal((events[-2].delta.stop_reason, events[-2].usage.output_tokens), (plain.stop_reason, plain.usage.output_tokens))
    equal(prompt_tokens(events[0].message.usage), prompt_tokens(plain.usage), "tokens of the prompt")


@check
def message_stream_helper():
    """the client's own stream helper assembles the message"""
    with CLIENT.messages.stream(**options()) as stream:
        pieces = list(stream.text_stream)
        final = stream.get_final_message()
    plain = create()
    equal("".join(pieces), text(plain))
    equal((text(final), final.stop_reason, prompt_tokens(final.usage)), (text(plain), plain.stop_reason, prompt_tokens(plain.usage)))


@check
def message_stream_abandoned():
    """a stream closed after its first events leaves the server serving"""
    stream = create(stream=True, max_tokens=400)
    next(iter(stream))
    stream.close()
    create(max_tokens=1)


@check
def message_async():
    """the asynchronous client gets the same answer"""
    async def ask():
        async with anthropic.AsyncAnthropic(**OPTIONS) as client:
            return await client.messages.create(**options())

    equal(text(asyncio.run(ask())), text(create()))


# ------------------------------------------------------------------------------------------------- tools

def meaning(joined, whole):
    """What the pieces of a streamed input mean. An object that the model broke off is streamed as it is, and told whole as a text."""
    return whole if whole == {"INVALID_JSON": joined} else json.loads(joined or "{}")


@check
def tools_forced():
    """a forced call comes back as tool_use with an object, whole and streamed; where the model chooses, text is possible"""
    for choice in ({"type": "tool", "name": "get_weather"}, {"type": "any", "disable_parallel_tool_use": True}):
        message = create(tools=TOOLS, tool_choice=choice, max_tokens=24)
        blocks = [block for block in message.content if block.type == "tool_use"]
        if not blocks and choice["type"] == "any" and len(TOOLS) > 1:      # it wrote no function's name
            assert "functions." in text(message), f"{message.content}"
            with CLIENT.messages.stream(**options(tools=TOOLS, tool_choice=choice, max_tokens=24)) as stream:
                equal(text(stream.get_final_message()), text(message), "streamed")
            continue
        equal([block.name for block in blocks[:1]], ["get_weather"], f"{message.content}")
        assert blocks[0].id.startswith("toolu_") and isinstance(blocks[0].input, dict), f"{blocks[0]}"
        assert message.stop_reason in ("tool_use", "max_tokens"), f"stop_reason {message.stop_reason!r}"
        partial, names = {}, {}
        for event in create(tools=TOOLS, tool_choice=choice, max_tokens=24, stream=True):
            if event.type == "content_block_start" and event.content_block.type == "tool_use":
                names[event.index], partial[event.index] = event.content_block.name, ""
            if event.type == "content_block_delta" and event.delta.type == "input_json_delta":
                partial[event.index] += event.delta.partial_json
        equal(list(names.values()), [block.name for block in blocks])
        equal([meaning(joined, block.input) for block, joined in zip(blocks, partial.values())], [block.input for block in blocks])


CALL = {"role": "assistant", "content": [{"type": "text", "text": "I look."},
                                         {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"city": "Rome"}}]}


def result(content, **more):
    return {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": content, **more}]}


@check
def tools_history():
    """an earlier call and its result are part of the prompt, in any form of its content"""
    def tokens(*messages):
        return CLIENT.messages.count_tokens(model=MODEL, messages=QUESTION + list(messages), tools=TOOLS).input_tokens

    longer = json.loads(json.dumps(CALL))
    longer["content"][1]["input"]["city"] = "Rome, the capital of Italy"
    assert tokens(longer, result("3")) > tokens(CALL, result("3")) > tokens(), "the call's input does not count"
    equal(tokens(CALL, result([{"type": "text", "text": "Sunny"}], is_error=True)), tokens(CALL, result("Sunny")))
    message = create(messages=QUESTION + [CALL, result("Sunny")], tools=TOOLS)
    assert message.content, "no content"


@check
def count_tokens():
    """count_tokens counts what the message reads"""
    for more in ({}, {"tools": TOOLS}, {"tools": TOOLS, "tool_choice": {"type": "none"}}, {"thinking": {"type": "adaptive"}}):
        counted = CLIENT.messages.count_tokens(model=MODEL, system=SYSTEM, messages=QUESTION, **more)
        equal(counted.input_tokens, prompt_tokens(create(max_tokens=1, **more).usage), f"{more}")


@check
def beta():
    """what Claude Code sends beside its messages is accepted, with ?beta=true"""
    message = CLIENT.beta.messages.create(
        **options(tools=[TOOLS[0] | {"defer_loading": True}], metadata={"user_id": "someone"}),
        betas=["claude-code-20250219", "interleaved-thinking-2025-05-14"], thinking={"type": "adaptive", "display": "omitted"},
        context_management={"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]}, output_config={"effort": "high"})
    assert message.content, "no content"


# ------------------------------------------------------------------------------------------------- errors

@check
def error_unknown_model():
    """an unknown model is NotFoundError"""
    for call in (lambda: create(model="claude-next"), lambda: CLIENT.models.retrieve("claude-next"),
                 lambda: CLIENT.messages.count_tokens(model="claude-next", messages=QUESTION)):
        expect_error(anthropic.NotFoundError, "not_found_error", call, "claude-next")


@check
def error_unknown_endpoint():
    """an endpoint that is not there is NotFoundError"""
    expect_error(anthropic.NotFoundError, "not_found_error", lambda: CLIENT.messages.batches.list(), "/v1/messages/batches")


@check
def error_parameters():
    """what is wrong or cannot be honoured is BadRequestError that names it"""
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}
    for more, words in [
            ({"max_tokens": 0}, "max_tokens"), ({"messages": []}, "messages"), ({"stop_sequences": [""]}, "stop_sequences"),
            ({"messages": [{"role": "user", "content": [image]}]}, "this model reads text"),
            ({"messages": [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "no", "content": ""}]}]}, "tool_use_id"),
            ({"output_config": {"format": {"type": "json_schema", "schema": {}}}}, "output_config.format"),
            ({"tool_choice": {"type": "any"}}, "tool_choice"), ({"extra_body": {"temperature": -1}}, "temperature")]:
        expect_error(anthropic.BadRequestError, "invalid_request_error", lambda: create(**more), words)


@check
def error_stream():
    """a bad request for a stream fails as a status, before any event"""
    expect_error(anthropic.BadRequestError, "invalid_request_error", lambda: list(create(stream=True, max_tokens=0)), "max_tokens")


@check
def error_context():
    """a prompt beyond the context is BadRequestError, in the words that clients know"""
    longest = CLIENT.models.retrieve(MODEL).max_input_tokens
    messages = [{"role": "user", "content": "word " * (longest + 1)}]
    expect_error(anthropic.BadRequestError, "invalid_request_error", lambda: create(messages=messages), "prompt is too long")


@check
def error_then_answer():
    """after all those errors the server still answers"""
    create(max_tokens=1)


if __name__ == "__main__":
    main()
