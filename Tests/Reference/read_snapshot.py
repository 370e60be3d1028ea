"""Reads a state's file as its format is described in Shared/Snapshots/SnapshotFormat.swift, and checks it.

    python3 read_snapshot.py FILE [GOLDEN]

Needs nothing but Python, and numpy with the second argument. Prints one JSON object: "metadata", and "tensors", each with its dtype, shape and data in
base 64. It ends with a message where a checksum is wrong, or where the safetensors package, if it can be imported,
finds anything else; "package" tells its version, or null.

GOLDEN is a safetensors file of lightning states, (H, d, d) each, as they are after the same tokens in another
implementation. Then "differences" tells for each layer how far the file's state is from it: |a - b| / |b|. For that the
rows of the open block are folded into the state at the block's start: each token shrinks the state by its head's decay
and adds key^T value.
"""
import base64
import json
import struct
import sys

STEP, FACTOR, MASK = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, (1 << 64) - 1


def digest(data: bytes) -> str:
    data += b"\0" * (-len(data) % 64)
    low, high = [0] * 8, [0] * 8
    for index, (word,) in enumerate(struct.iter_unpack("<Q", data)):
        mixed = word ^ (index + 1) * STEP & MASK
        low[index % 8] += word
        high[index % 8] += (mixed & 0xFFFFFFFF) * (mixed >> 32)

    def fold(sums: list[int]) -> int:
        folded = 0
        for total in sums:
            product = (folded ^ total & MASK) * FACTOR & MASK
            folded = product ^ product >> 32
        return folded

    return f"{fold(high):016x}{fold(low):016x}"


def check(is_true: bool, what: str) -> None:
    if not is_true:
        sys.exit(f"{sys.argv[1]}: {what}")


def read(content: bytes) -> tuple[dict, dict]:
    """The metadata, and of each tensor the dtype, the shape and the data."""
    start = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:start])
    metadata = header.pop("__metadata__")
    written = metadata["checksum.header"]
    unsigned = content[:start].replace(written.encode(), b"0" * 32, 1)
    check(digest(unsigned) == written, "the header's checksum is wrong")
    check(start % 64 == 0, f"the data begins at {start}")
    tensors, end = {}, 0
    for name, entry in header.items():
        check(entry["data_offsets"][0] == end, f"{name} begins at {entry['data_offsets'][0]}, expected {end}")
        begin, end = entry["data_offsets"]
        data = content[start + begin:start + end]
        check(digest(data) == metadata[f"checksum.{name}"], f"the checksum of {name} is wrong")
        tensors[name] = (entry["dtype"], entry["shape"], data)
    check(start + end == len(content), f"the file has {len(content)} bytes, expected {start + end}")
    return metadata, tensors


def compare(path: str, metadata: dict, tensors: dict) -> str:
    """Whether the safetensors package finds the same; returns its version."""
    import safetensors.numpy

    with safetensors.safe_open(path, framework="numpy") as file:
        check(file.metadata() == metadata, "the safetensors package finds other metadata")
        check(set(file.keys()) == set(tensors), "the safetensors package finds other tensors")
        for name, (dtype, shape, data) in tensors.items():
            found = file.get_tensor(name)
            check(found.dtype == {"F32": "<f4", "I32": "<i4"}[dtype], f"{name} is {found.dtype} for the package")
            check(list(found.shape) == shape and found.tobytes() == data, f"the package reads {name} differently")
    return safetensors.__version__


def differences(golden: str, tensors: dict, length: int) -> dict:
    """Of each lightning layer, how far its state is from the golden one."""
    import numpy as np

    content = open(golden, "rb").read()
    start = 8 + int.from_bytes(content[:8], "little")
    entries = json.loads(content[8:start])
    entries.pop("__metadata__", None)
    layers = 1 + max(int(name.split(".")[1]) for name in tensors if name.startswith("layers."))
    found = {}
    for name, entry in entries.items():
        layer, (begin, end) = name.split(".")[1], entry["data_offsets"]
        expected = np.frombuffer(content[start + begin:start + end], "<f4").reshape(entry["shape"]).astype("f8")
        now = state(tensors, int(layer), layers, length)
        found[name] = float(np.linalg.norm(now - expected) / np.linalg.norm(expected))
    check(len(found) == sum(name.endswith(".state") for name in tensors), "there are other lightning layers")
    return found


def state(tensors: dict, layer: int, layers: int, length: int):
    """One layer's lightning state after the last token, (H, d, d)."""
    import numpy as np
    import reference

    def array(name):
        _, shape, data = tensors[f"layers.{layer}.{name}"]
        return np.frombuffer(data, "<f4").reshape(shape).astype("f8")

    matrices = array("state")
    decay = np.exp(-reference.slopes(len(matrices), layer, layers))[:, None, None]
    if length % 64:
        keys, values = array("open_keys"), array("open_values")         # (H, groups, d, 16), (H, rows, d)
        for row in range(length % 64):
            key = keys[:, row // 16, :, row % 16]                        # (H, d)
            matrices = decay * matrices + key[:, :, None] * values[:, row][:, None, :]
    return matrices


path = sys.argv[1]
metadata, tensors = read(open(path, "rb").read())
try:
    package = compare(path, metadata, tensors)
except ModuleNotFoundError:
    package = None
summary = {name: [dtype, shape, base64.b64encode(data).decode()] for name, (dtype, shape, data) in tensors.items()}
result = {"package": package, "metadata": metadata, "tensors": summary}
if len(sys.argv) > 2:
    result["differences"] = differences(sys.argv[2], tensors, int(metadata["length"]))
print(json.dumps(result))
