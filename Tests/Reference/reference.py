"""The MiniMax-01 text model in float64, written from the specification alone.

This is the definition that the Swift code is tested against. It is slow and short on purpose: every formula stands as
the specification states it (numbers in brackets are its sections), nothing is fused, blocked or cached beyond what the
model itself carries from token to token, and it shares no code and no author's shortcut with the implementation.

    python3 reference.py MODEL_DIR 46 1346 603        prints the ten best next ids with their logits
    python3 reference.py MODEL_DIR --all 46 1346 603  prints every logit of the last position, one a line

    model = Model.load(directory)
    trace = model.run(ids)                            everything the model computed on the way, see Trace
    session = model.session(); model.run(ids, session); model.run([next_id], session)

Shapes: T tokens, D hidden size, H heads, G key/value heads, d head size, E experts, k experts per token, F intermediate
size, V vocabulary, L layers. A linear layer is y = x W^T with W stored (out, in); there are no biases.

Where the specification leaves room
- Decay slopes follow the original code in both dialects, also when H is not a power of two (section 2.7).
- Sliding window w: a token sees the last w positions, itself included. (The original code hands w to a two-sided flash
  attention window; there is no released checkpoint to settle whether that means w or w + 1.)
- `postnorm` absent means false in the original dialect and true in transformers' (which has no such switch); when the
  key is written it is honoured in both.
- `shared_moe_mode` absent means sigmoid, as the original code always computes; "softmax" is a softmax over one number,
  so the shared expert replaces the routed ones (section 2.11).
- All of it is float64: none of the original's intermediate roundings to bf16 (section 2.9) is imitated, and weights that
  are stored in bf16 are taken exactly.
"""
import json
import os
import sys
from dataclasses import dataclass, field

import numpy as np


# ---------------------------------------------------------------------------------------------- config.json (section 1)

@dataclass
class Config:
    vocab_size: int
    hidden_size: int                 # D
    layers: int                      # L
    heads: int                       # H
    kv_heads: int                    # G, softmax layers only
    head_dim: int                    # d; H * d need not equal D
    experts_per_token: int           # k
    is_softmax: list                 # one bool a layer; False is lightning attention
    postnorm: bool                   # True: the residual is the output of the norm
    attention_factors: list          # (alpha, beta) a layer: residual weight, branch weight
    mlp_factors: tuple               # (alpha, beta)
    eps: float                       # layer norms and final norm; not the lightning output norm
    rotary_dim: int                  # leading dimensions of a head that rotate
    rope_theta: float
    window: int | None               # sliding window of the softmax layers, None for none
    shared_size: list                # one int a layer; 0 is no shared expert
    shared_mode: str                 # "sigmoid" or "softmax"
    tied: bool

    OUTPUT_NORM_EPS = 1e-6           # lightning output norm (2.8): a constant of the code, never from the config


ORIGINAL_TYPES = {"minimax_text_01", "minimaxtext01", "minimax_m1", "minimaxm1"}


def read_config(directory):
    """Reads config.json of either dialect; fields that are absent get the defaults of the code that belongs to it."""
    with open(os.path.join(directory, "config.json")) as file:
        raw = json.load(file)
    kind = str(raw.get("model_type", "")).lower()
    if kind not in ORIGINAL_TYPES | {"minimax"}:
        raise ValueError(f"{directory}: model_type {raw.get('model_type')!r} is not of the MiniMax-01 family")
    original = kind != "minimax"

    def get(name, default=None):
        value = raw.get(name)
        return default if value is None else value

    def factor(native, original_name):       # either spelling, the native one first (1.2)
        return float(get(native, get(original_name, 1.0)))

    layers = get("num_hidden_layers", 32)
    heads = get("num_attention_heads", 32)
    hidden = get("hidden_size", 4096)
    head_dim = get("head_dim", hidden // heads)

    if "layer_types" in raw and raw["layer_types"] is not None:
        names = {"full_attention": True, "linear_attention": False}
        is_softmax = [names[name] for name in raw["layer_types"]]
    elif (types := get("attn_type_list", get("decoder_attention_types"))) is not None:
        is_softmax = [{0: False, 1: True}[kind] for kind in types]
    else:
        is_softmax = [True] * layers if original else [layer % 2 == 0 for layer in range(layers)]
    if len(is_softmax) != layers:
        raise ValueError(f"{directory}: {len(is_softmax)} layer types for {layers} layers")

    rope = get("rope_parameters", {})
    partial = get("partial_rotary_factor", rope.get("partial_rotary_factor"))
    rotary_dim = get("rotary_dim", head_dim if partial is None else int(head_dim * partial))
    if rotary_dim % 2 or not 0 < rotary_dim <= head_dim:
        raise ValueError(f"{directory}: rotary_dim {rotary_dim} with head_dim {head_dim}")

    shared = get("shared_intermediate_size", 0)
    if isinstance(shared, list):             # index = layer, 0 past its end (1.1)
        shared = (shared + [0] * layers)[:layers]
    else:
        shared = [shared] * layers

    if get("hidden_act", "silu") != "silu":
        raise ValueError(f"{directory}: hidden_act {raw['hidden_act']!r}, only silu is defined")

    full = (factor("full_attn_alpha_factor", "layernorm_full_attention_alpha"),
            factor("full_attn_beta_factor", "layernorm_full_attention_beta"))
    linear = (factor("linear_attn_alpha_factor", "layernorm_linear_attention_alpha"),
              factor("linear_attn_beta_factor", "layernorm_linear_attention_beta"))
    return Config(
        vocab_size=get("vocab_size", 32000), hidden_size=hidden, layers=layers, heads=heads,
        # Null means as many as heads; a missing key means 8 (1.1).
        kv_heads=get("num_key_value_heads", heads if "num_key_value_heads" in raw else 8), head_dim=head_dim,
        experts_per_token=get("num_experts_per_tok", 2), is_softmax=is_softmax,
        postnorm=get("postnorm", not original),
        attention_factors=[full if softmax else linear for softmax in is_softmax],
        mlp_factors=(factor("mlp_alpha_factor", "layernorm_mlp_alpha"), factor("mlp_beta_factor", "layernorm_mlp_beta")),
        eps=get("rms_norm_eps", 1e-5), rotary_dim=rotary_dim,
        rope_theta=float(rope.get("rope_theta", get("rope_theta", 1e6))),
        window=get("sliding_window"), shared_size=shared, shared_mode=get("shared_moe_mode", "sigmoid"),
        tied=get("tie_word_embeddings", False))


# ---------------------------------------------------------------------------------------------- weights (section 3)

def read_safetensors(path):
    """One file: 8 bytes length of the header, the header as JSON, the bytes. Returns {name: array}, bf16 as float32, exactly."""
    tensors = {}
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        data = file.read()
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        first, end = entry["data_offsets"]
        if entry["dtype"] == "BF16":         # the upper half of a float32
            values = (np.frombuffer(data[first:end], "<u2").astype(np.uint32) << 16).view(np.float32)
        else:
            values = np.frombuffer(data[first:end], {"F32": "<f4", "F16": "<f2", "F64": "<f8", "I32": "<i4", "I64": "<i8"}[entry["dtype"]])
        tensors[name] = values.reshape(entry["shape"])
    return tensors


def read_weights(directory):
    """All tensors of a checkpoint: the shards its index names, or the single file."""
    index = os.path.join(directory, "model.safetensors.index.json")
    if not os.path.exists(index):
        return read_safetensors(os.path.join(directory, "model.safetensors"))
    with open(index) as file:
        places = json.load(file)["weight_map"]
    shards = {shard: read_safetensors(os.path.join(directory, shard)) for shard in sorted(set(places.values()))}
    return {name: shards[shard][name] for name, shard in places.items()}


# ---------------------------------------------------------------------------------------------- pieces (section 2)

def silu(x):
    return x / (1 + np.exp(-x))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def rms_norm(x, weight, eps):
    """2.2: x / sqrt(mean(x^2) + eps), then times a plain weight."""
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + eps) * weight


def slopes(heads, layer, layers):
    """2.7: decay rates s of one lightning layer, (H); a token's weight falls by exp(-s) with each token after it.
    `layer` counts all layers, softmax ones too."""
    def powers(n):                           # n a power of two
        return [2.0 ** (-8 * (h + 1) / n) for h in range(n)]

    lower = 2 ** (heads.bit_length() - 1)    # largest power of two <= heads
    base = powers(lower)
    if lower < heads:
        base += powers(2 * lower)[0::2][: heads - lower]
    factor = 1 - (layer / (layers - 1) if layers > 1 else 0) + 1e-5
    return np.array(base) * factor


def lightning_recurrence(q, k, v, s, state):
    """2.8, the definition, token by token: S_t = exp(-s) S_(t-1) + k_t^T v_t, then o_t = q_t S_t.
    q, k, v: (T, H, d); s: (H); state: (H, d of k, d of v). Returns outputs (T, H, d) and the state after the last token."""
    decay = np.exp(-s).astype(q.dtype)[:, None, None]
    outputs = np.empty_like(q)
    for t in range(len(q)):
        state = decay * state + k[t][:, :, None] * v[t][:, None, :]
        outputs[t] = np.einsum("hi,hij->hj", q[t], state)
    return outputs, state


def rotate(x, positions, rotary_dim, theta):
    """2.5 point 2: rotates the first rotary_dim components of each head; component j pairs with j + rotary_dim / 2.
    x: (T, heads, d); positions: (T), counted from 0."""
    half = rotary_dim // 2
    inv_freq = theta ** (-2 * np.arange(half, dtype=np.float64) / rotary_dim)
    angle = positions[:, None, None] * inv_freq                                    # (T, 1, half)
    cos, sin = np.cos(angle).astype(x.dtype), np.sin(angle).astype(x.dtype)
    first, second, rest = x[..., :half], x[..., half:rotary_dim], x[..., rotary_dim:]
    return np.concatenate([first * cos - second * sin, second * cos + first * sin, rest], axis=-1)


def causal_attention(q, k, v, first_position, window):
    """2.5 points 5 and 6. q: (T, H, d), rows at first_position and on; k, v: (all tokens so far, G, d). Returns (T, H, d)."""
    queries_per_kv = q.shape[1] // k.shape[1]
    k, v = np.repeat(k, queries_per_kv, axis=1), np.repeat(v, queries_per_kv, axis=1)   # head h uses kv head h // (H / G)
    scores = np.einsum("thd,uhd->htu", q, k) / float(np.sqrt(q.shape[2]))
    mine = first_position + np.arange(len(q))[:, None]
    theirs = np.arange(len(k))[None, :]
    seen = theirs <= mine
    if window is not None:
        seen &= theirs > mine - window
    return np.einsum("htu,uhd->thd", softmax(np.where(seen, scores, -np.inf)), v)


def route(logits, k):
    """2.10 points 1 and 2: the k largest of a token's router logits, larger first, equal ones by lower index;
    weights are their softmax probabilities divided by their sum. logits: (T, E). Returns experts and weights, (T, k)."""
    experts = np.argsort(-logits, axis=-1, kind="stable")[:, :k]
    weights = np.take_along_axis(softmax(logits), experts, axis=-1)
    return experts, weights / weights.sum(-1, keepdims=True)


def gated_mlp(x, gate, up, down):
    """An expert, w2(silu(w1 x) * (w3 x)), and the shared expert; gate = w1, up = w3 (F, D), down = w2 (D, F)."""
    return (silu(x @ gate.T) * (x @ up.T)) @ down.T


# ---------------------------------------------------------------------------------------------- the model

@dataclass
class Session:
    """What the model carries from token to token."""
    length: int = 0
    states: dict = field(default_factory=dict)       # lightning layer -> (H, d, d), key component by value component
    keys: dict = field(default_factory=dict)         # softmax layer -> (length, G, d), after rotation
    values: dict = field(default_factory=dict)


@dataclass
class Trace:
    """What was computed for the T tokens of one call."""
    embedding: np.ndarray = None                             # (T, D)
    after_layer: list = field(default_factory=list)          # L x (T, D)
    after_final_norm: np.ndarray = None                      # (T, D)
    router_logits: list = field(default_factory=list)        # L x (T, E)
    experts: list = field(default_factory=list)              # L x (T, k), larger weight first
    expert_weights: list = field(default_factory=list)       # L x (T, k)
    states: dict = field(default_factory=dict)               # lightning layer -> (H, d, d) after the last token
    logits: np.ndarray = None                                # (T, V), or (1, V) of the last position


class Model:
    def __init__(self, config, weights, dtype=np.float64):
        """`dtype` float32 exists to learn how far rounding alone moves a result; the reference is float64."""
        self.config, self.dtype = config, dtype
        self.weights = {name: np.asarray(tensor).astype(dtype) for name, tensor in weights.items()}

    @staticmethod
    def load(directory, dtype=np.float64):
        return Model(read_config(directory), read_weights(directory), dtype)

    def session(self):
        return Session()

    def run(self, ids, session=None, all_logits=False):
        """Runs `ids` after what the session holds (nothing by default) and returns the Trace."""
        config, session, trace = self.config, session or Session(), Trace()
        x = self.weights["model.embed_tokens.weight"][np.asarray(ids)]             # (T, D)
        trace.embedding = x
        for layer in range(config.layers):
            x = self.layer(layer, x, session, trace)
            trace.after_layer.append(x)
        x = rms_norm(x, self.weights["model.norm.weight"], config.eps)
        trace.after_final_norm = x
        head = self.weights["model.embed_tokens.weight" if config.tied else "lm_head.weight"]
        trace.logits = (x if all_logits else x[-1:]) @ head.T
        trace.states = dict(session.states)
        session.length += len(ids)
        return trace

    def layer(self, layer, x, session, trace):
        """2.3. x: (T, D) before and after."""
        config, prefix = self.config, f"model.layers.{layer}."
        alpha, beta = config.attention_factors[layer]
        n = rms_norm(x, self.weights[prefix + "input_layernorm.weight"], config.eps)
        residual = n if config.postnorm else x
        attention = self.softmax_attention if config.is_softmax[layer] else self.lightning_attention
        x1 = alpha * residual + beta * attention(layer, n, session)
        m = rms_norm(x1, self.weights[prefix + "post_attention_layernorm.weight"], config.eps)
        residual = m if config.postnorm else x1
        alpha, beta = config.mlp_factors
        return alpha * residual + beta * self.mixture(layer, m, trace)

    def softmax_attention(self, layer, n, session):
        """2.5. n: (T, D) -> (T, D)."""
        config, prefix = self.config, f"model.layers.{layer}.self_attn."
        tokens, position = len(n), session.length
        positions = position + np.arange(tokens, dtype=np.float64)

        def heads(name, count):
            return (n @ self.weights[prefix + name].T).reshape(tokens, count, config.head_dim)

        q = rotate(heads("q_proj.weight", config.heads), positions, config.rotary_dim, config.rope_theta)
        k = rotate(heads("k_proj.weight", config.kv_heads), positions, config.rotary_dim, config.rope_theta)
        v = heads("v_proj.weight", config.kv_heads)
        if position:
            k = np.concatenate([session.keys[layer], k])
            v = np.concatenate([session.values[layer], v])
        session.keys[layer], session.values[layer] = k, v
        o = causal_attention(q, k, v, position, config.window)                     # (T, H, d)
        return o.reshape(tokens, -1) @ self.weights[prefix + "o_proj.weight"].T

    def lightning_attention(self, layer, n, session):
        """2.6 to 2.8. n: (T, D) -> (T, D)."""
        config, prefix = self.config, f"model.layers.{layer}.self_attn."
        tokens, heads, d = len(n), config.heads, config.head_dim
        # Head-major rows: head h, part p (q, k, v), component c is row h * 3d + p * d + c. SiLU on all three.
        qkv = silu(n @ self.weights[prefix + "qkv_proj.weight"].T).reshape(tokens, heads, 3, d)
        state = session.states.get(layer, np.zeros((heads, d, d), self.dtype))
        s = slopes(heads, layer, config.layers)
        o, session.states[layer] = lightning_recurrence(qkv[:, :, 0], qkv[:, :, 1], qkv[:, :, 2], s, state)
        # One norm over all heads together, with its own eps; the gate looks at n, not at o.
        u = rms_norm(o.reshape(tokens, -1), self.weights[prefix + "norm.weight"], config.OUTPUT_NORM_EPS)
        g = sigmoid(n @ self.weights[prefix + "output_gate.weight"].T)
        return (g * u) @ self.weights[prefix + "out_proj.weight"].T

    def mixture(self, layer, m, trace):
        """2.10 and 2.11. m: (T, D) -> (T, D)."""
        config = self.config
        logits = m @ self.router(layer).T                                          # (T, E)
        experts, weights = route(logits, config.experts_per_token)
        trace.router_logits.append(logits)
        trace.experts.append(experts)
        trace.expert_weights.append(weights)
        y = np.zeros_like(m)
        for expert in range(logits.shape[1]):                                      # ascending, as the original adds
            token, place = np.nonzero(experts == expert)
            if len(token):
                y[token] += weights[token, place][:, None] * gated_mlp(m[token], *self.expert(layer, expert))
        if config.shared_size[layer] == 0:
            return y
        prefix = f"model.layers.{layer}."
        shared = gated_mlp(m, *(self.weights[prefix + f"shared_mlp.{part}_proj.weight"] for part in ("gate", "up", "down")))
        c = m @ self.weights[prefix + "coefficient.weight"].T                      # (T, 1)
        c = softmax(c) if config.shared_mode == "softmax" else sigmoid(c)
        return (1 - c) * y + c * shared

    def router(self, layer):
        """(E, D), under the original name or transformers 5's."""
        prefix = f"model.layers.{layer}."
        name = prefix + "block_sparse_moe.gate.weight"
        return self.weights[name if name in self.weights else prefix + "mlp.gate.weight"]

    def expert(self, layer, expert):
        """w1 (F, D), w3 (F, D), w2 (D, F) of one expert, from its own three tensors or from the fused ones (3.2)."""
        prefix = f"model.layers.{layer}."
        fused = prefix + "mlp.experts.gate_up_proj"
        if fused in self.weights:
            gate, up = np.split(self.weights[fused][expert], 2)
            return gate, up, self.weights[prefix + "mlp.experts.down_proj"][expert]
        return tuple(self.weights[f"{prefix}block_sparse_moe.experts.{expert}.{name}.weight"] for name in ("w1", "w3", "w2"))


def main():
    arguments = sys.argv[1:]
    everything = "--all" in arguments
    arguments = [argument for argument in arguments if argument != "--all"]
    if len(arguments) < 2:
        sys.exit("usage: python3 reference.py MODEL_DIR [--all] ID [ID ...]")
    logits = Model.load(arguments[0]).run([int(word) for word in arguments[1:]]).logits[-1]
    best = range(len(logits)) if everything else np.argsort(-logits, kind="stable")[:10]
    for token in best:
        print(f"{token}\t{logits[token]:.9f}")


if __name__ == "__main__":
    main()
