"""Checks reference.py itself: against the worked numbers of the specification (its section 7) and against the golden
outputs of the demo model, which unmodified transformers computed in float32.

    python3 check_golden.py [MODEL_DIR [GOLDEN_DIR]]

Prints the largest difference of each kind beside its limit; exit status 1 if one is over its limit.
"""
import json
import os
import sys

import numpy as np

from reference import Model, gated_mlp, lightning_recurrence, read_safetensors, rms_norm, rotate, route, sigmoid, slopes

HERE = os.path.dirname(os.path.abspath(__file__))
MODEL = os.path.join(HERE, "../../compose/models/demo")
GOLDEN = os.path.join(HERE, "../Fixtures/golden")
failed = []


def check(what, difference, limit):
    ok = difference <= limit
    if not ok:
        failed.append(what)
    print(f"{'ok  ' if ok else 'FAIL'} {what}: {difference:.3g} (limit {limit:g})", flush=True)


def largest(found, expected):
    return float(np.abs(np.asarray(found, np.float64) - np.asarray(expected, np.float64)).max())


def relative(found, expected):
    return float(np.linalg.norm(found - np.asarray(expected, np.float64)) / np.linalg.norm(expected))


def check_worked_numbers():
    """Section 7.1 to 7.3."""
    base = [0.500005, 0.2500025, 0.12500125, 0.062500625, 0.0312503125, 0.01562515625, 0.007812578125, 0.0039062890625]
    check("slopes, 8 heads, layer 0 of 8", largest(slopes(8, 0, 8), base), 1e-15)
    check("slopes, layers 3, 6, 7, head 0", largest([slopes(8, layer, 8)[0] for layer in (3, 6, 7)],
                                                    [0.2857192857142857, 0.07143357142857146, 5e-06]), 1e-15)
    twelve = [2.0 ** -(h + 1) for h in range(8)] + [0.7071067811865476, 0.35355339059327384, 0.17677669529663692, 0.08838834764831849]
    check("slopes, 12 heads", largest(slopes(12, 0, 1) / (1 + 1e-5), twelve), 1e-15)

    q = np.array([[1, 0.5], [0.25, -1], [2, 1]])[:, None]
    k = np.array([[0.5, 1], [1, -0.5], [-1, 2]])[:, None]
    v = np.array([[1, 2], [3, -1], [0.5, 4]])[:, None]
    outputs, state = lightning_recurrence(q, k, v, np.array([0.25]), np.zeros((1, 2, 2)))
    expected = [[1.0, 2.0], [1.5685493148125207, -2.1129013703749586], [4.717664843246588, 1.2579214642434267]]
    check("lightning outputs", largest(outputs[:, 0], expected), 1e-14)
    check("lightning state", largest(state[0], [[2.139667679070531, -4.172270123358771], [0.43832948510552616, 9.60246171096097]]), 1e-14)

    u = rms_norm(outputs[2, 0], np.ones(2), 1e-6)
    check("output norm", largest(u, [1.366471331586542, 0.36435687472302314]), 1e-14)
    check("gated output", largest(u * sigmoid(np.array([0.5, -1.0])), [0.8505728311658666, 0.09799065577393909]), 1e-14)
    rotated = rotate(np.arange(1.0, 9.0)[None, None], np.array([3.0]), 4, 1e7)[0, 0]
    check("partial rotation", largest(rotated, [-1.413352520780047, 1.9962043673770753, -2.828857481741469, 4.001895566311631, 5, 6, 7, 8]), 1e-14)
    experts, weights = route(np.array([[1, 2, 0.5, -1.0], [0, 3, 3, 3]]), 2)
    check("router weights", largest(weights[0], [0.7310585786300049, 0.2689414213699951]), 1e-14)
    check("router choices, ties to the lower index", largest(experts, [[1, 0], [1, 2]]), 0)
    check("expert", largest(gated_mlp(np.ones(1), *(np.full((1, 1), w) for w in (2.0, 3.0, 5.0))), [2 * sigmoid(2.0) * 3 * 5]), 1e-14)


def check_golden(model, golden):
    with open(os.path.join(golden, "golden.json")) as file:
        prompts = json.load(file)["prompts"]
    files = {name: read_safetensors(os.path.join(golden, name + ".safetensors"))
             for name in ("last-logits", "hidden-states-story-start", "router-story-start",
                          "lightning-state-story-start", "lightning-state-needle-257")}
    for prompt in prompts:
        name, session = prompt["name"], model.session()
        trace = model.run(prompt["input_ids"], session)
        check(f"{name}: last logits", largest(trace.logits[0], files["last-logits"][name]), 1e-4)
        if name == "story-start":
            hidden = files["hidden-states-" + name]
            ours = {"embedding": trace.embedding, "after-final-norm": trace.after_final_norm}
            ours |= {f"after-layer.{layer}": x for layer, x in enumerate(trace.after_layer)}
            assert ours.keys() == hidden.keys(), hidden.keys()
            check(f"{name}: hidden states, largest", max(largest(ours[key], hidden[key]) for key in hidden), 1e-4)
            check(f"{name}: hidden states, relative", max(relative(ours[key], hidden[key]) for key in hidden), 1e-5)
            router = files["router-" + name]
            check(f"{name}: router logits", largest(trace.router_logits, router["router_logits"]), 1e-4)
            check(f"{name}: router choices that differ", int((np.array(trace.experts) != router["top2_experts"]).sum()), 0)
            check(f"{name}: router weights", largest(trace.expert_weights, router["top2_weights"]), 1e-4)
        if f"lightning-state-{name}" in files:
            states = files[f"lightning-state-{name}"]
            assert {f"layer.{layer}" for layer in trace.states} == states.keys()
            check(f"{name}: lightning states, relative",
                  max(relative(state, states[f"layer.{layer}"]) for layer, state in trace.states.items()), 1e-5)
        greedy, logits = [], trace.logits[0]
        for _ in prompt["greedy_64_ids"]:
            greedy.append(int(logits.argmax()))
            logits = model.run(greedy[-1:], session).logits[0]
        check(f"{name}: greedy ids that differ, of {len(greedy)}", int((np.array(greedy) != prompt["greedy_64_ids"]).sum()), 0)


if __name__ == "__main__":
    check_worked_numbers()
    check_golden(Model.load(sys.argv[1] if len(sys.argv) > 1 else MODEL), sys.argv[2] if len(sys.argv) > 2 else GOLDEN)
    print(f"{len(failed)} over their limit" if failed else "all within their limits")
    sys.exit(1 if failed else 0)
