"""Serves a GGUF file by llama.cpp's own server inside the xllamacpp wheel: python3 llama_worker.py FILE CONTEXT THREADS UBATCH PARALLEL NO_REPACK [SLOTS].

With a folder for SLOTS it keeps what it has of prompts, and can save it there. Prints one line, JSON: the server's `url`, and `about`, what llama.cpp this is and which instructions it was built for. Ends
with its standard input.
"""
import json
import sys
from importlib.metadata import version

import xllamacpp


CACHE_REUSE = 256                    # least tokens of a piece of a prompt that is reused by shifting


def main(path: str, context: int, threads: int, ubatch: int, parallel: int, no_repack: int, slots: str | None = None) -> None:
    parameters = xllamacpp.CommonParams()
    parameters.model.path = path
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    parameters.n_ctx = context
    parameters.n_parallel = parallel
    parameters.n_ubatch = ubatch
    parameters.cpuparams.n_threads = threads
    parameters.cpuparams_batch.n_threads = threads
    parameters.no_extra_bufts = bool(no_repack)
    parameters.fit_params = False
    if slots:
        parameters.slot_save_path = slots + "/"
        parameters.endpoint_slots = True
        parameters.n_cache_reuse = CACHE_REUSE
    else:                            # every prompt is computed anew, so nothing is to be kept of the one before
        parameters.cache_ram_mib = 0
        parameters.n_ctx_checkpoints = 0
    server = xllamacpp.Server(parameters)
    about = f"xllamacpp {version('xllamacpp')}, {xllamacpp.get_system_info().strip(' |')}"
    print(json.dumps({"url": server.listening_address, "about": about}), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:7]), *sys.argv[7:])
