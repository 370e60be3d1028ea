"""Checks a running server with Pydantic AI (pip install 'pydantic-ai-slim[openai,anthropic]'), as an application would.

    python3 pydantic_ai_client.py [http://127.0.0.1:8080 [MODEL]]

Over chat completions, the Responses API and Anthropic's API. Written against pydantic-ai 2.68.
"""
import asyncio

from local_clients import (
    CALL_FIELDS, CALL_QUESTION, EMPTY_CALL_FIELDS, MODEL, QUESTION, SERVER, SYSTEM, chat, check, main, raises)
from client_checks import equal

import pydantic
from pydantic_ai import Agent, ModelHTTPError, NativeOutput, ToolOutput
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.openai import OpenAIProvider

OPENAI = OpenAIProvider(base_url=f"{SERVER}/v1", api_key="unused")
CLAUDE = AnthropicProvider(base_url=SERVER, api_key="unused")
CHAT, RESPONSES = OpenAIChatModel(MODEL, provider=OPENAI), OpenAIResponsesModel(MODEL, provider=OPENAI)
ANTHROPIC = AnthropicModel(MODEL, provider=CLAUDE)
ALL = [("chat completions", CHAT), ("Responses", RESPONSES), ("Anthropic", ANTHROPIC)]


class Weather(pydantic.BaseModel):
    """Tells the weather."""
    city: str = "Paris"


def settings(fields={}, max_tokens=16):
    return {"max_tokens": max_tokens, "extra_body": {"temperature": 0} | fields}


def agent(model, **options):
    return Agent(model, system_prompt=SYSTEM, retries=0, **options)


@check
def plain():
    """a run gives the server's answer, with usage"""
    for name, model in ALL:
        result = agent(model).run_sync(QUESTION, model_settings=settings())
        equal(result.output, chat(), name)
        usage = result.usage
        assert usage.input_tokens > 0 and 0 < usage.output_tokens <= 16, f"{name}: {usage}"


@check
def streamed():
    """a streamed run's pieces join to the answer"""
    async def pieces(model):
        async with agent(model).run_stream(QUESTION, model_settings=settings()) as result:
            return [piece async for piece in result.stream_text(delta=True, debounce_by=None)]

    for name, model in ALL:
        found = asyncio.run(pieces(model))
        equal("".join(found), chat(), name)
        assert len(found) > 1, f"{name}: one piece"


@check
def history():
    """message_history carries a conversation on, and the second turn reuses the first"""
    for name, model in ALL:
        first = agent(model).run_sync(QUESTION, model_settings=settings())
        second = agent(model).run_sync(
            "And who am I?", message_history=first.all_messages(), model_settings=settings())
        before, after = first.usage, second.usage
        assert after.input_tokens > before.input_tokens and after.cache_read_tokens > 0, f"{name}: {after}"


@check
def tool_round():
    """a function that the model calls is run, and its result is answered"""
    for name, model in ALL:
        cities = []
        asking = agent(model)

        @asking.tool_plain
        def get_weather(city: str) -> str:
            """Tells the weather."""
            cities.append(city)
            return f"Sunny in {city}"

        def turn(context):                    # the first answer has to be a call, the next one need not
            return settings(CALL_FIELDS, 32) | {"tool_choice": ["get_weather"]} if context.run_step == 1 else settings()

        result = asking.run_sync(CALL_QUESTION, model_settings=turn)
        equal((cities, result.usage.requests), (["Rome"], 2), name)
        assert result.output, f"{name}: no answer to the result"


@check
def output_by_tool():
    """output_type by a function: the model has to call it, and an object comes back"""
    for name, model in ALL:
        result = agent(model, output_type=ToolOutput(Weather)).run_sync(
            QUESTION, model_settings=settings(EMPTY_CALL_FIELDS, 32))
        equal(result.output, Weather(city="Paris"), name)


@check
def output_by_tool_streamed():
    """the same streamed"""
    async def last(model):
        typed = agent(model, output_type=ToolOutput(Weather))
        async with typed.run_stream(QUESTION, model_settings=settings(EMPTY_CALL_FIELDS, 32)) as result:
            return await result.get_output()

    for name, model in ALL:
        equal(asyncio.run(last(model)), Weather(city="Paris"), name)


@check
def refused():
    """output by a JSON schema is refused by name; another model is a 404"""
    for model, words in [(CHAT, "response_format"), (RESPONSES, "text.format")]:
        typed = agent(model, output_type=NativeOutput(Weather))
        raises(ModelHTTPError, lambda: typed.run_sync(QUESTION, model_settings=settings()), words)
    for model in (OpenAIChatModel("other", provider=OPENAI), AnthropicModel("other", provider=CLAUDE)):
        equal(raises(ModelHTTPError, lambda: agent(model).run_sync(QUESTION, model_settings=settings()), "other")
              .status_code, 404)


if __name__ == "__main__":
    main()
