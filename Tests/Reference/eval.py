"""Measures the accuracy of a running server on Tests/Fixtures/eval/ruler-demo.jsonl, through REST, greedily.

    python3 eval.py [--base-url http://127.0.0.1:8080/v1] [--lengths 1024,2048] [--limit N] [--parallel K]

Scoring is RULER's string match, as the demo model's own evaluation did it: the share of a prompt's expected values that
occur in the answer. The reference is the demo model's bf16 result, Tests/Fixtures/eval/results.json; its total holds for
the whole set. Exit status 1 if the total differs from it by more than --tolerance points or a request failed.
"""
import argparse
import json
import os
import sys
import time
import urllib.error
import urllib.request
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor, as_completed

HERE = os.path.dirname(os.path.abspath(__file__))


def arguments():
    parser = argparse.ArgumentParser(description="Accuracy of a running server on the demo model's evaluation set.")
    parser.add_argument("--base-url", default="http://127.0.0.1:8080/v1", help="where the server's API begins")
    parser.add_argument("--model", default="demo", help="model id to ask for")
    parser.add_argument("--api-key", default="", help="sent as a bearer token when given")
    parser.add_argument("--eval", default=os.path.join(HERE, "../Fixtures/eval"), help="folder of ruler-demo.jsonl and results.json")
    parser.add_argument("--lengths", default="", help="only these nominal lengths, for example 1024,2048")
    parser.add_argument("--limit", type=int, default=0, help="at most this many prompts, spread evenly over the set")
    parser.add_argument("--parallel", type=int, default=2, help="requests at once")
    parser.add_argument("--max-tokens", type=int, default=170, help="tokens allowed in an answer")
    parser.add_argument("--tolerance", type=float, default=1.0, help="points by which the total may differ from the reference")
    parser.add_argument("--timeout", type=float, default=900, help="seconds to wait for one answer")
    parser.add_argument("--show-misses", action="store_true", help="print every answer that is not perfect")
    return parser.parse_args()


def read_prompts(options):
    with open(os.path.join(options.eval, "ruler-demo.jsonl")) as file:
        prompts = [json.loads(line) for line in file]
    if options.lengths:
        lengths = {int(word) for word in options.lengths.split(",")}
        prompts = [prompt for prompt in prompts if prompt["length"] in lengths]
    if options.limit and options.limit < len(prompts):
        prompts = [prompts[i * len(prompts) // options.limit] for i in range(options.limit)]
    return prompts


def ask(options, prompt):
    """The answer's text and the prompt tokens that the server counted."""
    body = {"model": options.model, "messages": prompt["messages"], "temperature": 0, "max_tokens": options.max_tokens}
    headers = {"Content-Type": "application/json"}
    if options.api_key:
        headers["Authorization"] = f"Bearer {options.api_key}"
    request = urllib.request.Request(options.base_url.rstrip("/") + "/chat/completions", json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=options.timeout) as response:
            answer = json.load(response)
    except urllib.error.HTTPError as error:
        raise RuntimeError(f"status {error.code}: {error.read(500).decode(errors='replace')}") from None
    return answer["choices"][0]["message"]["content"] or "", answer.get("usage", {}).get("prompt_tokens")


def score(text, values):
    return sum(value in text for value in values) / len(values)


def table(title, scores, reference):
    """One line a group: accuracy in percent, the reference where there is one, the number of prompts."""
    print(f"\n{title:20} {'here':>6} {'reference':>10} {'prompts':>8}")
    for name, values in scores.items():
        known = f"{100 * reference[name]:10.1f}" if name in reference else f"{'':10}"
        print(f"{name:20} {100 * sum(values) / len(values):6.1f} {known} {len(values):8}")


def main():
    options = arguments()
    with open(os.path.join(options.eval, "results.json")) as file:
        reference = json.load(file)["sets"]["ruler-demo"]
    prompts = read_prompts(options)
    if not prompts:
        sys.exit("no prompt of these lengths")
    by_task, by_length, everything = defaultdict(list), defaultdict(list), []
    failures, token_mismatches, began = [], 0, time.monotonic()
    with ThreadPoolExecutor(options.parallel) as pool:
        running = {pool.submit(ask, options, prompt): prompt for prompt in prompts}
        for done, future in enumerate(as_completed(running), 1):
            prompt = running[future]
            try:
                text, prompt_tokens = future.result()
            except Exception as error:        # counted, shown, and the run fails at its end
                failures.append(f"{prompt['id']}: {error}")
                text, prompt_tokens = "", None
            points = score(text, prompt["answers"])
            for scores in (by_task[prompt["task"]], by_length[str(prompt["length"])], everything):
                scores.append(points)
            token_mismatches += prompt_tokens not in (None, prompt["prompt_tokens"])
            if options.show_misses and points < 1:
                print(f"\n{prompt['id']}: expected {prompt['answers']}, answered {text!r}")
            seconds = time.monotonic() - began
            line = (f"{done}/{len(prompts)}  {100 * sum(everything) / done:5.1f} %  {seconds:5.0f} s, about "
                    f"{seconds / done * (len(prompts) - done):.0f} s to go  {len(failures)} failed")
            if sys.stderr.isatty():
                print(f"\r{line}   ", end="", file=sys.stderr, flush=True)
            elif done % 10 == 0 or done == len(prompts):
                print(line, file=sys.stderr, flush=True)

    print(file=sys.stderr)
    table("task", dict(sorted(by_task.items())), reference)
    table("length", dict(sorted(by_length.items(), key=lambda item: int(item[0]))), {})
    total, expected = 100 * sum(everything) / len(everything), 100 * reference["all"]
    print(f"\ntotal {total:.1f}, reference {expected:.1f}, difference {total - expected:+.1f} (tolerance {options.tolerance:g})"
          + (f"; {len(prompts)} of the set's prompts only" if options.limit or options.lengths else ""))
    if token_mismatches:
        print(f"{token_mismatches} prompts were counted with another number of tokens than the set states")
    for failure in failures[:10]:
        print("failed:", failure)
    sys.exit(1 if failures or abs(total - expected) > options.tolerance else 0)


if __name__ == "__main__":
    main()
