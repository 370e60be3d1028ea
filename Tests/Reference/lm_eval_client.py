"""Checks a running server with lm-eval (pip install 'lm-eval[api]'), as who evaluates models would.

    python3 lm_eval_client.py [http://127.0.0.1:8080 [MODEL]]

Small tasks from files that are made here, with the server's own tokenizer (`tokenizer_backend=remote`). Every
log-likelihood is compared with what the server says without a client. Written against lm-eval 0.4.13.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

from local_clients import MESSAGES, MODEL, SERVER, ask, chat, check, complete, main
from client_checks import equal

import lm_eval
from lm_eval.models.openai_completions import LocalChatCompletion, LocalCompletionsAPI
from lm_eval.tasks import TaskManager

FOLDER = tempfile.TemporaryDirectory()
ROOT = pathlib.Path(FOLDER.name)
STORIES = [("Once upon a time there was a little", [" girl", " zzz"]), ("The wolf came to the", [" door", " idea"]),
           ("The king and the", [" queen", " %%"])]
QUESTIONS = [("Who are you?", "demonstration"), ("Hello", "help")]
TASK = """
task: {name}
dataset_path: json
dataset_kwargs: {{data_files: {{test: {file}}}}}
test_split: test
output_type: {kind}
doc_to_text: "{{{{question}}}}"
{more}
metadata: {{version: 1}}
"""


def task(name, kind, rows, more):
    """Writes a task and its questions; lm-eval finds it by its name."""
    file = ROOT / f"{name}.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    (ROOT / f"{name}.yaml").write_text(TASK.format(name=name, file=file, kind=kind, more=more))


task("choices", "multiple_choice", [{"question": text, "choices": words, "gold": 0} for text, words in STORIES],
     'doc_to_choice: "{{choices}}"\ndoc_to_target: gold\ntarget_delimiter: ""\nmetric_list: [{metric: acc}]')
task("rolling", "loglikelihood_rolling", [{"question": text} for text, _ in STORIES],
     'doc_to_target: "{{question}}"\nmetric_list: [{metric: word_perplexity}]')
task("answers", "generate_until", [{"question": text, "answer": word} for text, word in QUESTIONS],
     'doc_to_target: "{{answer}}"\nmetric_list: [{metric: exact_match}]\n'
     'generation_kwargs: {until: ["\\n"], max_gen_toks: 16, temperature: 0}')
MANAGER = TaskManager(include_path=str(ROOT), include_defaults=False)
COMPLETIONS = {"model": MODEL, "base_url": f"{SERVER}/v1/completions", "tokenizer_backend": "remote", "max_retries": 1}
CHAT = {"model": MODEL, "base_url": f"{SERVER}/v1/chat/completions", "max_retries": 1}


def evaluate(model, task, **options):
    """The samples of a task with what the model said, in order, and its results."""
    found = lm_eval.simple_evaluate(model=model, tasks=[task], task_manager=MANAGER, bootstrap_iters=0, **options)
    return [sample["resps"] for sample in sorted(found["samples"][task], key=lambda sample: sample["doc_id"])], \
        found["results"][task]


def encode(text):
    return ask("/tokenize", {"prompt": text, "add_special_tokens": False})["tokens"]


def scores(tokens):
    """The log-probability of each token but the first, after those before it."""
    answer = ask("/v1/completions", {"prompt": [tokens], "max_tokens": 0, "echo": True, "logprobs": 1})
    return answer["choices"][0]["logprobs"]["token_logprobs"][1:]


def near(found, expected, what):
    assert abs(found - expected) < 1e-4, f"{what}: expected {expected}, found {found}"


@check
def loglikelihoods():
    """log-likelihoods of choices are the server's, alone and in batches, and the likelier ones are chosen"""
    for batch in (1, 4):
        model = LocalCompletionsAPI(**COMPLETIONS, batch_size=batch)
        found, results = evaluate(model, "choices")
        for (text, words), responses in zip(STORIES, found, strict=True):
            for word, ((value, _greedy),) in zip(words, responses, strict=True):
                before, whole = encode(text), encode(text + word)
                near(float(value), sum(scores(whole)[len(before) - 1:]), f"{text}{word}")
        equal(results["acc,none"], 1.0)


@check
def concurrent():
    """several requests at the same time give the same"""
    alone, _ = evaluate(LocalCompletionsAPI(**COMPLETIONS), "choices")
    together, _ = evaluate(LocalCompletionsAPI(**COMPLETIONS, num_concurrent=4), "choices")
    equal(together, alone)


@check
def rolling():
    """the log-likelihood of whole texts, behind the tokenizer's token that ends a text"""
    model = LocalCompletionsAPI(**COMPLETIONS)
    found, _ = evaluate(model, "rolling")
    for (text, _), response in zip(STORIES, found, strict=True):
        value = response[0][0] if isinstance(response[0], (list, tuple)) else response[0]
        near(float(value), sum(scores([model.prefix_token_id] + encode(text))), text)


@check
def generation():
    """generate_until of completions gives the server's text up to its end"""
    found, _ = evaluate(LocalCompletionsAPI(**COMPLETIONS), "answers")
    for (text, _), ((answer,),) in zip(QUESTIONS, found, strict=True):
        equal(answer, complete(text, max_tokens=16, stop=["\n"]))


@check
def chats():
    """local-chat-completions gives the server's answers"""
    said = [chat([{"role": "user", "content": text}], stop=["\n"]) for text, _ in QUESTIONS]
    found, _ = evaluate(LocalChatCompletion(**CHAT), "answers", apply_chat_template=True)
    equal([answer for ((answer,),) in found], said)


@check
def tokenizer():
    """the remote tokenizer encodes and decodes as the server does, knows what ends a text, and renders chats"""
    model = LocalCompletionsAPI(**COMPLETIONS)
    text = "Emoji 🦊, ümlauts and a line\nbreak"
    equal(model.tok_encode(text), encode(text))
    equal(model.decode_batch([encode(text)]), [text])
    rendered = model.tokenizer.apply_chat_template(MESSAGES)
    equal(model.tok_encode(rendered), ask("/tokenize", {"messages": MESSAGES})["tokens"])
    info = ask("/tokenizer_info")
    equal((model.tokenizer.eos_token, model.eot_token_id), (info["eos_token"], encode(info["eos_token"])[0]))


@check
def command():
    """the program itself evaluates a task and writes its results"""
    arguments = ",".join(f"{key}={value}" for key, value in COMPLETIONS.items())
    result = subprocess.run(
        [sys.executable, "-m", "lm_eval", "run", "--model", "local-completions", "--model_args", arguments, "--tasks",
         "choices", "--include_path", ROOT, "--output_path", ROOT / "results"], capture_output=True, text=True)
    assert result.returncode == 0, f"{result.stdout}{result.stderr}"
    file, = (ROOT / "results").rglob("results_*.json")
    equal(json.loads(file.read_text())["results"]["choices"]["acc,none"], 1.0)


if __name__ == "__main__":
    main()
