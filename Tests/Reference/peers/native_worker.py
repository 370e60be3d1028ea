"""Serves a GGUF file by a llama-server program, as `llama_worker.py` does by the wheel:
python3 native_worker.py PROGRAM FILE CONTEXT THREADS UBATCH."""
import json
import re
import signal
import subprocess
import sys


def main(program: str, path: str, context: str, threads: str, ubatch: str) -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    server = subprocess.Popen(
        [program, "--model", path, "--host", "127.0.0.1", "--port", "0", "--ctx-size", context, "--parallel", "1", "--ubatch-size", ubatch,
         "--threads", threads, "--threads-batch", threads, "--fit", "off", "--cache-ram", "0", "--ctx-checkpoints", "0"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        about = "llama-server"
        for line in server.stdout:                                  # until it ends; it tells of itself in its log
            print(line, end="", file=sys.stderr, flush=True)
            if found := re.search(r"system_info: .*?(CPU : .*?)[ |]*$", line):
                about = f"llama-server, {found[1]}"
            if found := re.search(r"listening on (http://\S+)", line):
                print(json.dumps({"url": found[1], "about": about}), flush=True)
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
