"""Sends a running server requests that its own /openapi.json allows or forbids, by schemathesis.

    python3 schema_run.py http://127.0.0.1:8080 CASES [API_KEY [SEED]]

No answer may be a server error; every one has to be as documented (status, headers, media type, content); what the
document forbids has to be refused, and so have methods and missing keys. There are at least CASES requests. From 3,000
on, schemathesis' own list of limits is part of them, about 7,000 requests: each parameter at, below and above each of
its limits. The others are random. That whatever the document allows is accepted is not asked: there are rules between
parameters, which a schema cannot say. Ends with status 0 if all holds. Only servers of this machine are asked. Needs
schemathesis 4.
"""
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request

FOLDER = pathlib.Path(__file__).parent
LIMITS_FROM = 3000
CHECKS = [
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance", "negative_data_rejection", "unsupported_method", "allow_header_conformance",
    "ignored_auth",
]


def run(url, key, phases, examples, seed, folder):
    """Runs some phases, with so many examples of each endpoint; returns how many requests that were."""
    report = folder / f"{seed}.ndjson"
    command = [
        sys.executable, "-m", "schemathesis.cli", "run", url + "/openapi.json", "--checks", ",".join(CHECKS),
        "--phases", phases, "-n", str(examples), "--seed", str(seed), "--continue-on-failure", "--no-color",
        "--no-shrink", "--generation-database", "none", "--warnings", "off", "--suppress-health-check", "all",
        "--output-sanitize", "false", "--request-timeout", "120",
        "--report", "ndjson", "--report-ndjson-path", str(report),
    ]
    if key:
        command += ["--header", f"Authorization: Bearer {key}"]
    environment = os.environ | {
        "SCHEMATHESIS_HOOKS": "schema_hooks", "PYTHONPATH": str(FOLDER), "SCHEMA_RUN_URL": url,
        "SCHEMA_RUN_KEY": key or "",
    }
    print(f"{phases}, seed {seed}", flush=True)
    status = subprocess.run(command, env=environment, cwd=folder).returncode
    if status:
        sys.exit(status)
    with open(report) as lines:
        scenarios = [json.loads(line).get("ScenarioFinished", {}) for line in lines]
    return sum(len(scenario.get("recorder", {}).get("cases", {})) for scenario in scenarios)


def endpoints(url):
    with urllib.request.urlopen(url + "/openapi.json", timeout=60) as answer:
        return sum(len(methods) for methods in json.load(answer)["paths"].values())


def main():
    url, wanted = sys.argv[1], int(sys.argv[2])
    key = sys.argv[3] if len(sys.argv) > 3 else None
    seed = int(sys.argv[4]) if len(sys.argv) > 4 else random.randrange(1 << 30)
    assert urllib.parse.urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1"), f"{url} is not this machine"
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        count = run(url, key, "examples,coverage" if wanted >= LIMITS_FROM else "examples", 1, seed, folder)
        while count < wanted:
            seed += 1
            count += run(url, key, "fuzzing", -(-(wanted - count) // endpoints(url)), seed, folder)
    print(f"{count} cases, 0 failed")


if __name__ == "__main__":
    main()
