"""Checks a running server with LlamaIndex (pip install llama-index-llms-openai-like), as an application would use it.

    python3 llama_index_client.py [http://127.0.0.1:8080 [MODEL]]

What is said is compared with what the server says without a client. Written against llama-index-llms-openai-like 0.8.
"""
import asyncio

from local_clients import CALL_FIELDS, CALL_QUESTION, MESSAGES, MODEL, SERVER, chat, check, complete, main, raises
from client_checks import equal

import openai
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.tools import FunctionTool
from llama_index.llms.openai_like import OpenAILike

OPTIONS = {"model": MODEL, "api_base": f"{SERVER}/v1", "api_key": "unused", "max_retries": 0, "temperature": 0,
           "max_tokens": 16, "is_chat_model": True, "is_function_calling_model": True}
CHAT = OpenAILike(**OPTIONS)
COMPLETION = OpenAILike(**OPTIONS | {"is_chat_model": False, "is_function_calling_model": False})
TURNS = [ChatMessage(role=message["role"], content=message["content"]) for message in MESSAGES]
PROMPT = "Once upon a time"


def get_weather(city: str) -> str:
    """Tells the weather."""
    return f"Sunny in {city}"


WEATHER = FunctionTool.from_defaults(get_weather)


@check
def plain_chat():
    """chat gives the server's answer, and achat too"""
    equal(CHAT.chat(TURNS).message.content, chat())
    equal(asyncio.run(CHAT.achat(TURNS)).message.content, chat())


@check
def streamed_chat():
    """stream_chat joins to the answer"""
    pieces = list(CHAT.stream_chat(TURNS))
    equal("".join(piece.delta or "" for piece in pieces), chat())
    equal(pieces[-1].message.content, chat())


@check
def completion():
    """complete asks a chat model as a user, and another one for a completion; both stream"""
    asked = chat([{"role": "user", "content": PROMPT}])
    for model, expected in ((CHAT, asked), (COMPLETION, complete(PROMPT, max_tokens=16))):
        equal(model.complete(PROMPT).text, expected)
        equal("".join(piece.delta or "" for piece in model.stream_complete(PROMPT)), expected)


@check
def tool_required():
    """tool_required: the call comes back with its arguments, whole and streamed, and is run"""
    calling = OpenAILike(**OPTIONS | {"max_tokens": 32}, additional_kwargs={"extra_body": CALL_FIELDS})
    answer = calling.chat_with_tools([WEATHER], user_msg=CALL_QUESTION, tool_required=True)
    for response in (answer, list(calling.stream_chat_with_tools([WEATHER], user_msg=CALL_QUESTION,
                                                                 tool_required=True))[-1]):
        calls = calling.get_tool_calls_from_response(response)
        equal([(call.tool_name, call.tool_kwargs) for call in calls], [("get_weather", {"city": "Rome"})])
    equal(calling.predict_and_call([WEATHER], user_msg=CALL_QUESTION, tool_required=True).response, "Sunny in Rome")


@check
def tool_round():
    """a call and its result are part of the next turn"""
    calling = OpenAILike(**OPTIONS | {"max_tokens": 32}, additional_kwargs={"extra_body": CALL_FIELDS})
    answer = calling.chat_with_tools([WEATHER], user_msg=CALL_QUESTION, tool_required=True)
    call = calling.get_tool_calls_from_response(answer)[0]
    history = [ChatMessage(role="user", content=CALL_QUESTION), answer.message, ChatMessage(
        role="tool", content="Sunny in Rome", additional_kwargs={"tool_call_id": call.tool_id})]
    second = CHAT.chat_with_tools([WEATHER], chat_history=history)
    assert second.raw.usage.prompt_tokens > answer.raw.usage.prompt_tokens, f"{second.raw.usage}"


@check
def refused():
    """another model is NotFoundError"""
    raises(openai.NotFoundError, lambda: OpenAILike(**OPTIONS | {"model": "other"}).chat(TURNS), "other")


if __name__ == "__main__":
    main()
