"""Writes the small random checkpoints of Tests/Fixtures with what the model must compute for them, by reference.py.

    python3 make_fixtures.py [NAME ...]      all of them by default; the same bytes on every run

Each folder gets config.json, the weights (one file, or shards with an index), expected.json (the prompt's ids and a few
facts) and expected.safetensors, the float64 results rounded to float32:

    logits              (T, V)       every position
    after-layer.N       (T, D)       the residual stream that leaves layer N
    lightning-state.N   (H, d, d)    after the last token, key component by value component; lightning layers only
    router_logits       (L, T, E)
    top_experts         (L, T, k)    I32, larger weight first
    top_weights         (L, T, k)

A seed is taken only if no token of any layer has two neighbours among its k + 1 largest router logits closer than
ROUTER_GAP_MIN, so that rounding to float32 can neither flip a choice nor swap its order.
"""
import json
import os
import sys

import numpy as np

from reference import Model, read_config, read_weights

FIXTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../Fixtures")
ROUTER_GAP_MIN = 5e-4


# ---------------------------------------------------------------------------------------------- the checkpoints

def original(layers, **fields):
    """A config in the original dialect; `layers` is a string of s (softmax) and l (lightning)."""
    return {"architectures": ["MiniMaxText01ForCausalLM"], "model_type": "minimax_text_01", "hidden_act": "silu",
            "num_hidden_layers": len(layers), "attn_type_list": [int(kind == "s") for kind in layers],
            "num_experts_per_tok": 2, "rms_norm_eps": 1e-05} | fields


def native(layers, **fields):
    """A config in transformers' dialect."""
    names = {"s": "full_attention", "l": "linear_attention"}
    return {"architectures": ["MiniMaxForCausalLM"], "model_type": "minimax", "hidden_act": "silu",
            "num_hidden_layers": len(layers), "layer_types": [names[kind] for kind in layers],
            "num_experts_per_tok": 2, "rms_norm_eps": 1e-05} | fields


def fixture(about, config, tokens, **options):
    return {"about": about, "config": config, "tokens": tokens} | options


DEEP = {"layernorm_linear_attention_alpha": 1.5, "layernorm_full_attention_alpha": 1.25, "layernorm_mlp_alpha": 1.75,
        "layernorm_linear_attention_beta": 0.875, "layernorm_full_attention_beta": 1.125, "layernorm_mlp_beta": 0.75}

CHECKPOINTS = {
    "mixed-original": fixture(
        "softmax in the middle of lightning layers; 6 heads (no power of two) on 1 kv head; hidden size unequal to heads * head_dim; 5 experts; "
        "half of each head rotates; two shards, numbered from 0; a prompt across the borders at 64 and 128",
        original("lsl", vocab_size=97, hidden_size=40, num_attention_heads=6, num_key_value_heads=1, head_dim=16, rotary_dim=8,
                 intermediate_size=16, num_local_experts=5, postnorm=True, rope_theta=10000000, shared_intermediate_size=0,
                 shared_moe_mode="sigmoid", sliding_window=None, **DEEP), 133, shards=2),
    "all-lightning": fixture(
        "no softmax layer; transformers dialect; carries the decay buffers that transformers saves, filled with NaN: they must be ignored",
        native("lll", vocab_size=96, hidden_size=24, num_attention_heads=4, num_key_value_heads=2, head_dim=8, rotary_dim=8, block_size=8,
               intermediate_size=16, num_local_experts=4, rope_theta=10000000, linear_attn_alpha_factor=1.5, linear_attn_beta_factor=0.75,
               full_attn_alpha_factor=9.0, full_attn_beta_factor=9.0, mlp_alpha_factor=1.25, mlp_beta_factor=1.5, sliding_window=None), 131,
        stray_buffers=True),
    "all-softmax-fused": fixture(
        "no lightning layer; as many kv heads as heads; transformers 5 names (mlp.gate, fused experts), rope_parameters and partial_rotary_factor",
        native("ss", vocab_size=96, hidden_size=36, num_attention_heads=3, num_key_value_heads=3, head_dim=16, partial_rotary_factor=0.5,
               rope_parameters={"rope_type": "default", "rope_theta": 500000.0}, intermediate_size=20, num_local_experts=4,
               full_attn_alpha_factor=1.5, mlp_alpha_factor=1.5, sliding_window=None), 72, fused=True),
    "pre-norm": fixture(
        "postnorm false (the un-normed stream is the residual); a large rms_norm_eps; head_dim, rotary_dim, num_key_value_heads and rope_theta left to their defaults",
        original("ls", vocab_size=96, hidden_size=40, num_attention_heads=4, num_key_value_heads=None, intermediate_size=16, num_local_experts=4,
                 rms_norm_eps=0.01,
                 postnorm=False, layernorm_linear_attention_alpha=0.75, layernorm_linear_attention_beta=1.5,
                 layernorm_full_attention_alpha=1.25, layernorm_full_attention_beta=0.5, layernorm_mlp_alpha=0.875, layernorm_mlp_beta=1.25), 70),
    "sliding-window": fixture(
        "softmax layers that see the last 7 tokens, themselves included; 2 kv heads for 4 heads",
        original("sls", vocab_size=96, hidden_size=32, num_attention_heads=4, num_key_value_heads=2, head_dim=8, rotary_dim=4,
                 intermediate_size=12, num_local_experts=3, postnorm=True, rope_theta=10000, sliding_window=7, **DEEP), 70),
    "shared-expert": fixture(
        "a shared expert in every layer, size as a number, sigmoid",
        original("ls", vocab_size=96, hidden_size=32, num_attention_heads=2, num_key_value_heads=1, head_dim=16, rotary_dim=8,
                 intermediate_size=12, num_local_experts=3, postnorm=True, rope_theta=10000000, shared_intermediate_size=12,
                 shared_moe_mode="sigmoid", **DEEP), 70),
    "shared-expert-list": fixture(
        "shared experts by layer, the list shorter than the layers: 20, none, none; their size differs from the experts'",
        original("lsl", vocab_size=96, hidden_size=24, num_attention_heads=2, num_key_value_heads=2, head_dim=12, rotary_dim=4,
                 intermediate_size=12, num_local_experts=3, postnorm=True, rope_theta=10000000, shared_intermediate_size=[20, 0],
                 shared_moe_mode="sigmoid", **DEEP), 70),
    "one-layer": fixture(
        "a single layer, lightning (decay factor 1 + 1e-5), 12 heads (no power of two); MiniMax-M1's config; norms and lm_head in F32; "
        "small q, k, v, so that the output norm's own eps (1e-6) shows",
        original("l", vocab_size=128, hidden_size=32, num_attention_heads=12, num_key_value_heads=3, head_dim=8, rotary_dim=4,
                 intermediate_size=16, num_local_experts=4, postnorm=True, rope_theta=10000000,
                 architectures=["MiniMaxM1ForCausalLM"], model_type="minimax_m1", **DEEP), 90, wide=("norm", "lm_head"), qkv_gain=0.1),
    "one-softmax-layer": fixture(
        "a single softmax layer, 12 heads on 3 kv heads; the prompt stops on the border at 64",
        native("s", vocab_size=96, hidden_size=28, num_attention_heads=12, num_key_value_heads=3, head_dim=8, rotary_dim=4,
               intermediate_size=16, num_local_experts=4, rope_theta=10000000, full_attn_alpha_factor=1.5, mlp_alpha_factor=1.5), 64),
    "odd-sizes": fixture(
        "sizes that divide nothing: intermediate 13, head_dim 24 with rotary_dim 6, hidden 35, vocabulary 101; router weights and output gates in F32",
        native("sl", vocab_size=101, hidden_size=35, num_attention_heads=3, num_key_value_heads=1, head_dim=24, rotary_dim=6,
               intermediate_size=13, num_local_experts=5, rope_theta=10000000, full_attn_alpha_factor=1.5, linear_attn_alpha_factor=1.25,
               mlp_alpha_factor=1.5), 66, wide=("gate",)),
    "intermediate-20": fixture(
        "intermediate size 20, head_dim 24 with rotary_dim 6, 5 heads",
        original("ls", vocab_size=96, hidden_size=24, num_attention_heads=5, num_key_value_heads=1, head_dim=24, rotary_dim=6,
                 intermediate_size=20, num_local_experts=4, postnorm=True, rope_theta=10000000, **DEEP), 66),
}


def random_weights(config, random, plan):
    """Tensors by name. Scales keep every branch alive: attention scores, router logits and logits have a spread of 1 to 3."""
    D, H, G, d, V = config.hidden_size, config.heads, config.kv_heads, config.head_dim, config.vocab_size
    E, F = plan["config"]["num_local_experts"], plan["config"]["intermediate_size"]
    fused = plan.get("fused", False)
    tensors = {}

    def matrix(name, rows, columns, gain=1.0):
        tensors[name] = random.standard_normal((rows, columns)) * (gain / np.sqrt(columns))

    def norm(name, size):
        tensors[name] = random.uniform(0.5, 1.5, size)

    matrix("model.embed_tokens.weight", V, D, np.sqrt(D))
    for layer in range(config.layers):
        prefix = f"model.layers.{layer}."
        norm(prefix + "input_layernorm.weight", D)
        norm(prefix + "post_attention_layernorm.weight", D)
        if config.is_softmax[layer]:
            matrix(prefix + "self_attn.q_proj.weight", H * d, D, 1.5)
            matrix(prefix + "self_attn.k_proj.weight", G * d, D, 1.5)
            matrix(prefix + "self_attn.v_proj.weight", G * d, D, 1.5)
            matrix(prefix + "self_attn.o_proj.weight", D, H * d, 1.5)
        else:
            matrix(prefix + "self_attn.qkv_proj.weight", 3 * H * d, D, plan.get("qkv_gain", 1.5))
            matrix(prefix + "self_attn.output_gate.weight", H * d, D, 2.0)
            norm(prefix + "self_attn.norm.weight", H * d)
            matrix(prefix + "self_attn.out_proj.weight", D, H * d, 2.0)
            if plan.get("stray_buffers"):                # the same names and shapes as transformers saves (3.2)
                size = plan["config"]["block_size"]
                for name, shape in (("slope_rate", (H, 1, 1)), ("query_decay", (H, size, 1)), ("key_decay", (H, size, 1)),
                                    ("diagonal_decay", (1, H, size, size))):
                    tensors[prefix + "self_attn." + name] = np.full(shape, np.nan)
        matrix(prefix + ("mlp" if fused else "block_sparse_moe") + ".gate.weight", E, D, 1.5)
        w1, w3, w2 = (random.standard_normal((E, *shape)) * (gain / np.sqrt(shape[1]))
                      for shape, gain in (((F, D), 1.5), ((F, D), 1.5), ((D, F), 2.0)))
        if fused:
            tensors[prefix + "mlp.experts.gate_up_proj"] = np.concatenate([w1, w3], axis=1)
            tensors[prefix + "mlp.experts.down_proj"] = w2
        else:
            for expert in range(E):
                for name, stack in (("w1", w1), ("w2", w2), ("w3", w3)):
                    tensors[f"{prefix}block_sparse_moe.experts.{expert}.{name}.weight"] = stack[expert]
        if S := config.shared_size[layer]:
            matrix(prefix + "shared_mlp.gate_proj.weight", S, D, 1.5)
            matrix(prefix + "shared_mlp.up_proj.weight", S, D, 1.5)
            matrix(prefix + "shared_mlp.down_proj.weight", D, S, 2.0)
            matrix(prefix + "coefficient.weight", 1, D, 1.5)
    norm("model.norm.weight", D)
    matrix("lm_head.weight", V, D, 2.0)
    return tensors


# ---------------------------------------------------------------------------------------------- files

def stored(array, dtype):
    """The bytes of an array as BF16 (rounded to nearest, ties to even), F32 or I32, little-endian."""
    if dtype == "BF16":
        bits = array.astype("<f4").view("<u4").astype(np.uint64)
        rounded = ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype("<u2")
        return np.where(np.isnan(array), np.uint16(0x7FC0), rounded).astype("<u2").tobytes()
    return array.astype({"F32": "<f4", "I32": "<i4"}[dtype]).tobytes()


def write_safetensors(path, tensors):
    """tensors: {name: (dtype, array)}. As the safetensors library writes it: wide types first and the header padded to a
    multiple of 8, so that every tensor is aligned."""
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name, (dtype, array) in sorted(tensors.items(), key=lambda item: (item[1][0] == "BF16", item[0])):
        content = stored(array, dtype)
        header[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text + data)


def write_json(path, value):
    """One line for each key of the outermost object."""
    with open(path, "w") as file:
        file.write("{\n" + ",\n".join(f"  {json.dumps(key)}: {json.dumps(item)}" for key, item in value.items()) + "\n}\n")


def write_checkpoint(directory, tensors, wide, shards):
    """`wide`: words; a tensor whose name ends in one of them (before ".weight") stays F32, as do the stray buffers."""
    def dtype(name, array):
        return "F32" if np.isnan(array).any() or name.removesuffix(".weight").endswith(tuple(wide)) else "BF16"

    typed = {name: (dtype(name, array), array) for name, array in tensors.items()}
    if shards == 1:
        return write_safetensors(os.path.join(directory, "model.safetensors"), typed)
    places, total = {}, 0
    for shard in range(shards):
        file = f"model-{shard:05}-of-{shards:05}.safetensors"
        # Round robin: neighbours in a layer lie in different files.
        part = {name: typed[name] for position, name in enumerate(sorted(typed)) if position % shards == shard}
        write_safetensors(os.path.join(directory, file), part)
        places |= {name: file for name in part}
        total += sum(array.size * (2 if kind == "BF16" else 4) for kind, array in part.values())
    write_json(os.path.join(directory, "model.safetensors.index.json"),
               {"metadata": {"total_size": total}, "weight_map": dict(sorted(places.items()))})


# ---------------------------------------------------------------------------------------------- what must come out

def results(trace):
    """Trace -> {name: array}, as the head of this file lists them."""
    named = {"logits": trace.logits, "router_logits": np.array(trace.router_logits), "top_experts": np.array(trace.experts),
             "top_weights": np.array(trace.expert_weights)}
    named |= {f"after-layer.{layer}": x for layer, x in enumerate(trace.after_layer)}
    named |= {f"lightning-state.{layer}": state for layer, state in trace.states.items()}
    return named


def router_gap(trace, k):
    """The smallest distance between neighbours among the k + 1 largest router logits of any token of any layer."""
    ordered = -np.sort(-np.array(trace.router_logits), axis=-1)[..., : k + 1]
    return float((ordered[..., :-1] - ordered[..., 1:]).min())


def make(name):
    """Writes one fixture; tries seeds in order until the router's choices are clear of rounding."""
    plan, directory = CHECKPOINTS[name], os.path.join(FIXTURES, name)
    os.makedirs(directory, exist_ok=True)
    write_json(os.path.join(directory, "config.json"), plan["config"])
    config = read_config(directory)
    for attempt in range(100):
        seed = list(CHECKPOINTS).index(name) * 1000 + attempt
        random = np.random.Generator(np.random.PCG64(seed))
        tensors = random_weights(config, random, plan)
        ids = random.integers(0, config.vocab_size, plan["tokens"]).tolist()
        write_checkpoint(directory, tensors, plan.get("wide", ()), plan.get("shards", 1))
        weights = read_weights(directory)                 # as stored, that is rounded to bf16
        trace = Model(config, weights).run(ids, all_logits=True)
        gap = router_gap(trace, config.experts_per_token)
        if gap >= ROUTER_GAP_MIN:
            break
    else:
        sys.exit(f"{name}: no seed with a router gap of {ROUTER_GAP_MIN}")

    expected = results(trace)
    in_float32 = results(Model(config, weights, np.float32).run(ids, all_logits=True))
    assert (expected["top_experts"] == in_float32["top_experts"]).all()
    write_safetensors(os.path.join(directory, "expected.safetensors"),
                      {key: ("I32" if key == "top_experts" else "F32", value) for key, value in expected.items()})
    relative = {key: float(np.linalg.norm(in_float32[key] - value) / np.linalg.norm(value)) for key, value in expected.items()}
    facts = {
        "about": plan["about"], "made_by": "Tests/Reference/make_fixtures.py", "seed": seed, "ids": ids,
        "smallest_router_gap": round(gap, 6), "logits_standard_deviation": round(float(trace.logits.std()), 3),
        # What float32 alone does to these numbers: the same reference run in float32, largest difference of a logit,
        # and the largest relative one (norm of the difference by norm) of any other tensor. Orders of magnitude, so rounded.
        "float32_logits_difference": float(f"{np.abs(in_float32['logits'] - expected['logits']).max():.1g}"),
        "float32_relative_difference": float(f"{max(relative.values()):.1g}")}
    write_json(os.path.join(directory, "expected.json"), facts)
    size = sum(os.path.getsize(os.path.join(directory, file)) for file in os.listdir(directory))
    states = [float(np.abs(state).max()) for state in trace.states.values()]
    used = len(np.unique(expected["top_experts"]))
    print(f"{name:20} {size / 1e3:6.0f} kB  T {len(ids):3}  seed {seed}  gap {gap:.1e}  logits std {trace.logits.std():.2f}  "
          f"experts used {used}/{plan['config']['num_local_experts']}  largest state {max(states, default=0):.3g}  "
          f"float32 {facts['float32_logits_difference']:.0e} {facts['float32_relative_difference']:.0e}")
    return size


if __name__ == "__main__":
    total = sum(make(name) for name in (sys.argv[1:] or CHECKPOINTS))
    print(f"{total / 1e6:.2f} MB")
