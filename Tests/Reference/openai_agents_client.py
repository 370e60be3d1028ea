"""Checks a running server with OpenAI's agents SDK (pip install openai-agents), as an application would use it.

    python3 openai_agents_client.py [http://127.0.0.1:8080 [MODEL]]

Agents call a function, which really runs, and answer with its result, over the Responses API and over chat completions.
The SDK takes an answer that is cut off for a failure, so answers get the room to end.
Written against openai-agents 0.24.
"""
import asyncio

from local_clients import CALL_FIELDS, CALL_QUESTION, MODEL, SERVER, SYSTEM, chat, check, main, raises
from client_checks import equal

import openai
import pydantic
from agents import (
    Agent, ModelSettings, OpenAIChatCompletionsModel, OpenAIConversationsSession, OpenAIResponsesModel, Runner,
    SQLiteSession, function_tool, handoff, set_tracing_disabled)

set_tracing_disabled(True)
CLIENT = openai.AsyncOpenAI(base_url=f"{SERVER}/v1", api_key="unused", max_retries=0, timeout=120)
RESPONSES = OpenAIResponsesModel(MODEL, CLIENT)
CHAT = OpenAIChatCompletionsModel(MODEL, CLIENT)
BOTH = [("Responses", RESPONSES), ("chat completions", CHAT)]
QUESTION = "Hello"
SAID = chat([{"role": "system", "content": SYSTEM}, {"role": "user", "content": QUESTION}], max_tokens=64)
LOOP = asyncio.Runner()                   # the client's connections belong to one loop
cities = []


@function_tool
def get_weather(city: str) -> str:
    """Tells the weather."""
    cities.append(city)
    return f"Sunny in {city}"


def agent(model, tools=(), **settings):
    """An agent whose answers are the same each time. The SDK forces a tool once, so that its result is answered."""
    return Agent(name="Demo", instructions=SYSTEM, model=model, tools=list(tools),
                 model_settings=ModelSettings(**({"temperature": 0, "max_tokens": 64} | settings)))


def run(agent, input=QUESTION, **options):
    async def once():
        return await Runner.run(agent, input, **options)

    return LOOP.run(once())


@check
def plain():
    """an agent gives the server's answer, over both APIs, with usage"""
    for name, model in BOTH:
        result = run(agent(model))
        equal(result.final_output, SAID, name)
        usage = result.context_wrapper.usage
        assert usage.requests == 1 and usage.input_tokens > 0 and 0 < usage.output_tokens <= 64, f"{name}: {usage}"


@check
def streamed():
    """a streamed run's pieces join to the answer, over both APIs"""
    async def pieces(model):
        result = Runner.run_streamed(agent(model), QUESTION)
        found = [event.data.delta async for event in result.stream_events()
                 if event.type == "raw_response_event" and event.data.type == "response.output_text.delta"]
        return "".join(found), result.final_output

    for name, model in BOTH:
        equal(LOOP.run(pieces(model)), (SAID, SAID), name)


def calling(model):
    return agent(model, [get_weather], tool_choice="get_weather", extra_body=CALL_FIELDS)


@check
def tool_round():
    """a forced function is called with its arguments, and its result is answered, over both APIs"""
    for name, model in BOTH:
        cities.clear()
        result = run(calling(model), CALL_QUESTION)
        equal(cities, ["Rome"], name)
        kinds = [item.type for item in result.new_items]
        equal(kinds[:2] + kinds[-1:], ["tool_call_item", "tool_call_output_item", "message_output_item"], name)
        equal(result.new_items[1].output, "Sunny in Rome", name)
        equal(result.context_wrapper.usage.requests, 2, name)
        assert result.final_output, f"{name}: no answer to the result"


@check
def tool_round_streamed():
    """the same streamed"""
    async def kinds(model):
        result = Runner.run_streamed(calling(model), CALL_QUESTION)
        return [event.name async for event in result.stream_events() if event.type == "run_item_stream_event"]

    for name, model in BOTH:
        cities.clear()
        found = LOOP.run(kinds(model))
        equal((cities, found[:2]), (["Rome"], ["tool_called", "tool_output"]), name)


@check
def previous_response():
    """previous_response_id goes on from a response, and reuses its tokens"""
    first = run(agent(RESPONSES))
    second = run(agent(RESPONSES), "Thank you.", previous_response_id=first.last_response_id)
    stateless = run(agent(RESPONSES), first.to_input_list() + [{"role": "user", "content": "Thank you."}])
    equal(second.final_output, stateless.final_output)
    usage = second.context_wrapper.usage
    assert usage.input_tokens > first.context_wrapper.usage.input_tokens, usage
    assert usage.input_tokens_details.cached_tokens > 0, usage


@check
def sessions():
    """a session kept by the SDK, and one kept by the server as a conversation, remember the first turn"""
    async def two_turns(session, model):
        first = await Runner.run(agent(model), QUESTION, session=session)
        second = await Runner.run(agent(model), "Thank you.", session=session)
        return first, second, await session.get_items()

    for name, model, session in [
            ("SDK, Responses", RESPONSES, lambda: SQLiteSession("one")),
            ("SDK, chat", CHAT, lambda: SQLiteSession("two")),
            ("conversation", RESPONSES, lambda: OpenAIConversationsSession(openai_client=CLIENT))]:
        first, second, items = LOOP.run(two_turns(session(), model))
        equal([item["role"] for item in items], ["user", "assistant", "user", "assistant"], name)
        before, after = first.context_wrapper.usage, second.context_wrapper.usage
        assert after.input_tokens > before.input_tokens, f"{name}: {after}"
        assert after.input_tokens_details.cached_tokens > 0, f"{name}: {after}"


@check
def handed_off():
    """an agent hands over to another one, which answers"""
    for name, model in BOTH:
        other = Agent(name="other", instructions=SYSTEM, model=model,
                      model_settings=ModelSettings(temperature=0, max_tokens=64))
        first = agent(model, tool_choice="transfer_to_other", extra_body=CALL_FIELDS | {"min_tokens": 0})
        first.handoffs = [handoff(other)]
        result = run(first)
        equal(result.last_agent.name, "other", name)
        assert result.final_output, f"{name}: no answer"


@check
def refused():
    """output_type asks for a JSON schema, which is refused by name; another model is NotFoundError"""
    class Weather(pydantic.BaseModel):
        city: str

    for name, model, words in [("Responses", RESPONSES, "text.format"), ("chat completions", CHAT, "response_format")]:
        typed = agent(model)
        typed.output_type = Weather
        raises(openai.BadRequestError, lambda: run(typed), words)
    raises(openai.NotFoundError, lambda: run(agent(OpenAIResponsesModel("other", CLIENT))), "other")


if __name__ == "__main__":
    main()
