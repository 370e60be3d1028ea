"""Serves a GGUF file by a llama-server program, as `llama_worker.py` does by the wheel:
python3 native_worker.py PROGRAM FILE CONTEXT THREADS UBATCH PARALLEL NO_REPACK [SLOTS]."""
import json
import re
import signal
import subprocess
import sys


def main(program: str, path: str, context: str, threads: str, ubatch: str, parallel: str, no_repack: str, slots: str | None = None) -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    cache = ["--slots", "--slot-save-path", slots, "--cache-reuse", "256"] if slots else ["--cache-ram", "0", "--ctx-checkpoints", "0"]
    server = subprocess.Popen(
        [program, "--model", path, "--host", "127.0.0.1", "--port", "0", "--ctx-size", context, "--parallel", parallel, "--ubatch-size", ubatch,
         "--threads", threads, "--threads-batch", threads, "--fit", "off",
         *(["--no-repack"] if no_repack == "1" else []), *cache],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        for line in server.stdout:                                  # until it ends
            print(line, end="", file=sys.stderr, flush=True)
            if found := re.search(r"listening on (http://\S+)", line):
                print(json.dumps({"url": found[1], "about": f"llama-server built here, {instructions(program)}"}), flush=True)
    finally:
        server.terminate()
        server.wait()


def instructions(program: str) -> str:
    """What it was built for. It tells so in a detailed log alone, so it is started for that: with no model, it ends at once."""
    log = subprocess.run([program, "--verbosity", "4", "--port", "0", "--model", "/"], capture_output=True, text=True)
    found = re.search(r"CPU : .*[^ |\n]", log.stdout + log.stderr)
    return found[0] if found else "of unknown instructions"


if __name__ == "__main__":
    main(*sys.argv[1:])
