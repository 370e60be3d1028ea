"""Lays a checkpoint out as unmodified transformers reads it: a folder with links to the shards and little else.

The names on disk are the same. transformers' `MiniMaxForCausalLM` ignores `rotary_dim` and turns whole heads, so the rows of
q and k of the softmax layers are put in another order, in which the pairs that must turn are those it turns, and its
"proportional" rotary embedding gives the other pairs the frequency 0. Scores, and all that follows, stay what they were.
"""
import json
from pathlib import Path

import numpy as np

from checkpoint import Checkpoint

TURNED = "softmax-qk.safetensors"


def write(checkpoint: Checkpoint, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    shard_of = dict(checkpoint.shard_of)
    for shard in set(shard_of.values()):
        (folder / shard).unlink(missing_ok=True)
        (folder / shard).symlink_to(checkpoint.folder / shard)
    turned = {name: turned_rows(checkpoint, name) for name in shard_of if name.endswith((".q_proj.weight", ".k_proj.weight"))}
    if turned:
        write_bf16(turned, folder / TURNED)
        shard_of.update(dict.fromkeys(turned, TURNED))
    index = {"metadata": {"total_size": checkpoint.bytes}, "weight_map": shard_of}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    (folder / "config.json").write_text(json.dumps(native_config(checkpoint), indent=2))


def turned_rows(checkpoint: Checkpoint, name: str) -> np.ndarray:
    """The bits of a projection to heads, each head's rows in transformers' order."""
    size, rotary = checkpoint.config.head_dim, checkpoint.config.rotary_dim
    bits = checkpoint.bits(name)
    heads = bits.reshape(-1, size, bits.shape[1])[:, row_order(size, rotary)]                # (heads, d, D)
    return heads.reshape(bits.shape)


def row_order(size: int, rotary: int) -> list[int]:
    """Row i of a head comes from row `order[i]`: pair (i, i + rotary/2) becomes pair (i, i + size/2), the others fill up."""
    first = [*range(rotary // 2), *range(rotary, rotary + (size - rotary) // 2)]
    second = [*range(rotary // 2, rotary), *range(rotary + (size - rotary) // 2, size)]
    return first + second


def write_bf16(tensors: dict[str, np.ndarray], path: Path) -> None:
    """A safetensors file of bf16 bits, for which numpy has no type that its library would write."""
    header, end = {"__metadata__": {"format": "pt"}}, 0
    for name, bits in tensors.items():
        header[name] = {"dtype": "BF16", "shape": bits.shape, "data_offsets": [end, end := end + bits.nbytes]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text + b"".join(bits.tobytes() for bits in tensors.values()))


def native_config(checkpoint: Checkpoint) -> dict:
    config, raw = checkpoint.config, checkpoint.raw
    factors = dict(zip(config.is_softmax, config.attention_factors))
    full, linear = factors.get(True, (1.0, 1.0)), factors.get(False, (1.0, 1.0))
    if not config.postnorm or any(config.shared_size):
        raise ValueError("transformers' MiniMaxForCausalLM has no pre-norm and no shared expert; this checkpoint asks for one")
    return {
        "architectures": ["MiniMaxForCausalLM"], "model_type": "minimax", "dtype": "bfloat16", "hidden_act": "silu",
        "vocab_size": config.vocab_size, "hidden_size": config.hidden_size, "intermediate_size": checkpoint.intermediate,
        "num_hidden_layers": config.layers, "num_attention_heads": config.heads, "num_key_value_heads": config.kv_heads,
        "head_dim": config.head_dim, "num_local_experts": checkpoint.experts, "num_experts_per_tok": config.experts_per_token,
        "layer_types": ["full_attention" if softmax else "linear_attention" for softmax in config.is_softmax],
        "full_attn_alpha_factor": full[0], "full_attn_beta_factor": full[1],
        "linear_attn_alpha_factor": linear[0], "linear_attn_beta_factor": linear[1],
        "mlp_alpha_factor": config.mlp_factors[0], "mlp_beta_factor": config.mlp_factors[1],
        "rms_norm_eps": config.eps, "sliding_window": config.window, "tie_word_embeddings": config.tied,
        "max_position_embeddings": raw.get("max_position_embeddings", 1 << 20),
        "bos_token_id": raw.get("bos_token_id"), "eos_token_id": raw.get("eos_token_id"),
        "rope_parameters": {
            "rope_type": "proportional", "partial_rotary_factor": config.rotary_dim / config.head_dim,
            # Its frequencies are theta^(-2i / head_dim); they have to be theta^(-2i / rotary_dim).
            "rope_theta": config.rope_theta ** (config.head_dim / config.rotary_dim),
        },
    }
