"""Checks the Responses and Conversations of a running server with OpenAI's own Python client, as agents use them.

    python3 responses_client.py [http://127.0.0.1:8080/v1 [MODEL]]

Every check prints ok or FAIL with what was found; the last line counts them; exit status 1 if one failed. The checks
ask nothing of the model's wit: any checkpoint will do. Every answer and every event is also read by the client's types
strictly, without its usual leniency towards what is missing or of another type. Written against openai 3.57.
"""
import sys
import time

import openai
import pydantic
from openai.types import responses as types
from openai.types.conversations import Conversation, ConversationItemList
from openai.types.responses.response_item_list import ResponseItemList

from client_checks import check, equal, main

BASE_URL = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8080/v1"
MODEL = sys.argv[2] if len(sys.argv) > 2 else "demo"
CLIENT = openai.OpenAI(base_url=BASE_URL, api_key="unused", max_retries=0, timeout=120)
WEATHER = {
    "type": "function", "name": "get_weather", "description": "Tells the weather.", "strict": True,
    "parameters": {
        "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"],
        "additionalProperties": False,
    },
}
EVENT = pydantic.TypeAdapter(types.ResponseStreamEvent)


def strictly(kind, value):
    """Reads a value by the client's types; what is missing, or of another type, raises."""
    return pydantic.TypeAdapter(kind).validate_python(value.to_dict(), strict=True)


def respond(**options):
    return CLIENT.responses.create(
        **({"model": MODEL, "input": "Who are you?", "max_output_tokens": 16, "temperature": 0} | options))


def expect_error(kind, call, param=None, code=None):
    try:
        call()
    except openai.APIStatusError as error:
        assert type(error) is kind, f"expected {kind.__name__}, found {type(error).__name__}: {error}"
        if param is not None:
            equal(error.param, param, "param")
        if code is not None:
            equal(error.code, code, "code")
        return
    raise AssertionError(f"expected {kind.__name__}, the call succeeded")


def read(stream):
    """All events of a stream, read strictly, numbered without a gap."""
    events = list(stream)
    for event in events:
        EVENT.validate_python(event.to_dict(), strict=True)
    equal([event.sequence_number for event in events], list(range(len(events))), "sequence numbers")
    return events


def text_of(events):
    return "".join(event.delta for event in events if event.type == "response.output_text.delta")


@check
def plain():
    """a response answers with every field, and is shown again as it was"""
    answer = respond(instructions="You are a helpful assistant.", metadata={"topic": "demo"})
    strictly(types.Response, answer)
    assert answer.output_text, "empty text"
    assert answer.status in ("completed", "incomplete"), answer.status
    assert answer.usage.input_tokens > 0 and 0 < answer.usage.output_tokens <= 16, answer.usage
    equal(CLIENT.responses.retrieve(answer.id).to_dict(), answer.to_dict())


@check
def streamed():
    """a stream's deltas join to the plain answer; its last event has the whole response with usage"""
    plain, events = respond(), read(respond(stream=True))
    equal(text_of(events), plain.output_text)
    equal([event.type for event in events[:3]],
          ["response.created", "response.in_progress", "response.output_item.added"])
    last = events[-1]
    equal(last.type, f"response.{plain.status}")
    equal(last.response.output_text, plain.output_text)
    equal(last.response.usage.output_tokens, plain.usage.output_tokens)
    equal(CLIENT.responses.retrieve(last.response.id).to_dict(), last.response.to_dict())


@check
def stream_helper():
    """the client's own stream helper assembles the response"""
    with CLIENT.responses.stream(model=MODEL, input="Who are you?", max_output_tokens=16, temperature=0) as stream:
        events = list(stream)
    final = events[-1].response
    equal(final.output_text, respond().output_text)


@check
def logprobs():
    """log-probabilities stand beside the text"""
    answer = respond(include=["message.output_text.logprobs"], top_logprobs=2)
    strictly(types.Response, answer)
    tokens = answer.output[0].content[0].logprobs
    equal(len(tokens), answer.usage.output_tokens)
    assert all(len(token.top_logprobs) == 2 and token.logprob <= 0 for token in tokens)
    read(respond(include=["message.output_text.logprobs"], top_logprobs=2, stream=True))


@check
def tools():
    """a call comes back as a call, whole and streamed; a call and its result are read in the next turn"""
    # The demo model was not trained to call functions. Brackets (token 90 of byte-level vocabularies) are forced on it,
    # so that the call is cut off.
    forced = {"tools": [WEATHER], "tool_choice": {"type": "function", "name": "get_weather"},
              "extra_body": {"logit_bias": {"90": 100}}}
    answer = respond(**forced)
    strictly(types.Response, answer)
    call = answer.output[-1]
    equal((call.type, call.name, call.status), ("function_call", "get_weather", "incomplete"))
    assert call.arguments.startswith("{") and call.call_id, call
    events = read(respond(stream=True, **forced))
    equal("".join(e.delta for e in events if e.type == "response.function_call_arguments.delta"), call.arguments)
    equal([e.arguments for e in events if e.type == "response.function_call_arguments.done"], [call.arguments])
    question = {"role": "user", "content": "Who are you?"}
    made = {"type": "function_call", "call_id": "call_1", "name": "get_weather", "arguments": '{"city": "Rome"}'}
    result = {"type": "function_call_output", "call_id": "call_1", "output": '{"degrees": 21}'}
    first = respond(input=[question, made, result], tools=[WEATHER])
    again = {"role": "user", "content": "And tomorrow?"}
    stateful = respond(previous_response_id=first.id, input=[again], tools=[WEATHER])
    said = [item.to_dict() for item in first.output]
    stateless = respond(store=False, input=[question, made, result, *said, again], tools=[WEATHER])
    equal(stateless.output_text, stateful.output_text)
    equal(stateless.usage.input_tokens, stateful.usage.input_tokens)
    expect_error(openai.BadRequestError, lambda: respond(input=[result]))


@check
def previous():
    """a response goes on from another, which is reused, and two may go on from one"""
    first = respond(input="Who are you? " * 30)
    second = respond(previous_response_id=first.id, input="And who am I?")
    again = respond(previous_response_id=first.id, input="And who am I?")
    equal(second.output_text, again.output_text)
    assert second.usage.input_tokens > first.usage.input_tokens + first.usage.output_tokens
    # The end of the answer may be other tokens when its text is read again.
    reused, had = second.usage.input_tokens_details.cached_tokens, first.usage.input_tokens
    assert reused >= had - 4, f"{reused} of the first turn's {had} tokens were reused"
    resent = respond(store=False, input=[{"role": "user", "content": "Who are you? " * 30},
                                         *[item.to_dict() for item in first.output],
                                         {"role": "user", "content": "And who am I?"}])
    equal(resent.output_text, second.output_text)
    expect_error(openai.BadRequestError, lambda: respond(previous_response_id="resp_no"),
                 param="previous_response_id", code="previous_response_not_found")


@check
def input_items():
    """input items are listed in pages"""
    answer = respond(input=[{"role": "user", "content": str(index)} for index in range(5)])
    page = CLIENT.responses.input_items.list(answer.id, order="asc", limit=2)
    ResponseItemList.model_validate(page.to_dict() | {"object": "list"}, strict=True)
    equal([item.content[0].text for item in page], ["0", "1", "2", "3", "4"])


@check
def deleted():
    """a deleted response is not found"""
    answer = respond()
    CLIENT.responses.delete(answer.id)
    expect_error(openai.NotFoundError, lambda: CLIENT.responses.retrieve(answer.id))
    answer = respond(store=False)
    expect_error(openai.NotFoundError, lambda: CLIENT.responses.retrieve(answer.id))


@check
def conversations():
    """a conversation is kept by its responses; items are added, listed, shown and deleted"""
    conversation = CLIENT.conversations.create(
        items=[{"type": "message", "role": "system", "content": "You are a helpful assistant."}], metadata={"a": "b"})
    strictly(Conversation, conversation)
    first = respond(conversation=conversation.id)
    strictly(types.Response, first)
    second = respond(conversation=conversation.id, input="And who am I?")
    assert second.usage.input_tokens > first.usage.input_tokens
    items = CLIENT.conversations.items.list(conversation.id, order="asc")
    strictly(ConversationItemList, items)
    equal([item.role for item in items.data], ["system", "user", "assistant", "user", "assistant"])
    item = CLIENT.conversations.items.retrieve(items.data[1].id, conversation_id=conversation.id)
    equal(item.content[0].text, "Who are you?")
    added = CLIENT.conversations.items.create(conversation.id, items=[{"role": "user", "content": "more"}])
    strictly(ConversationItemList, added)
    CLIENT.conversations.items.delete(added.data[0].id, conversation_id=conversation.id)
    equal(CLIENT.conversations.update(conversation.id, metadata={"c": "d"}).metadata, {"c": "d"})
    equal(CLIENT.conversations.retrieve(conversation.id).metadata, {"c": "d"})
    equal(CLIENT.conversations.delete(conversation.id).deleted, True)
    expect_error(openai.NotFoundError, lambda: CLIENT.conversations.retrieve(conversation.id))
    expect_error(openai.NotFoundError, lambda: respond(conversation=conversation.id), param="conversation")


@check
def background():
    """a response in the background is polled, streamed again from any event, and cancelled"""
    begun = respond(background=True)
    strictly(types.Response, begun)
    assert begun.status in ("queued", "in_progress"), begun.status
    answer = begun
    while answer.status in ("queued", "in_progress"):
        time.sleep(0.05)
        answer = CLIENT.responses.retrieve(begun.id)
    equal(answer.output_text, respond().output_text)
    events = read(CLIENT.responses.retrieve(begun.id, stream=True))
    equal(events[-1].response.to_dict(), answer.to_dict())
    tail = list(CLIENT.responses.retrieve(begun.id, stream=True, starting_after=3))
    equal([event.to_dict() for event in tail], [event.to_dict() for event in events[4:]])
    live = read(respond(background=True, stream=True))
    equal(text_of(live), answer.output_text)
    long = respond(background=True, max_output_tokens=2000, extra_body={"ignore_eos": True})
    equal(CLIENT.responses.cancel(long.id).status, "cancelled")
    equal(CLIENT.responses.retrieve(long.id).status, "cancelled")
    expect_error(openai.BadRequestError, lambda: CLIENT.responses.cancel(respond().id))


CODEX = {
    "store": False, "stream": True, "tool_choice": "auto", "parallel_tool_calls": True,
    "reasoning": {"summary": "auto"}, "include": ["reasoning.encrypted_content"], "prompt_cache_key": "019a",
    "extra_body": {"client_metadata": {"x-codex-installation-id": "a"}}, "max_output_tokens": 48,
    "tools": [
        {"type": "function", "name": "exec_command", "description": "Runs a command.", "strict": False,
         "parameters": {"type": "object", "properties": {"cmd": {"type": "string"}}, "required": ["cmd"],
                        "additionalProperties": False}},
        {"type": "function", "name": "update_plan", "description": "Updates the plan.", "strict": False,
         "parameters": {"type": "object", "properties": {}, "additionalProperties": False}},
        {"type": "namespace", "name": "multi_agent", "description": "Other agents.", "tools": [
            {"type": "function", "name": "spawn", "description": "Starts an agent.", "strict": False,
             "parameters": {"type": "object", "properties": {"task": {"type": "string"}}, "required": ["task"]}}]},
        {"type": "web_search", "external_web_access": True},
    ],
}
CODEX_INPUT = [
    {"type": "message", "role": "developer",
     "content": [{"type": "input_text", "text": "You are a coding agent. " * 20}]},
    {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "<environment_context>"}]},
    {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "List the files."}]},
]


@check
def codex():
    """two turns of Codex CLI, but for their length, are answered, and the second reuses the first"""
    first = read(respond(input=CODEX_INPUT, **CODEX))[-1].response
    assert first.status in ("completed", "incomplete"), first.status
    ours = [item.to_dict() for item in first.output if item.status == "completed"]
    turn = [
        *CODEX_INPUT, {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAAAABforeign"}, *ours,
        {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "exec_command", "status": "completed",
         "arguments": '{"cmd":"ls"}'},
        {"type": "function_call", "id": "fc_2", "call_id": "call_2", "namespace": "multi_agent", "name": "spawn",
         "arguments": '{"task":"look"}'},
        {"type": "function_call_output", "id": "fco_1", "call_id": "call_1", "output": "Exit code: 0\nOutput:\na.txt"},
        {"type": "function_call_output", "id": "fco_2", "call_id": "call_2",
         "output": [{"type": "input_text", "text": "done"}]},
    ]
    events = read(respond(input=turn, **CODEX))
    items = [event.item for event in events if event.type == "response.output_item.done"]
    equal([item.id for item in items], [item.id for item in events[-1].response.output])
    reused = events[-1].response.usage.input_tokens_details.cached_tokens
    assert reused > 100, f"{reused} tokens were reused"


@check
def parameters():
    """what cannot be honoured is a BadRequestError that names it"""
    expect_error(openai.BadRequestError, lambda: respond(text={"format": {"type": "json_object"}}), param="text.format")
    expect_error(openai.BadRequestError, lambda: respond(max_output_tokens=10**9), code="context_length_exceeded")
    picture = {"type": "input_image", "image_url": "data:image/png;base64,", "detail": "auto"}
    image = {"role": "user", "content": [picture]}
    expect_error(openai.BadRequestError, lambda: respond(input=[image]), param="input[0].content[0]")
    expect_error(openai.NotFoundError, lambda: respond(model="no-such-model"), code="model_not_found")


if __name__ == "__main__":
    main()
