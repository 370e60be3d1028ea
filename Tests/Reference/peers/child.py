"""A child process that tells on its standard output what is ready."""
import os
import signal
import subprocess
import threading
from pathlib import Path

STOP_SECONDS = 30


class Child:
    """Runs from `start` to `stop`; its standard error goes to the end of a log file."""

    def __init__(self, name: str, command: list, log: Path):
        self.name, self._command, self._log = name, list(map(str, command)), log
        self._process: subprocess.Popen[str] | None = None

    @property
    def is_running(self) -> bool:
        return self._process is not None

    def start(self, limit_seconds: float, ready: str) -> str:
        """Returns the first line that contains `ready`; raises with the end of the log if none comes in time."""
        with open(self._log, "ab") as log:
            self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True)
        return self._line(limit_seconds, ready)

    def ask(self, question: str, limit_seconds: float, ready: str) -> str:
        """Sends a line; returns the first line after it that contains `ready`."""
        self._process.stdin.write(question + "\n")
        self._process.stdin.flush()
        return self._line(limit_seconds, ready)

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.communicate(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()

    def kill(self) -> None:
        """Ends it and all below it as a power cut would."""
        process, self._process = self._process, None
        for id in [*descendants(process.pid), process.pid]:
            try:
                os.kill(id, signal.SIGKILL)
            except ProcessLookupError:                              # it has ended since
                pass
        process.communicate()

    def _line(self, limit_seconds: float, ready: str) -> str:
        """Waiting is bounded by killing the process, which ends its output."""
        timer = threading.Timer(limit_seconds, self._process.kill)
        timer.start()
        try:
            for line in self._process.stdout:
                if ready in line:
                    return line.strip()
        finally:
            timer.cancel()
        last_words = "\n".join(self._log.read_text(errors="replace").splitlines()[-15:])
        raise RuntimeError(f"{self.name} ended, or took more than {limit_seconds} s; the end of {self._log}:\n{last_words}")


def descendants(root: int) -> list[int]:
    """All processes below one, those that are nearest to it first."""
    children: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()    # the name before may hold anything
        except OSError:
            continue                                                # it has ended
        children.setdefault(int(fields[1]), []).append(int(path.parent.name))
    found = list(children.get(root, []))
    for id in found:                                                # grows meanwhile
        found += children.get(id, [])
    return found
