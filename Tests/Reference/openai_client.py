"""Checks a running server with OpenAI's own Python client (pip install openai), as an application would use it.

    python3 openai_client.py [http://127.0.0.1:8080/v1 [MODEL]]

Every check prints ok or FAIL with what was found; the last line counts them; exit status 1 if one failed. The checks
follow OpenAI's API reference and ask nothing of the model's wit: any checkpoint will do whose answers are longer than a
word and whose token 46 is a letter (byte-level vocabularies: "O"). Written against openai 3.52.
"""
import math
import sys

import openai

from client_checks import check, equal, main

BASE_URL = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8080/v1"
MODEL = sys.argv[2] if len(sys.argv) > 2 else "demo"
CLIENT = openai.OpenAI(base_url=BASE_URL, api_key="unused", max_retries=0, timeout=120)
QUESTION = [{"role": "system", "content": "You are a helpful assistant."}, {"role": "user", "content": "Who are you?"}]
PROMPT = "Once upon a time there was a little girl who lived"


def chat(**options):
    return CLIENT.chat.completions.create(**({"model": MODEL, "messages": QUESTION, "max_tokens": 16, "temperature": 0} | options))


def complete(**options):
    return CLIENT.completions.create(**({"model": MODEL, "prompt": PROMPT, "max_tokens": 8, "temperature": 0} | options))


def expect_error(kind, call, param=None, code=None):
    """The call must raise exactly this class of the client, with OpenAI's error fields filled in."""
    try:
        call()
    except openai.APIStatusError as error:
        assert type(error) is kind, f"expected {kind.__name__}, found {type(error).__name__}: {error}"
        assert isinstance(error.body, dict) and error.body.get("message"), f"no error message in the body {error.body!r}"
        assert error.body.get("type"), f"no error type in the body {error.body!r}"
        if param is not None:
            equal(error.param, param, "param")
        if code is not None:
            equal(error.code, code, "code")
        return
    raise AssertionError(f"expected {kind.__name__}, the call succeeded")


def check_usage(usage, completion_max):
    assert usage is not None, "no usage"
    assert usage.prompt_tokens > 0 and 0 < usage.completion_tokens <= completion_max, f"usage {usage}"
    equal(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens, "total_tokens")


# ------------------------------------------------------------------------------------------------- models

@check
def models():
    """models.list holds the model; models.retrieve finds it"""
    listed = CLIENT.models.list()
    equal(listed.object, "list")
    ids = [model.id for model in listed]
    assert MODEL in ids, f"{MODEL} is not among {ids}"
    model = CLIENT.models.retrieve(MODEL)
    equal((model.id, model.object), (MODEL, "model"))
    assert isinstance(model.created, int) and model.owned_by, f"created {model.created!r}, owned_by {model.owned_by!r}"


# ------------------------------------------------------------------------------------------------- chat

@check
def chat_plain():
    """chat answers with every field of a completion"""
    answer = chat()
    equal((answer.object, answer.model, len(answer.choices)), ("chat.completion", MODEL, 1))
    assert answer.id and isinstance(answer.created, int), f"id {answer.id!r}, created {answer.created!r}"
    choice = answer.choices[0]
    equal((choice.index, choice.message.role), (0, "assistant"))
    assert choice.message.content, "empty content"
    assert choice.finish_reason in ("stop", "length"), f"finish_reason {choice.finish_reason!r}"
    check_usage(answer.usage, 16)


@check
def chat_length():
    """max_tokens and max_completion_tokens cut with finish_reason length"""
    for name in ("max_tokens", "max_completion_tokens"):
        answer = CLIENT.chat.completions.create(model=MODEL, messages=QUESTION, temperature=0, **{name: 3})
        equal((answer.choices[0].finish_reason, answer.usage.completion_tokens), ("length", 3), name)


@check
def chat_parts():
    """content as a list of text parts gives the same answer as a string"""
    parts = [{"role": message["role"], "content": [{"type": "text", "text": message["content"]}]} for message in QUESTION]
    equal(chat(messages=parts).choices[0].message.content, chat().choices[0].message.content)


@check
def chat_stream():
    """a stream's pieces join to the plain answer; role first, finish_reason last, one id"""
    plain = chat().choices[0]
    chunks = list(chat(stream=True))
    equal({chunk.object for chunk in chunks}, {"chat.completion.chunk"})
    equal(len({chunk.id for chunk in chunks}), 1, "number of ids")
    deltas = [chunk.choices[0] for chunk in chunks if chunk.choices]
    equal(deltas[0].delta.role, "assistant", "first role")
    equal("".join(choice.delta.content or "" for choice in deltas), plain.message.content)
    equal([choice.finish_reason for choice in deltas if choice.finish_reason], [plain.finish_reason], "finish reasons")
    assert deltas[-1].finish_reason, "finish_reason is not in the last chunk"
    assert all(chunk.usage is None for chunk in chunks), "usage without stream_options"


@check
def chat_stream_usage():
    """stream_options.include_usage ends with one chunk of usage and no choices"""
    chunks = list(chat(stream=True, stream_options={"include_usage": True}))
    equal(chunks[-1].choices, [], "choices of the last chunk")
    check_usage(chunks[-1].usage, 16)
    equal(chunks[-1].usage, chat().usage, "usage")
    assert all(chunk.usage is None for chunk in chunks[:-1]), "usage before the last chunk"


@check
def chat_stream_helper():
    """the client's own stream helper assembles the completion"""
    stop = chat().choices[0].message.content[4:8]         # the helper refuses answers that are cut by length
    with CLIENT.chat.completions.stream(model=MODEL, messages=QUESTION, max_tokens=16, temperature=0, stop=stop) as stream:
        stream.until_done()
        final = stream.get_final_completion()
    equal(final.choices[0].message.content, chat(stop=stop).choices[0].message.content)


@check
def chat_stream_abandoned():
    """a stream closed after its first chunks leaves the server serving"""
    stream = chat(stream=True, max_tokens=400)
    next(iter(stream))
    stream.close()
    chat(max_tokens=1)


@check
def chat_n():
    """n = 2 gives two choices, alike when greedy, and counts both"""
    answer = chat(n=2, max_tokens=6)
    equal([choice.index for choice in answer.choices], [0, 1])
    equal(answer.choices[0].message.content, answer.choices[1].message.content)
    equal(answer.usage.completion_tokens, 2 * chat(max_tokens=6).usage.completion_tokens, "completion_tokens")


@check
def chat_n_stream():
    """n = 2 streamed: the chunks' indices tell the choices apart"""
    texts, reasons = {0: "", 1: ""}, {}
    for chunk in chat(n=2, max_tokens=6, stream=True):
        for choice in chunk.choices:
            texts[choice.index] += choice.delta.content or ""
            if choice.finish_reason:
                reasons[choice.index] = choice.finish_reason
    whole = chat(n=2, max_tokens=6)
    equal(texts, {choice.index: choice.message.content for choice in whole.choices})
    equal(reasons, {choice.index: choice.finish_reason for choice in whole.choices})


@check
def chat_seed():
    """the same seed gives the same answer; other seeds give others"""
    def sample(seed):
        prompt = [{"role": "user", "content": "Tell me a story."}]
        return chat(messages=prompt, temperature=1.5, top_p=1, seed=seed, max_tokens=24).choices[0].message.content

    equal(sample(7), sample(7))
    assert len({sample(seed) for seed in range(4)}) > 1, "four seeds, one answer"


def check_logprobs(content, top):
    for entry in content:
        assert entry.logprob <= 0 and math.isfinite(entry.logprob), f"logprob {entry.logprob}"
        equal(bytes(entry.bytes).decode(errors="replace"), entry.token, "bytes and token")
        equal(len(entry.top_logprobs), top, "number of top_logprobs")
        values = [other.logprob for other in entry.top_logprobs]
        equal(values, sorted(values, reverse=True), "order of top_logprobs")
        assert sum(math.exp(value) for value in values) <= 1 + 1e-4, f"top probabilities add to more than 1: {values}"
        if top:                               # greedy: the chosen token is the likeliest
            assert abs(values[0] - entry.logprob) < 1e-5, f"chosen {entry.logprob}, best {values[0]}"


@check
def chat_logprobs():
    """logprobs and top_logprobs: one entry a token, ordered, tokens join to the content"""
    choice = chat(logprobs=True, top_logprobs=3, max_tokens=5).choices[0]
    equal(len(choice.logprobs.content), 5, "entries")
    check_logprobs(choice.logprobs.content, 3)
    equal("".join(entry.token for entry in choice.logprobs.content), choice.message.content)
    check_logprobs(chat(logprobs=True, max_tokens=2).choices[0].logprobs.content, 0)
    equal(chat(max_tokens=1).choices[0].logprobs, None, "logprobs that were not asked for")


@check
def chat_logprobs_stream():
    """streamed logprobs equal the plain ones"""
    plain = chat(logprobs=True, top_logprobs=2, max_tokens=5).choices[0].logprobs.content
    entries = []
    for chunk in chat(logprobs=True, top_logprobs=2, max_tokens=5, stream=True):
        for choice in chunk.choices:
            if choice.logprobs and choice.logprobs.content:
                entries += choice.logprobs.content
    check_logprobs(entries, 2)
    equal([(entry.token, entry.logprob) for entry in entries], [(entry.token, entry.logprob) for entry in plain])


@check
def chat_stop():
    """a stop string, also one across token borders, ends the answer before it"""
    whole = chat(max_tokens=16).choices[0].message.content
    assert len(whole) > 8, f"answer too short for this check: {whole!r}"
    for first, length in ((3, 5), (len(whole) // 2, 4)):
        stop = whole[first : first + length]
        expected = whole[: whole.index(stop)]
        for option in (stop, ["\u0001never", stop]):
            choice = chat(max_tokens=16, stop=option).choices[0]
            equal((choice.message.content, choice.finish_reason), (expected, "stop"), f"stop {option!r}")
        streamed = "".join(chunk.choices[0].delta.content or "" for chunk in chat(max_tokens=16, stop=stop, stream=True) if chunk.choices)
        equal(streamed, expected, f"streamed, stop {stop!r}")


@check
def chat_parameters():
    """the sampling parameters and `user` are accepted; logit_bias bans and forces"""
    chat(temperature=0.7, top_p=0.9, presence_penalty=0.5, frequency_penalty=0.5, user="someone", seed=1, max_tokens=4,
         extra_body={"top_k": 20, "min_p": 0.05, "repetition_penalty": 1.1})
    forced = complete(logit_bias={"46": 100}, max_tokens=2).choices[0].text
    plain = complete(max_tokens=2).choices[0].text
    assert forced != plain, f"a bias of 100 changed nothing: {forced!r}"
    equal(complete(prompt=[46], max_tokens=1, echo=True, logit_bias={"46": 100}).choices[0].text, forced, "token 46 twice")
    banned = complete(prompt=[46], max_tokens=2, logit_bias={"46": 100, "47": -100}).choices[0].text
    equal(banned, forced, "a ban beside it")


# ------------------------------------------------------------------------------------------------- completions

@check
def completions_plain():
    """a completion of a text has every field"""
    answer = complete()
    equal((answer.object, answer.model, len(answer.choices)), ("text_completion", MODEL, 1))
    choice = answer.choices[0]
    assert choice.text and choice.finish_reason in ("stop", "length"), f"{choice}"
    equal(choice.index, 0, "index")
    check_usage(answer.usage, 8)


@check
def completions_prompts():
    """several prompts give their choices in order"""
    prompts = [PROMPT, "The wolf came to the door"]
    together = complete(prompt=prompts)
    equal([choice.index for choice in together.choices], [0, 1])
    equal([choice.text for choice in together.choices], [complete(prompt=prompt).choices[0].text for prompt in prompts])


@check
def completions_ids():
    """token ids as prompt, one list or several; their count is the usage"""
    answer = complete(prompt=[46, 47, 48], max_tokens=4)
    equal(answer.usage.prompt_tokens, 3, "prompt_tokens")
    together = complete(prompt=[[46, 47, 48], [50, 51]], max_tokens=4)
    equal(together.choices[0].text, answer.choices[0].text)
    equal((len(together.choices), together.usage.prompt_tokens), (2, 5))


@check
def completions_echo():
    """echo repeats the prompt before the completion"""
    equal(complete(echo=True).choices[0].text, PROMPT + complete().choices[0].text)


@check
def completions_logprobs():
    """logprobs: four lists of one length, offsets into the text"""
    choice = complete(logprobs=2, max_tokens=5).choices[0]
    found = choice.logprobs
    equal([len(values) for values in (found.tokens, found.token_logprobs, found.top_logprobs, found.text_offset)], [5] * 4)
    equal("".join(found.tokens), choice.text)
    assert all(value <= 0 for value in found.token_logprobs), f"{found.token_logprobs}"
    for token, value, others in zip(found.tokens, found.token_logprobs, found.top_logprobs):
        assert 2 <= len(others) <= 3, f"2 asked, found {others}"
        assert abs(others[token] - value) < 1e-5, f"{token!r}: {value} and {others}"
    equal([b - a for a, b in zip(found.text_offset, found.text_offset[1:])], [len(token) for token in found.tokens[:-1]], "offsets")


@check
def completions_echo_logprobs():
    """echo with logprobs scores the prompt: null for its first token, a number for all others; max_tokens 0 is allowed"""
    for new in (0, 2):
        answer = complete(echo=True, logprobs=1, max_tokens=new)
        found = answer.choices[0].logprobs
        equal(len(found.tokens), answer.usage.prompt_tokens + new, "tokens")
        equal(found.token_logprobs[0], None, "first logprob")
        assert all(isinstance(value, float) and value <= 0 for value in found.token_logprobs[1:]), f"{found.token_logprobs}"
        equal("".join(found.tokens), answer.choices[0].text)
    equal(found.token_logprobs[: -2], complete(echo=True, logprobs=1, max_tokens=0).choices[0].logprobs.token_logprobs, "prompt scores")


@check
def completions_stream():
    """a streamed completion joins to the plain one, with usage on request"""
    chunks = list(complete(stream=True, stream_options={"include_usage": True}))
    equal("".join(chunk.choices[0].text for chunk in chunks if chunk.choices), complete().choices[0].text)
    reasons = [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices and chunk.choices[0].finish_reason]
    equal(reasons, [complete().choices[0].finish_reason], "finish reasons")
    equal(chunks[-1].choices, [], "choices of the last chunk")
    equal(chunks[-1].usage, complete().usage, "usage")


@check
def completions_stop_and_n():
    """stop and n work for completions as for chat"""
    whole = complete(max_tokens=12).choices[0].text
    stop = whole[len(whole) // 2 :][:3]
    choice = complete(max_tokens=12, stop=[stop]).choices[0]
    equal((choice.text, choice.finish_reason), (whole[: whole.index(stop)], "stop"), f"stop {stop!r}")
    answer = complete(n=3, max_tokens=2, temperature=1, seed=3)
    equal([choice.index for choice in answer.choices], [0, 1, 2])


# ------------------------------------------------------------------------------------------------- embeddings

def embed(input, **options):
    return CLIENT.embeddings.create(**({"model": MODEL, "input": input} | options))


@check
def embeddings_plain():
    """embeddings of several texts come in their order, of length 1, with the usage; the client asks for base64"""
    texts = ["A cat sat on the mat.", "The stock market fell.", PROMPT]
    answer = embed(texts)
    equal((answer.object, [item.index for item in answer.data]), ("list", [0, 1, 2]))
    for item, text in zip(answer.data, texts):
        assert item.object == "embedding" and abs(math.hypot(*item.embedding) - 1) < 1e-5, f"length {math.hypot(*item.embedding)}"
        equal(embed(text).data[0].embedding, item.embedding, text)
    assert answer.usage.prompt_tokens == answer.usage.total_tokens > 0, f"usage {answer.usage}"


@check
def embeddings_formats():
    """floats are the numbers that base64 has; token ids do as well as texts"""
    import struct
    plain = embed(PROMPT, encoding_format="float").data[0].embedding
    as_float32 = struct.unpack(f"<{len(plain)}f", struct.pack(f"<{len(plain)}f", *plain))
    equal(list(embed(PROMPT).data[0].embedding), list(as_float32))
    equal(embed([[46, 46], [46]]).data[1].embedding, embed([46]).data[0].embedding)
    equal(len(embed(PROMPT, dimensions=len(plain)).data[0].embedding), len(plain))


@check
def embeddings_refused():
    """embeddings of nothing, of other dimensions and of another model are refused by name"""
    expect_error(openai.BadRequestError, lambda: embed(""), param="input")
    expect_error(openai.BadRequestError, lambda: embed([]), param="input")
    expect_error(openai.BadRequestError, lambda: embed(PROMPT, dimensions=1), param="dimensions", code="unsupported_parameter")
    expect_error(openai.NotFoundError, lambda: embed(PROMPT, model="text-embedding-3-small"), param="model", code="model_not_found")


# ------------------------------------------------------------------------------------------------- errors

@check
def error_unknown_model():
    """an unknown model is NotFoundError, code model_not_found"""
    for call in (lambda: chat(model="no-such-model"), lambda: complete(model="no-such-model"), lambda: CLIENT.models.retrieve("no-such-model")):
        expect_error(openai.NotFoundError, call, code="model_not_found")


@check
def error_unknown_endpoint():
    """an unknown endpoint is NotFoundError"""
    expect_error(openai.NotFoundError, lambda: CLIENT.get("/no-such-endpoint", cast_to=object))


BAD_PARAMETERS = [
    ("temperature", -1), ("temperature", 2.5), ("temperature", "warm"), ("top_p", 1.5), ("top_p", -0.1), ("n", 0), ("n", 10**6), ("max_tokens", -1),
    ("presence_penalty", 3), ("frequency_penalty", -3), ("top_logprobs", 21), ("stop", 5), ("stop", ["a"] * 17),
    ("seed", "one"), ("stream", "yes"), ("logit_bias", {"100": 101}), ("logit_bias", {"one": 1}), ("messages", []), ("messages", "hello")]


@check
def error_parameters():
    """a parameter of a wrong value or type is BadRequestError and named in param"""
    wrong = []
    for name, value in BAD_PARAMETERS:
        more = {"logprobs": True} if name == "top_logprobs" else {}
        try:
            expect_error(openai.BadRequestError, lambda: chat(**{name: value}, **more), param=name)
        except AssertionError as error:
            wrong.append(f"{name}={value!r}: {error}")
    assert not wrong, "\n     ".join(wrong)


@check
def error_prompt():
    """unknown token ids, an empty prompt and a top_logprobs without logprobs are BadRequestError"""
    expect_error(openai.BadRequestError, lambda: complete(prompt=[2**31 - 1]), param="prompt")
    expect_error(openai.BadRequestError, lambda: complete(prompt=[-1]), param="prompt")
    expect_error(openai.BadRequestError, lambda: complete(prompt=""), param="prompt")
    expect_error(openai.BadRequestError, lambda: chat(top_logprobs=2), param="top_logprobs")


@check
def error_context():
    """a prompt with its max_tokens beyond the context is BadRequestError, code context_length_exceeded"""
    expect_error(openai.BadRequestError, lambda: chat(max_tokens=10**9), code="context_length_exceeded")


@check
def error_stream():
    """a bad request for a stream fails as a status, before any event"""
    expect_error(openai.BadRequestError, lambda: list(chat(stream=True, temperature=-1)), param="temperature")


@check
def error_then_answer():
    """after all those errors the server still answers"""
    chat(max_tokens=1)


if __name__ == "__main__":
    main()
