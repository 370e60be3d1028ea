"""A bf16 checkpoint's int8 or int4 form, as `minimax quantize` makes it, kept in the work folder."""
import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from checkpoint import Checkpoint
from environment import say


def form(checkpoint: Checkpoint, kind: str, options: argparse.Namespace, work: Path) -> Checkpoint:
    """The checkpoint with weights of `kind`: bf16, int8 or int4."""
    if kind == checkpoint.weights:
        return checkpoint
    if checkpoint.weights != "bf16":
        raise ValueError(f"{checkpoint.folder} has {checkpoint.weights} weights, which --weights {kind} cannot be made of; give the bf16 checkpoint")
    folder = work / checkpoint.key / kind
    if not (folder / "config.json").exists():                       # written last
        say(f"quantising {checkpoint.folder} to {kind}")
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        command = [options.minimax, "quantize", checkpoint.folder, "--to", kind, "--out", folder]
        if subprocess.run(command, stdout=sys.stderr).returncode != 0:
            raise RuntimeError(f"minimax quantize could not make {kind} weights of {checkpoint.folder}")
    return Checkpoint(folder, checkpoint.title)
