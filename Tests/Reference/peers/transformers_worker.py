"""Generates greedily with transformers on the CPU: python3 transformers_worker.py FOLDER THREADS.

Prints `{"about": …}` once the model is loaded, then for each line `{"prompt": ids, "count": n}` a line with the `ids` of the
answer, their `logprobs`, and the seconds of its parts: `prefill_seconds` to the first token, `decode_seconds` for the others.

Attention is by torch's scaled_dot_product_attention and experts are by `grouped_mm`: transformers' own choices, and on CPUs not
slower than its alternatives. Lightning attention has one implementation only.
"""
import json
import sys
import time

import torch
import transformers


def main(folder: str, threads: int) -> None:
    torch.set_num_threads(threads)
    torch.set_grad_enabled(False)
    transformers.utils.logging.disable_progress_bar()
    model = transformers.MiniMaxForCausalLM.from_pretrained(folder, dtype=torch.bfloat16).eval()
    ways = f"attention by {model.config._attn_implementation}, experts by {model.config._experts_implementation}"
    about = f"transformers {transformers.__version__} ({ways}), torch {torch.__version__}, {torch.backends.cpu.get_cpu_capability()}"
    print(json.dumps({"about": about}), flush=True)
    for line in sys.stdin:
        print(json.dumps(generate(model, **json.loads(line))), flush=True)


def generate(model: transformers.MiniMaxForCausalLM, prompt: list[int], count: int) -> dict:
    begin = time.perf_counter()
    output = model(torch.tensor([prompt]), use_cache=True, logits_to_keep=1)
    last_logits = [output.logits[0, -1]]
    ids = [int(last_logits[-1].argmax())]
    first = time.perf_counter()
    while len(ids) < count:
        # The positions have to be told: the cache takes its length from layer 0, where lightning attention keeps none.
        position = torch.tensor([[len(prompt) + len(ids) - 1]])
        output = model(torch.tensor([ids[-1:]]), position_ids=position, past_key_values=output.past_key_values, use_cache=True)
        last_logits.append(output.logits[0, -1])
        ids.append(int(last_logits[-1].argmax()))
    end = time.perf_counter()
    logprobs = [float(logits.float().log_softmax(-1)[id]) for logits, id in zip(last_logits, ids)]
    return {"ids": ids, "logprobs": logprobs, "prefill_seconds": first - begin, "decode_seconds": end - first}


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
