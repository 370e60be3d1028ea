"""Writes a checkpoint as the GGUF file that llama.cpp's architecture `minimax-01` reads.

The bits of the matrices are kept, those of bf16 and those that `minimax quantize` made: an int4 group with its scale is a
block of Q4_0, byte for byte, and half an int8 group with the group's scale is a block of Q8_0, so of int8 the scales are
there twice. Norms and gates are float32, as llama.cpp's own conversion has them. Instead of the tokenizer it holds
placeholder tokens of plain ASCII, one for each id: prompts and answers are ids here, and llama.cpp's server delays a token
whose text is part of a character.
"""
from collections.abc import Callable, Iterator
from pathlib import Path

import gguf
import numpy as np

from checkpoint import Checkpoint

ARCHITECTURE = "minimax-01"
BF16, F32 = gguf.GGMLQuantizationType.BF16, gguf.GGMLQuantizationType.F32
TYPES = {"bf16": BF16, "float32": F32, "int8": gguf.GGMLQuantizationType.Q8_0, "int4": gguf.GGMLQuantizationType.Q4_0}
FILE_TYPES = {
    "bf16": gguf.LlamaFileType.MOSTLY_BF16, "int8": gguf.LlamaFileType.MOSTLY_Q8_0, "int4": gguf.LlamaFileType.MOSTLY_Q4_0}
BLOCK = 32                           # columns of a block of Q8_0 and of Q4_0


def write(checkpoint: Checkpoint, path: Path) -> None:
    """Writes tensor after tensor: no more than one layer's experts of one kind are in memory."""
    refuse_what_it_cannot_say(checkpoint)
    unfinished = path.with_suffix(".part")
    writer = gguf.GGUFWriter(unfinished, ARCHITECTURE)
    describe(checkpoint, writer)
    tensors = list(plan(checkpoint))
    for name, shape, kind, _ in tensors:
        element = ELEMENTS.get(kind, np.dtype(np.uint8))
        writer.add_tensor_info(name, shape, element, int(np.prod(shape)) * element.itemsize, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    for _, _, _, values in tensors:
        writer.write_tensor_data(values())
    writer.close()
    unfinished.rename(path)


def refuse_what_it_cannot_say(checkpoint: Checkpoint) -> None:
    """The architecture has one residual factor for all branches, and nothing for what no released checkpoint has."""
    config = checkpoint.config
    factors = {*config.attention_factors, config.mlp_factors}
    if len(factors) != 1 or config.mlp_factors[1] != 1:
        raise ValueError(f"llama.cpp has one residual factor for all branches and 1 for their outputs; this checkpoint has {sorted(factors)}")
    if not config.postnorm or config.window is not None or any(config.shared_size):
        raise ValueError("llama.cpp's minimax-01 has no pre-norm, no sliding window and no shared expert; this checkpoint asks for one")


def describe(checkpoint: Checkpoint, writer: gguf.GGUFWriter) -> None:
    config, raw = checkpoint.config, checkpoint.raw
    writer.add_file_type(FILE_TYPES[checkpoint.weights])
    writer.add_block_count(config.layers)
    writer.add_context_length(raw.get("max_position_embeddings", 1 << 20))
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(checkpoint.intermediate)
    writer.add_head_count(config.heads)
    writer.add_head_count_kv(config.kv_heads)
    writer.add_key_length(config.head_dim)
    writer.add_value_length(config.head_dim)
    writer.add_rope_dimension_count(config.rotary_dim)
    writer.add_rope_freq_base(config.rope_theta)
    writer.add_layer_norm_rms_eps(config.eps)
    writer.add_expert_count(checkpoint.experts)
    writer.add_expert_used_count(config.experts_per_token)
    writer.add_float32(f"{ARCHITECTURE}.residual_scale", config.mlp_factors[0])
    writer.add_array(f"{ARCHITECTURE}.attention.recurrent_layers", [not softmax for softmax in config.is_softmax])
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list([f"t{id}" for id in range(config.vocab_size)])
    writer.add_token_types([gguf.TokenType.NORMAL] * config.vocab_size)
    writer.add_token_merges(["t 0"])                                # a list it insists on
    end = raw.get("eos_token_id")
    writer.add_eos_token_id(end if isinstance(end, int) else config.vocab_size - 1)
    writer.add_bos_token_id(raw.get("bos_token_id") or 0)
    writer.add_add_bos_token(False)


ELEMENTS = {BF16: np.dtype(np.uint16), F32: np.dtype(np.float32)}      # of quantised tensors it takes bytes
Tensor = tuple[str, tuple[int, ...], gguf.GGMLQuantizationType, Callable[[], np.ndarray]]


def plan(checkpoint: Checkpoint) -> Iterator[Tensor]:
    """What each tensor of the file is called, its shape (outermost first; of quantised ones in bytes) and type, and how to
    get its values."""
    def matrix(theirs: str, ours: str) -> Tensor:
        name = ours + ".weight"
        return theirs + ".weight", stored_shape(checkpoint, name), TYPES[checkpoint.kind(name)], lambda: stored(checkpoint, name)

    def floats(theirs: str, ours: str) -> Tensor:
        return theirs + ".weight", checkpoint.shape(ours + ".weight"), F32, lambda: checkpoint.floats(ours + ".weight")

    yield matrix("token_embd", "model.embed_tokens")
    yield floats("output_norm", "model.norm")
    if not checkpoint.config.tied:
        yield matrix("output", "lm_head")
    for layer, softmax in enumerate(checkpoint.config.is_softmax):
        ours, theirs = f"model.layers.{layer}.", f"blk.{layer}."
        yield floats(theirs + "attn_norm", ours + "input_layernorm")
        yield floats(theirs + "ffn_norm", ours + "post_attention_layernorm")
        attention = ours + "self_attn."
        if softmax:
            for letter in "qkv":
                yield matrix(theirs + f"attn_{letter}", attention + f"{letter}_proj")
            yield matrix(theirs + "attn_output", attention + "o_proj")
        else:
            yield matrix(theirs + "attn_qkv", attention + "qkv_proj")
            yield matrix(theirs + "attn_gate", attention + "output_gate")
            yield floats(theirs + "attn_norm_2", attention + "norm")
            yield matrix(theirs + "attn_output", attention + "out_proj")
        yield floats(theirs + "ffn_gate_inp", ours + "block_sparse_moe.gate")
        for kind, letter in (("gate", "w1"), ("down", "w2"), ("up", "w3")):
            yield stacked_experts(checkpoint, layer, letter, theirs + f"ffn_{kind}_exps.weight")


def stacked_experts(checkpoint: Checkpoint, layer: int, letter: str, name: str) -> Tensor:
    """One matrix of every expert of a layer as one tensor, (experts, out, in)."""
    names = [f"model.layers.{layer}.block_sparse_moe.experts.{expert}.{letter}.weight" for expert in range(checkpoint.experts)]
    shape = (len(names), *stored_shape(checkpoint, names[0]))
    return name, shape, TYPES[checkpoint.kind(names[0])], lambda: np.stack([stored(checkpoint, name) for name in names])


def stored_shape(checkpoint: Checkpoint, name: str) -> tuple[int, ...]:
    """Of a matrix in the file: in elements, or in bytes where it is quantised."""
    kind, (rows, columns) = checkpoint.kind(name), checkpoint.shape(name)
    if kind not in ("int8", "int4"):
        return rows, columns
    columns = columns * 2 if kind == "int4" else columns
    if columns % BLOCK:
        raise ValueError(f"{checkpoint.folder}: {name} has {columns} columns; a block of GGUF has {BLOCK}, and rows have whole ones")
    return rows, columns // BLOCK * block_bytes(kind)


def stored(checkpoint: Checkpoint, name: str) -> np.ndarray:
    """A matrix as the file has it: its bits, or blocks of a float16 scale and 32 numbers."""
    kind = checkpoint.kind(name)
    if kind == "float32":
        return checkpoint.floats(name)
    if kind == "bf16":
        return checkpoint.bits(name)
    rows, row_bytes = stored_shape(checkpoint, name)
    blocks = np.empty((rows, row_bytes // block_bytes(kind), block_bytes(kind)), np.uint8)
    scales = checkpoint.scales(name)
    if kind == "int8":
        scales = np.repeat(scales, 2, axis=1)[:, :blocks.shape[1]]          # the last group may be half a one
    blocks[:, :, :2] = np.ascontiguousarray(scales).view(np.uint8).reshape(rows, -1, 2)
    blocks[:, :, 2:] = checkpoint.numbers(name).reshape(rows, blocks.shape[1], -1)
    return blocks.reshape(rows, row_bytes)


def block_bytes(kind: str) -> int:
    return 2 + (BLOCK if kind == "int8" else BLOCK // 2)


def bytes_per_token(checkpoint: Checkpoint) -> float:
    """What one token reads of the file: all, but of a layer's experts those that it chooses, and one row of the embedding."""
    def read(tensor: Tensor) -> float:
        name, shape, kind, _ = tensor
        size = float(np.prod(shape)) * ELEMENTS.get(kind, np.dtype(np.uint8)).itemsize
        if name.endswith("_exps.weight"):
            return size * checkpoint.config.experts_per_token / checkpoint.experts
        return size / shape[0] if name == "token_embd.weight" and not checkpoint.config.tied else size
    return sum(map(read, plan(checkpoint)))
