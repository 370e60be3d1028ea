"""Checks a running server with LangChain (pip install langchain-openai langchain-anthropic), as an application would.

    python3 langchain_client.py [http://127.0.0.1:8080 [MODEL]]

What is said is compared with what the server says without a client. Written against langchain-openai 1.7 and
langchain-anthropic 1.7.
"""
import asyncio

from local_clients import (
    CALL_FIELDS, CALL_QUESTION, EMPTY_CALL_FIELDS, MESSAGES, MODEL, QUESTION, SERVER, SYSTEM, ask, chat, check,
    complete, main, raises)
from client_checks import equal

import anthropic
import openai
import pydantic
from langchain_anthropic import ChatAnthropic
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAI, OpenAIEmbeddings

OPTIONS = {"model": MODEL, "base_url": f"{SERVER}/v1", "api_key": "unused", "max_retries": 0, "temperature": 0}
CHAT = ChatOpenAI(**OPTIONS, max_tokens=16, stream_usage=True)
CALLING = ChatOpenAI(**OPTIONS, max_tokens=32, extra_body=CALL_FIELDS)
RESPONSES = ChatOpenAI(**OPTIONS, max_tokens=16, use_responses_api=True)
CLAUDE = ChatAnthropic(model=MODEL, base_url=SERVER, api_key="unused", max_retries=0, max_tokens=16,
                       model_kwargs={"extra_body": {"temperature": 0}})
ASKED = [("system", SYSTEM), ("human", QUESTION)]
EXAMPLE = HumanMessage(CALL_QUESTION)


@tool
def get_weather(city: str = "Paris") -> str:
    """Tells the weather."""
    return f"Sunny in {city}"


@check
def invoke():
    """invoke gives the server's answer, with usage and its reason to end"""
    answer = CHAT.invoke(ASKED)
    equal(answer.content, chat())
    assert answer.usage_metadata["input_tokens"] > 0 and 0 < answer.usage_metadata["output_tokens"] <= 16
    assert answer.response_metadata["finish_reason"] in ("stop", "length"), answer.response_metadata


@check
def stream():
    """stream and astream join to the answer, with usage"""
    async def pieces():
        return [chunk async for chunk in CHAT.astream(ASKED)]

    for chunks in (list(CHAT.stream(ASKED)), asyncio.run(pieces())):
        whole = chunks[0]
        for chunk in chunks[1:]:
            whole += chunk
        equal(whole.content, chat())
        assert len(chunks) > 2 and whole.usage_metadata["output_tokens"] > 0, f"{len(chunks)} chunks"


@check
def batch():
    """batch asks at the same time and answers in order"""
    questions = [QUESTION, "Tell me a story.", "What is the news?", "And who am I?"]
    equal([answer.content for answer in CHAT.batch(questions)],
          [chat([{"role": "user", "content": question}]) for question in questions])


@check
def tools():
    """bind_tools with a tool_choice: a call, whole and streamed, is run, and its result answered"""
    for choice in ("get_weather", "any", True):
        calling = CALLING.bind_tools([get_weather], tool_choice=choice)
        answer = calling.invoke([EXAMPLE])
        equal([(call["name"], call["args"]) for call in answer.tool_calls], [("get_weather", {"city": "Rome"})], choice)
        equal(answer.invalid_tool_calls, [])
    chunks = list(calling.stream([EXAMPLE]))
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole += chunk
    equal([(call["name"], call["args"]) for call in whole.tool_calls], [("get_weather", {"city": "Rome"})], "streamed")
    result = get_weather.invoke(answer.tool_calls[0])
    equal((type(result), result.content), (ToolMessage, "Sunny in Rome"))
    second = CHAT.bind_tools([get_weather]).invoke([EXAMPLE, answer, result])
    assert second.content and second.usage_metadata["input_tokens"] > answer.usage_metadata["input_tokens"], second


@check
def structured_output():
    """with_structured_output by a function gives an object; by json_schema it is refused by name"""
    class Weather(pydantic.BaseModel):
        """Tells the weather."""
        city: str = "Paris"

    empty = ChatOpenAI(**OPTIONS, max_tokens=32, extra_body=EMPTY_CALL_FIELDS)
    equal(empty.with_structured_output(Weather, method="function_calling").invoke(QUESTION), Weather(city="Paris"))
    raises(openai.BadRequestError,
           lambda: CHAT.with_structured_output(Weather, method="json_schema").invoke(QUESTION), "response_format")


@check
def responses():
    """use_responses_api: whole, streamed, with previous_response_id, and a call"""
    said = ask("/v1/responses", {"input": MESSAGES, "max_output_tokens": 16, "temperature": 0})
    said = said["output"][0]["content"][0]["text"]
    answer = RESPONSES.invoke(ASKED)
    equal(answer.text, said)
    equal("".join(chunk.text for chunk in RESPONSES.stream(ASKED)), said)
    second = RESPONSES.invoke("And who am I?", previous_response_id=answer.response_metadata["id"])
    assert second.usage_metadata["input_tokens"] > answer.usage_metadata["total_tokens"], second.usage_metadata
    assert second.usage_metadata["input_token_details"]["cache_read"] > 0, second.usage_metadata
    calling = ChatOpenAI(**OPTIONS, max_tokens=32, use_responses_api=True, extra_body=CALL_FIELDS)
    call = calling.bind_tools([get_weather], tool_choice="get_weather").invoke([EXAMPLE]).tool_calls[0]
    equal((call["name"], call["args"]), ("get_weather", {"city": "Rome"}))


@check
def embeddings():
    """OpenAIEmbeddings gives the server's vectors, of documents and of a query"""
    vectors = OpenAIEmbeddings(model=MODEL, base_url=f"{SERVER}/v1", api_key="unused", max_retries=0,
                               check_embedding_ctx_length=False)
    texts = ["A cat sat on the mat.", "The stock market fell."]
    said = [item["embedding"] for item in ask("/v1/embeddings", {"input": texts})["data"]]
    found = vectors.embed_documents(texts) + [vectors.embed_query(texts[1])]
    for one, other in zip(found, said + said[1:], strict=True):
        assert max(abs(a - b) for a, b in zip(one, other, strict=True)) < 1e-6, "other numbers"


@check
def completions():
    """OpenAI, the model of completions, gives the server's text"""
    equal(OpenAI(**OPTIONS, max_tokens=8).invoke("Once upon a time"), complete("Once upon a time"))


@check
def claude():
    """ChatAnthropic: whole, streamed, and a call with its result"""
    equal(CLAUDE.invoke(ASKED).content, chat())
    equal("".join(chunk.text for chunk in CLAUDE.stream(ASKED)), chat())
    calling = ChatAnthropic(model=MODEL, base_url=SERVER, api_key="unused", max_retries=0, max_tokens=32,
                            model_kwargs={"extra_body": CALL_FIELDS | {"temperature": 0}})
    answer = calling.bind_tools([get_weather], tool_choice="get_weather").invoke([EXAMPLE])
    equal([(call["name"], call["args"]) for call in answer.tool_calls], [("get_weather", {"city": "Rome"})])
    second = CLAUDE.bind_tools([get_weather]).invoke([EXAMPLE, answer, get_weather.invoke(answer.tool_calls[0])])
    assert second.usage_metadata["input_tokens"] > answer.usage_metadata["input_tokens"], second.usage_metadata


@check
def refused():
    """another model is NotFoundError, in both APIs"""
    raises(openai.NotFoundError, lambda: ChatOpenAI(**OPTIONS | {"model": "other"}).invoke(QUESTION), "other")
    other = ChatAnthropic(model="other", base_url=SERVER, api_key="unused", max_retries=0, max_tokens=16)
    raises(anthropic.NotFoundError, lambda: other.invoke(QUESTION), "other")


if __name__ == "__main__":
    main()
