"""The machine the figures come from, and how much of it others take."""
import os
import time
from pathlib import Path

BUSY = 0.3                           # load average above which figures are not to be trusted
OVERHEAD_BYTES = 3 << 30             # programs, activations and caches, beside the weights


def describe() -> str:
    model = [line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return f"{model[0] if model else 'unknown processor'}, {len(os.sched_getaffinity(0))} cores, load average {os.getloadavg()[0]:.1f} at the start"


def is_busy() -> bool:
    return os.getloadavg()[0] > BUSY


def holds(copies: int, bytes: int) -> bool:
    """Whether the free memory takes so many copies of the weights at once, those in the page cache included."""
    fields = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
    available = int(fields["MemAvailable"].split()[0]) << 10
    return copies * bytes + OVERHEAD_BYTES < available


class Watch:
    """Tells how many cores were busy with what this program and its children did not do."""

    def __init__(self):
        self._begin = time.perf_counter(), busy_seconds() - own_seconds()

    def others(self) -> float:
        """Cores, since the watch began, on average."""
        began, busy = self._begin
        return max(0.0, (busy_seconds() - own_seconds() - busy) / (time.perf_counter() - began))


TICKS = os.sysconf("SC_CLK_TCK")


def busy_seconds() -> float:
    """Time of all cores since the start of the machine in which they were not idle, what a hypervisor took included."""
    user, nice, system, _, _, *interrupts_and_steal = map(int, Path("/proc/stat").read_text().splitlines()[0].split()[1:9])
    return (user + nice + system + sum(interrupts_and_steal)) / TICKS


def own_seconds() -> float:
    """Processor time of this process and of all below it, so far."""
    parents, seconds = {}, {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()        # the name before may hold anything
        except OSError:
            continue                                                # it has ended
        id = int(path.parent.name)
        parents[id], seconds[id] = int(fields[1]), sum(map(int, fields[11:15])) / TICKS
    def is_ours(id: int) -> bool:
        return id == os.getpid() or id in parents and is_ours(parents[id])
    return sum(time for id, time in seconds.items() if is_ours(id))
