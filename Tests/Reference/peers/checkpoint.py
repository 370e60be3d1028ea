"""A checkpoint folder, read without copying it: what its config says, and its tensors as views of the mapped files.

`minimax quantize` stores an int8 matrix as int8 numbers with a float16 scale for each 64 columns of a row, an int4 one as
16 bytes for each 32 columns with a float16 scale for each of those; the scales are a tensor of their own, NAME.scales.
"""
import hashlib
import json
import sys
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from reference import Config, read_config  # noqa: E402  (both dialects of config.json, with their defaults)

TYPES = {
    "BF16": np.dtype("<u2"), "F32": np.dtype("<f4"), "F16": np.dtype("<f2"), "I8": np.dtype("i1"), "U8": np.dtype("u1")}
KINDS = {"<u2": "bf16", "<f4": "float32", "|i1": "int8", "|u1": "int4"}


class Checkpoint:
    """A folder with config.json and safetensors under the names of the original layout: of bf16, or made by `minimax quantize`."""

    def __init__(self, folder: Path, title: str | None = None):
        self.folder = Path(folder).resolve()
        self.title = title or self.folder.name                      # what people call the model
        self.config: Config = read_config(self.folder)
        with open(self.folder / "config.json") as file:
            self.raw: dict = json.load(file)
        self.shard_of = self._shard_of()
        self._shards: dict[str, dict[str, np.ndarray]] = {}
        self.experts: int = self.shape("model.layers.0.block_sparse_moe.gate.weight")[0]
        self.intermediate: int = self.shape("model.layers.0.block_sparse_moe.experts.0.w1.weight")[0]
        self.weights: str = self.kind("model.layers.0.block_sparse_moe.experts.0.w1.weight")     # of the experts, by far the most

    @property
    def bytes(self) -> int:
        """Of all shards on disk."""
        return sum((self.folder / shard).stat().st_size for shard in set(self.shard_of.values()))

    @property
    def key(self) -> str:
        """A folder's name for what is made of it: another one when its files are others."""
        files = [self.folder / name for name in ("config.json", *sorted(set(self.shard_of.values())))]
        stamps = [(str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in files]
        return "weights-" + hashlib.sha256(json.dumps(stamps).encode()).hexdigest()[:12]

    @property
    def text_ids(self) -> list[int]:
        """All ids that are no special tokens of tokenizer.json."""
        path = self.folder / "tokenizer.json"
        added = json.loads(path.read_text()).get("added_tokens", []) if path.exists() else []
        special = {token["id"] for token in added if token["special"]}
        return [id for id in range(self.config.vocab_size) if id not in special]

    @property
    def printable_ids(self) -> list[int]:
        """Those of them that are printable ASCII: each is text by itself."""
        tokenizer = Tokenizer.from_file(str(self.folder / "tokenizer.json"))
        texts = zip(self.text_ids, tokenizer.decode_batch([[id] for id in self.text_ids], skip_special_tokens=False))
        return [id for id, text in texts if text and text.isascii() and text.isprintable()]

    def bits(self, name: str) -> np.ndarray:
        """A bf16 tensor as its bits, uint16, not copied."""
        tensor = self._tensor(name)
        if tensor.dtype != TYPES["BF16"]:
            raise ValueError(f"{self.folder}: {name} is {tensor.dtype}; the comparison is of bf16 weights")
        return tensor

    def floats(self, name: str) -> np.ndarray:
        """A tensor as float32, exactly."""
        tensor = self._tensor(name)
        return (tensor.astype(np.uint32) << 16).view(np.float32) if tensor.dtype == TYPES["BF16"] else tensor

    def shape(self, name: str) -> tuple[int, ...]:
        """As stored: an int4 matrix has half a byte for each column."""
        return self._tensor(name).shape

    def kind(self, name: str) -> str:
        """bf16, float32, int8 or int4."""
        return KINDS[self._tensor(name).dtype.str]

    def numbers(self, name: str) -> np.ndarray:
        """A quantised matrix's numbers, as bytes: (rows, columns), or of int4 (rows, columns / 2)."""
        return self._tensor(name).view(np.uint8)

    def scales(self, name: str) -> np.ndarray:
        """A quantised matrix's float16 scales, (rows, groups of columns)."""
        return self._tensor(name + ".scales")

    @property
    def bytes_per_token(self) -> float:
        """What one token reads of the weights: all, but of a layer's experts those that it chooses, and one row of the embedding."""
        def read(name: str) -> float:
            tensor = self._tensor(name)
            if ".experts." in name:
                return tensor.nbytes * self.config.experts_per_token / self.experts
            is_looked_up = name.startswith("model.embed_tokens.") and not self.config.tied
            return tensor[0].nbytes if is_looked_up else tensor.nbytes
        return sum(map(read, self.shard_of))

    def _tensor(self, name: str) -> np.ndarray:
        if name not in self.shard_of:
            raise ValueError(f"{self.folder}: no tensor {name}; names of the original layout are expected")
        shard = self.shard_of[name]
        if shard not in self._shards:
            self._shards[shard] = map_safetensors(self.folder / shard)
        return self._shards[shard][name]

    def _shard_of(self) -> dict[str, str]:
        index = self.folder / "model.safetensors.index.json"
        if index.exists():
            return json.loads(index.read_text())["weight_map"]
        return dict.fromkeys(map_safetensors(self.folder / "model.safetensors"), "model.safetensors")


def map_safetensors(path: Path) -> dict[str, np.ndarray]:
    """Every tensor of a file as a view: 8 bytes length of the header, the header as JSON, the bytes."""
    data = np.memmap(path, np.uint8, "r")
    start = 8 + int.from_bytes(data[:8].tobytes(), "little")
    tensors = {}
    for name, entry in json.loads(data[8:start].tobytes()).items():
        if name == "__metadata__":
            continue
        if entry["dtype"] not in TYPES:
            raise ValueError(f"{path}: {name} is {entry['dtype']}; known are {', '.join(TYPES)}")
        first, end = entry["data_offsets"]
        tensors[name] = data[start + first:start + end].view(TYPES[entry["dtype"]]).reshape(entry["shape"])
    return tensors
