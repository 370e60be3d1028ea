"""Checks a running server with litellm (pip install litellm), as an application would use it.

    python3 litellm_client.py [http://127.0.0.1:8080 [MODEL]]

What is said is compared with what the server says without a client. Written against litellm 1.110.
"""
import asyncio
import json

from local_clients import (
    CALL_FIELDS, CALL_QUESTION, MESSAGES, MODEL, QUESTION, SERVER, ask, chat, check, complete, main, raises)
from client_checks import equal

import litellm

litellm.suppress_debug_info = True

OPENAI = {"model": f"hosted_vllm/{MODEL}", "api_base": f"{SERVER}/v1", "api_key": "unused", "max_retries": 0}
PLAIN = OPENAI | {"messages": MESSAGES, "max_tokens": 16, "temperature": 0}
WEATHER = {"type": "function", "function": {
    "name": "get_weather", "description": "Tells the weather.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}}
FORCED = {"tools": [WEATHER], "tool_choice": {"type": "function", "function": {"name": "get_weather"}},
          "messages": [{"role": "user", "content": CALL_QUESTION}]}


@check
def completion():
    """completion gives the server's answer, by the providers openai and hosted_vllm"""
    for provider in ("openai", "hosted_vllm"):
        answer = litellm.completion(**PLAIN | {"model": f"{provider}/{MODEL}"})
        equal(answer.choices[0].message.content, chat(), provider)
        assert answer.usage.prompt_tokens > 0 and 0 < answer.usage.completion_tokens <= 16, answer.usage


@check
def streamed():
    """a stream joins to the answer, with usage; litellm's own builder makes the same of it"""
    chunks = list(litellm.completion(**PLAIN, stream=True, stream_options={"include_usage": True}))
    equal("".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices), chat())
    built = litellm.stream_chunk_builder(chunks)
    equal(built.choices[0].message.content, chat())
    equal(built.usage.prompt_tokens, litellm.completion(**PLAIN).usage.prompt_tokens)


@check
def asynchronous():
    """acompletion and its stream give the same answer"""
    async def both():
        plain = await litellm.acompletion(**PLAIN)
        stream = await litellm.acompletion(**PLAIN, stream=True)
        pieces = [chunk.choices[0].delta.content or "" async for chunk in stream]
        return plain.choices[0].message.content, "".join(pieces)

    equal(asyncio.run(both()), (chat(), chat()))


@check
def tools():
    """a forced call comes back as a call, whole and streamed; its result is answered"""
    answer = litellm.completion(**PLAIN | FORCED, extra_body=CALL_FIELDS)
    call = answer.choices[0].message.tool_calls[0]
    equal((call.function.name, json.loads(call.function.arguments)), ("get_weather", {"city": "Rome"}))
    equal(answer.choices[0].finish_reason, "tool_calls")
    chunks = list(litellm.completion(**PLAIN | FORCED, stream=True, extra_body=CALL_FIELDS))
    built = litellm.stream_chunk_builder(chunks)
    equal([made.function.arguments for made in built.choices[0].message.tool_calls], [call.function.arguments])
    turn = FORCED["messages"] + [answer.choices[0].message.model_dump(),
                                 {"role": "tool", "tool_call_id": call.id, "content": "Sunny"}]
    second = litellm.completion(**PLAIN | {"messages": turn, "tools": [WEATHER]})
    equal(second.choices[0].message.content, chat(turn, tools=[WEATHER]))


@check
def responses():
    """responses() answers, streams, and goes on from a response"""
    options = OPENAI | {"model": f"openai/{MODEL}", "max_output_tokens": 16, "temperature": 0}
    first = litellm.responses(input=QUESTION, **options)
    said = ask("/v1/responses", {"input": QUESTION, "max_output_tokens": 16, "temperature": 0})
    equal(first.output[0].content[0].text, said["output"][0]["content"][0]["text"])
    events = list(litellm.responses(input=QUESTION, stream=True, **options))
    equal("".join(event.delta for event in events if event.type == "response.output_text.delta"),
          first.output[0].content[0].text)
    second = litellm.responses(input="And who am I?", previous_response_id=first.id, **options)
    assert second.usage.input_tokens > first.usage.total_tokens, f"{second.usage} after {first.usage}"


@check
def anthropic():
    """the anthropic route gives the same answer, whole and streamed"""
    options = PLAIN | {"model": f"anthropic/{MODEL}", "api_base": SERVER}
    equal(litellm.completion(**options).choices[0].message.content, chat())
    pieces = [chunk.choices[0].delta.content or "" for chunk in litellm.completion(**options, stream=True)]
    equal("".join(pieces), chat())


@check
def text_completion():
    """text_completion gives the server's text, whole and streamed"""
    options = {"model": f"text-completion-openai/{MODEL}", "api_base": f"{SERVER}/v1", "api_key": "unused",
               "prompt": "Once upon a time", "max_tokens": 8, "temperature": 0}
    said = complete("Once upon a time")
    equal(litellm.text_completion(**options).choices[0].text, said)
    equal("".join(chunk.choices[0].text or "" for chunk in litellm.text_completion(**options, stream=True)), said)


@check
def embedding():
    """embedding gives the server's vectors, in order"""
    texts = ["A cat sat on the mat.", "The stock market fell."]
    answer = litellm.embedding(model=f"openai/{MODEL}", api_base=f"{SERVER}/v1", api_key="unused", input=texts,
                               encoding_format="float")
    equal([item["embedding"] for item in answer.data],
          [item["embedding"] for item in ask("/v1/embeddings", {"input": texts})["data"]])


@check
def refused():
    """what cannot be honoured is a BadRequestError that names it; another model is NotFoundError"""
    raises(litellm.BadRequestError,
           lambda: litellm.completion(**PLAIN, response_format={"type": "json_object"}), "response_format")
    raises(litellm.NotFoundError, lambda: litellm.completion(**PLAIN | {"model": "openai/other"}), "other")
    raises(litellm.ContextWindowExceededError, lambda: litellm.completion(**PLAIN | {"max_tokens": 10**9}), "context")


if __name__ == "__main__":
    main()
