"""Checks a running server with the program `llm` (pip install llm), as somebody at a terminal would use it.

    python3 llm_client.py [http://127.0.0.1:8080 [MODEL]]

The program's settings and its log are in a folder of their own, which is gone afterwards. Written against llm 0.36.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

from local_clients import MODEL, QUESTION, SERVER, SYSTEM, ask, chat, check, complete, main
from client_checks import equal

FOLDER = tempfile.TemporaryDirectory()
os.environ["LLM_USER_PATH"] = FOLDER.name
pathlib.Path(FOLDER.name, "extra-openai-models.yaml").write_text(json.dumps([
    {"model_id": "chat", "model_name": MODEL, "api_base": f"{SERVER}/v1", "supports_tools": True,
     "supports_schema": True},
    {"model_id": "completion", "model_name": MODEL, "api_base": f"{SERVER}/v1", "completion": True}]))
GREEDY = ["-o", "temperature", "0", "-o", "max_tokens", "16"]


def llm(*arguments, input=""):
    result = subprocess.run([sys.executable, "-m", "llm", *arguments], input=input, capture_output=True, text=True)
    assert result.returncode == 0, f"llm {' '.join(arguments)}: {result.stdout}{result.stderr}"
    return result.stdout.removesuffix("\n")


def fails(words, *arguments):
    result = subprocess.run([sys.executable, "-m", "llm", *arguments], input="", capture_output=True, text=True)
    assert result.returncode != 0 and words in result.stderr, f"{result.returncode}: {result.stdout}{result.stderr}"


@check
def plain():
    """a prompt gives the server's answer, streamed and whole, and is logged with its usage"""
    equal(llm("-m", "chat", "-s", SYSTEM, *GREEDY, QUESTION), chat())
    equal(llm("-m", "chat", "-s", SYSTEM, *GREEDY, "--no-stream", QUESTION), chat())
    logged = json.loads(llm("logs", "--json", "-n", "1"))[0]
    assert logged["input_tokens"] > 0 and 0 < logged["output_tokens"] <= 16, f"{logged}"


@check
def conversation():
    """-c goes on with the last conversation, which is sent along"""
    said = llm("-m", "chat", *GREEDY, QUESTION)
    turns = [{"role": "user", "content": QUESTION}, {"role": "assistant", "content": said},
             {"role": "user", "content": "And who am I?"}]
    equal(llm("-c", *GREEDY, "And who am I?"), chat(turns))


@check
def interactive():
    """llm chat answers one line after the other"""
    output = llm("chat", "-m", "chat", "-s", SYSTEM, *GREEDY, input=f"{QUESTION}\nexit\n")
    assert chat() in output, f"{chat()!r} is not in {output!r}"


@check
def tools():
    """a prompt with a function is answered; the model is free not to call it"""
    function = 'def get_weather(city: str) -> str:\n    "Tells the weather."\n    return f"Sunny in {city}"'
    assert llm("-m", "chat", "--functions", function, *GREEDY, QUESTION), "no answer"


@check
def responses():
    """the Responses API of an address that is in no settings"""
    said = ask("/v1/responses", {"input": QUESTION, "temperature": 0, "max_output_tokens": 16, "instructions": SYSTEM})
    said = said["output"][0]["content"][0]["text"]
    equal(llm("openai", "endpoint", f"{SERVER}/v1", QUESTION, "--responses", "-m", MODEL, "-s", SYSTEM, *GREEDY), said)


@check
def completion():
    """a model of completions goes on with the prompt"""
    equal(llm("-m", "completion", *GREEDY, "Once upon a time"), complete("Once upon a time", max_tokens=16))


@check
def models():
    """the models of an address are listed"""
    equal(llm("openai", "endpoint", f"{SERVER}/v1", "--models").split(), [MODEL])


@check
def refused():
    """a schema is refused by name"""
    fails("response_format", "-m", "chat", "--schema", "name, age int", QUESTION)


if __name__ == "__main__":
    main()
