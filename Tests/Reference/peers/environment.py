"""Installs the peers from PyPI: a virtual environment in the work folder, and llama.cpp built for this machine if asked for."""
import argparse
import json
import os
import re
import subprocess
import sys
import venv
from pathlib import Path

LLAMA = "xllamacpp>=2026.10"         # the first of its versions that this was tried with


class Failure(Exception):
    """Something could not be installed."""


def make(work: Path, chosen: argparse.Namespace) -> Path:
    """Returns the environment's python, with all that the chosen peers need."""
    folder = work / "venv"
    python, note = folder / "bin/python", folder / "installed.json"
    if not python.exists():
        say(f"making a virtual environment in {folder}")
        venv.create(folder, with_pip=True)
    installed = json.loads(note.read_text()) if note.exists() else []
    wanted = requirements(python, chosen, installed)
    if not set(wanted) <= set(installed):
        say(f"installing {', '.join(wanted)}")
        run(python, "-m", "pip", "install", "--quiet", *wanted)
        note.write_text(json.dumps(sorted({*wanted, *installed})))
    if "llama.cpp-native" in chosen.peers and not native_server(work).exists():
        build_native_server(work, python)
    return python


def requirements(python: Path, chosen: argparse.Namespace, installed: list[str]) -> list[str]:
    wanted = ["numpy", "tokenizers"]
    if any(name.startswith("llama.cpp") for name in chosen.peers):
        wanted += [LLAMA, "gguf"]
    if "transformers" in chosen.peers:
        torch = [name for name in installed if name.startswith("torch")]
        wanted += ["transformers>=5", chosen.torch or (torch or [torch_for_cpus(python)])[0]]
    if "llama.cpp-native" in chosen.peers:
        wanted += ["cmake", "ninja"]
    return wanted


def torch_for_cpus(python: Path) -> str:
    """PyPI's own wheel works too, but brings gigabytes for GPUs; where pip is set up to find one for CPUs, it is preferred."""
    found = subprocess.run([python, "-m", "pip", "index", "versions", "torch"], capture_output=True, text=True).stdout
    versions = re.findall(r"[\w.]+\+cpu", found)
    return f"torch=={versions[0]}" if versions else "torch"


def native_server(work: Path) -> Path:
    return work / "llama.cpp-native/build/bin/llama-server"


def build_native_server(work: Path, python: Path) -> None:
    """Builds llama.cpp's server from the sources in xllamacpp's source distribution, those of the installed wheel."""
    folder = work / "llama.cpp-native"
    folder.mkdir(exist_ok=True)
    ask = "from importlib.metadata import version; print(version('xllamacpp'))"
    version = subprocess.run([python, "-c", ask], check=True, capture_output=True, text=True).stdout.strip()
    say("fetching llama.cpp's sources")
    run(python, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", "xllamacpp", "--dest", folder, f"xllamacpp=={version}")
    run("tar", "-xzf", folder / f"xllamacpp-{version}.tar.gz", "-C", folder, "--strip-components=1")
    say("building llama.cpp for this machine")
    tools = {**os.environ, "PATH": f"{python.parent}:{os.environ['PATH']}"}
    parts = ("BUILD_TESTS", "BUILD_EXAMPLES", "BUILD_APP", "BUILD_UI", "USE_PREBUILT_UI", "OPENSSL")
    off = ["-DBUILD_SHARED_LIBS=OFF", *(f"-DLLAMA_{part}=OFF" for part in parts)]
    run("cmake", "-G", "Ninja", "-S", folder / "thirdparty/llama.cpp", "-B", folder / "build",
        "-DCMAKE_BUILD_TYPE=Release", "-DGGML_NATIVE=ON", *off, env=tools)
    run("cmake", "--build", folder / "build", "--target", "llama-server", env=tools)


def run(*command: str | Path, env: dict[str, str] | None = None) -> None:
    """Runs a command with its output on standard error: standard output is for the figures."""
    try:
        subprocess.run(command, check=True, stdout=sys.stderr, env=env)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Failure(f"{' '.join(map(str, command))}: {error}") from None


def say(text: str) -> None:
    print(f"compare: {text}", file=sys.stderr, flush=True)
