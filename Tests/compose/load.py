#!/usr/bin/env python3
"""Asks a cluster the same questions over and over, four at a time and streamed, and compares every answer with the undisturbed one.

    load.py learn FILE                  asks each question once and keeps the answers in FILE
    load.py compare FILE [--may-fail]   asks until SIGTERM; exit status 1 unless every answer was the one in FILE, to the last bit

With --may-fail requests may go unanswered, or end with an error that says so; never with half an answer that looks whole.
"""
import argparse
import collections
import http.client
import json
import signal
import sys
import threading
import time

STREAMS = 4
QUESTIONS = ["Who are you?", "What is the password of the old bridge?", "Once upon a time", "The city of", "1, 2, 3,", "Sense and sensibility"]


class Failure(Exception):
    """A request that got no whole answer; `kind` is one of the keys that `compare` counts."""

    def __init__(self, kind, reason):
        super().__init__(f"{kind}: {reason}")
        self.kind = kind


def ask(question):
    """The answer's text, log probabilities and finish reason."""
    connection = http.client.HTTPConnection("127.0.0.1", 8080, timeout=60)
    body = {"prompt": question, "max_tokens": 96, "ignore_eos": True, "temperature": 0, "logprobs": 1, "stream": True}
    try:
        connection.request("POST", "/v1/completions", json.dumps(body), {"content-type": "application/json"})
        response = connection.getresponse()
    except (OSError, http.client.HTTPException) as error:
        raise Failure("refused", repr(error)) from error
    if response.status != 200:
        raise Failure("refused" if response.status == 503 else "broken", f"{response.status} {response.read()}")
    try:
        return whole(response)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Failure("broken", repr(error)) from error
    finally:
        connection.close()


def whole(events):
    """Puts the pieces of a stream of server-sent events together."""
    answer = {"text": "", "logprobs": [], "finish_reason": None}
    for line in events:
        if not line.startswith(b"data: "):
            continue
        if line.strip() == b"data: [DONE]":
            return answer
        event = json.loads(line[len(b"data: "):])
        if "error" in event:
            raise Failure("failed", event["error"]["message"])
        for choice in event["choices"]:
            answer["text"] += choice["text"]
            answer["logprobs"] += (choice.get("logprobs") or {}).get("token_logprobs", [])
            answer["finish_reason"] = choice.get("finish_reason") or answer["finish_reason"]
    raise Failure("broken", f"the stream stopped after {answer['text']!r}")


def in_streams(work):
    threads = [threading.Thread(target=work, args=(number,)) for number in range(STREAMS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def learn():
    answers = {}

    def work(number):
        for question in QUESTIONS[number::STREAMS]:
            answers[question] = ask(question)

    in_streams(work)
    if missing := [question for question in QUESTIONS if question not in answers]:
        sys.exit(f"no answer to {missing}")
    return answers


def compare(answers, allowed):
    """Returns how many requests ended how; prints those that ended as none of `allowed`."""
    counts = collections.Counter()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())

    def work(number):
        turn = number
        while not stop.is_set():
            question = QUESTIONS[turn % len(QUESTIONS)]
            turn += 1
            try:
                answer = ask(question)
                kind, reason = ("right", "") if answer == answers[question] else ("wrong", f"{answer}, expected {answers[question]}")
            except Failure as failure:
                kind, reason = failure.kind, str(failure)
                time.sleep(0.1)
            counts[kind] += 1
            if kind not in allowed:
                sys.stdout.write(f"  {question!r} {reason}"[:400] + "\n")

    in_streams(work)
    return counts


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("action", choices=["learn", "compare"])
    parser.add_argument("file")
    parser.add_argument("--may-fail", action="store_true")
    arguments = parser.parse_args()
    if arguments.action == "learn":
        with open(arguments.file, "w") as file:
            json.dump(learn(), file)
        return
    with open(arguments.file) as file:
        answers = json.load(file)
    allowed = {"right", "refused", "failed"} if arguments.may_fail else {"right"}
    counts = compare(answers, allowed)
    print("  " + ", ".join(f"{counts[kind]} {kind}" for kind in ["right", "refused", "failed", "broken", "wrong"]))
    sys.exit(0 if counts["right"] and set(counts) <= allowed else 1)


main()
