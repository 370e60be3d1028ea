"""Checks a running server with guidellm (pip install guidellm), as who measures servers would.

    python3 guidellm_client.py [http://127.0.0.1:8080 [MODEL]]

Short benchmarks with questions from a file and with synthetic text, for which the demo model's tokenizer is there. No
speed is looked at: every request has to succeed, with what the server says without a client. Written against guidellm
0.8.1.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

from local_clients import MODEL, QUESTION, SERVER, ask, chat, check, main
from client_checks import equal

FOLDER = tempfile.TemporaryDirectory()
ROOT = pathlib.Path(FOLDER.name)
TOKENIZER = pathlib.Path(__file__, "../../../compose/models/demo").resolve()
QUESTIONS = [QUESTION, "Hello", "Tell me a story."]
(ROOT / "questions.jsonl").write_text("".join(json.dumps({"prompt": question}) + "\n" for question in QUESTIONS))
FROM_FILE = ["--data", f"kind=json_file,path={ROOT / 'questions.jsonl'}"]
SYNTHETIC = ["--data", "kind=synthetic_text,prompt_tokens=64,output_tokens=12",
             "--tokenizer", f"kind=huggingface_auto,model={TOKENIZER}"]


def benchmark(path, requests, *options, profile="kind=synchronous", **backend):
    """The requests of a benchmark, none of which may fail."""
    backend = {"kind": "openai_http", "target": SERVER, "model": MODEL, "request_format": path} | backend
    report = ROOT / "report.json"
    result = subprocess.run(
        [sys.executable, "-m", "guidellm", "run", "--backend", json.dumps(backend), "--profile", profile,
         "--constraint", f"kind=max_requests,count={requests}", "--output", f"kind=json,path={report}",
         "--disable-console", *options], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, f"{result.stdout}{result.stderr}"
    found = json.loads(report.read_text())["benchmarks"][0]["requests"]
    equal([len(found[kind]) for kind in ("successful", "errored", "incomplete")], [requests, 0, 0],
          f"successful, errored, incomplete; {result.stderr[-2000:]}")
    return found["successful"]


@check
def chats():
    """questions of a file in chats: the server's answers, and the usage that it tells"""
    found = benchmark("/v1/chat/completions", 3, *FROM_FILE,
                      extras={"body": {"temperature": 0}}, max_tokens=16)
    for text, request in zip(QUESTIONS, found, strict=True):
        messages = [{"role": "user", "content": text}]
        whole = ask("/v1/chat/completions", {"messages": messages, "temperature": 0, "max_tokens": 16})
        equal(request["output"], chat(messages))
        equal((request["prompt_tokens"], request["output_tokens"]),
              (whole["usage"]["prompt_tokens"], whole["usage"]["completion_tokens"]))


@check
def completions():
    """synthetic completions, three at a time: each has as many tokens as were asked for"""
    found = benchmark("/v1/completions", 6, *SYNTHETIC, profile="kind=concurrent,streams=3")
    equal({request["output_tokens"] for request in found}, {12})
    lengths = [request["prompt_tokens"] for request in found]
    assert all(60 <= length <= 70 for length in lengths), f"{lengths}"


@check
def responses():
    """synthetic Responses, streamed: each has as many tokens as were asked for"""
    found = benchmark("/v1/responses", 3, *SYNTHETIC)
    equal({request["output_tokens"] for request in found}, {12})


@check
def not_streamed():
    """synthetic chats at a constant rate, not streamed"""
    found = benchmark("/v1/chat/completions", 4, *SYNTHETIC, profile="kind=constant,rate=4", stream=False)
    equal({request["output_tokens"] for request in found}, {12})


@check
def embeddings():
    """embeddings of a file's questions"""
    found = benchmark("/v1/embeddings", 3, *FROM_FILE)
    said = ask("/v1/embeddings", {"input": QUESTIONS})["usage"]["prompt_tokens"]
    equal(sum(request["prompt_tokens"] for request in found), said)


if __name__ == "__main__":
    main()
