"""Checks a running server with inspect-ai (pip install inspect-ai openai anthropic), as who evaluates models would.

    python3 inspect_ai_client.py [http://127.0.0.1:8080 [MODEL]]

Small tasks over chat completions, the Responses API and Anthropic's API; their logs are in a folder that is gone
afterwards. Written against inspect-ai 0.3.285.
"""
import tempfile

from local_clients import CALL_FIELDS, CALL_QUESTION, MODEL, QUESTION, SERVER, SYSTEM, chat, check, main
from client_checks import equal

import inspect_ai
from inspect_ai.dataset import Sample
from inspect_ai.model import GenerateConfig, ResponseSchema, get_model
from inspect_ai.scorer import includes, match
from inspect_ai.solver import generate, system_message, use_tools
from inspect_ai.tool import ToolFunction, tool
from inspect_ai.util import json_schema
import pydantic

LOGS = tempfile.TemporaryDirectory()
GREEDY = GenerateConfig(temperature=0, max_tokens=16, max_retries=0)


def model(kind="chat", **config):
    """A model of this server, by one of three APIs. Anthropic's client has no temperature of its own."""
    if kind == "anthropic":
        fields = {"temperature": 0} | config.pop("extra_body", {})
        config = GenerateConfig(**{"max_tokens": 16, "max_retries": 0} | config)
        return get_model(f"anthropic/{MODEL}", base_url=SERVER, api_key="unused", streaming=False, memoize=False,
                         extra_body=fields, config=config)
    config = GenerateConfig(**config)
    return get_model(f"openai-api/here/{MODEL}", base_url=f"{SERVER}/v1", api_key="unused", memoize=False,
                     responses_api=kind == "responses", config=GREEDY.merge(config))


KINDS = ["chat", "responses", "anthropic"]


def evaluate(task, model):
    """The log of a task; whatever went wrong in it is an error here."""
    log, = inspect_ai.eval(task, model=model, log_dir=LOGS.name, display="none", fail_on_error=True, retry_on_error=0)
    assert log.status == "success", f"{log.error.message if log.error else log.status}"
    return log


@tool
def get_weather():
    async def execute(city: str) -> str:
        """Tells the weather.

        Args:
            city: Where.
        """
        return f"Sunny in {city}"

    return execute


@check
def questions():
    """a task's questions are answered as the server does, and scored right"""
    samples = [Sample(input=QUESTION, target="demonstration model"), Sample(input="Hello", target="help you")]
    for kind in KINDS:
        task = inspect_ai.Task(dataset=samples, solver=[system_message(SYSTEM), generate()], scorer=includes())
        log = evaluate(task, model(kind, max_tokens=48))
        equal(log.samples[0].output.completion, chat(max_tokens=48), kind)
        equal(log.results.scores[0].metrics["accuracy"].value, 1.0, kind)
        usage, = log.stats.model_usage.values()
        read = usage.input_tokens + (usage.input_tokens_cache_read or 0)
        assert usage.output_tokens > 0 and read > 0, f"{kind}: {usage}"


@check
def epochs():
    """several epochs of many samples at the same time are all answered alike, with logprobs where asked"""
    task = inspect_ai.Task(dataset=[Sample(input=QUESTION, target="I am") for _ in range(4)], epochs=3,
                           scorer=match(location="begin"), solver=[system_message(SYSTEM), generate()])
    log = evaluate(task, model(logprobs=True, top_logprobs=2))
    equal((len(log.samples), {sample.output.completion for sample in log.samples}), (12, {chat()}))
    content = log.samples[0].output.choices[0].logprobs.content
    assert len(content) == 16 and all(len(entry.top_logprobs) == 2 for entry in content), f"{content}"


@check
def tools():
    """a forced function is called, run, and its result answered, over each API"""
    for kind in KINDS:
        task = inspect_ai.Task(
            dataset=[Sample(input=CALL_QUESTION, target="")], scorer=includes(),
            solver=[use_tools(get_weather(), tool_choice=ToolFunction("get_weather")), generate(tool_calls="single")])
        sample, = evaluate(task, model(kind, max_tokens=32, extra_body=CALL_FIELDS)).samples
        roles = [message.role for message in sample.messages]
        equal(roles[:3], ["user", "assistant", "tool"], kind)
        call, = sample.messages[1].tool_calls
        equal(call.function, "get_weather", kind)
        if kind == "responses":              # inspect-ai sends no field but OpenAI's, so the arguments are broken
            assert call.parse_error and sample.messages[2].error, f"{sample.messages[2]}"
        else:
            equal((call.arguments, sample.messages[2].text), ({"city": "Rome"}, "Sunny in Rome"), kind)


@check
def streamed():
    """a streamed model gives the same answers"""
    streaming = get_model(f"openai-api/here/{MODEL}", base_url=f"{SERVER}/v1", api_key="unused", memoize=False,
                          config=GREEDY, stream=True)
    task = inspect_ai.Task(dataset=[Sample(input=QUESTION, target="I am")], scorer=includes(),
                           solver=[system_message(SYSTEM), generate()])
    equal(evaluate(task, streaming).samples[0].output.completion, chat())


@check
def refused():
    """a response schema is refused by name"""
    class Weather(pydantic.BaseModel):
        city: str

    schema = ResponseSchema(name="weather", json_schema=json_schema(Weather))
    task = inspect_ai.Task(dataset=[Sample(input=QUESTION, target="I am")], scorer=includes(), solver=generate())
    log, = inspect_ai.eval(task, model=model(response_schema=schema), log_dir=LOGS.name, display="none",
                           fail_on_error=True)
    assert log.status == "error" and "response_format" in log.error.message, f"{log.status}: {log.error}"


if __name__ == "__main__":
    main()
