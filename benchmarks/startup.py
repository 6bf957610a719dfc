"""How long a process takes as a multiple of `python -c pass`: all in turn, so that the machine treats them alike."""

from __future__ import annotations

import subprocess
import sys
import time

from benchmarks.owed import Process

NOTHING = ("-c", "pass")


def measure(processes: tuple[Process, ...], repetitions: int) -> list[dict[str, object]]:
    """Seconds of every repetition of every process; the first round, which warms the disk's cache, is not counted."""
    seconds: dict[tuple[str, ...], list[float]] = {NOTHING: [], **{process.arguments: [] for process in processes}}
    for repetition in range(repetitions + 1):
        for arguments, taken in seconds.items():
            took = once(arguments)
            if repetition:
                taken.append(round(took, 4))
    return [
        {
            "what": process.what,
            "seconds": seconds[process.arguments],
            "nothing_seconds": seconds[NOTHING],
            "torch": loads_torch(process.arguments),
        }
        for process in processes
    ]


def once(arguments: tuple[str, ...]) -> float:
    """Seconds from start to end of this interpreter with these arguments."""
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def loads_torch(arguments: tuple[str, ...]) -> bool:
    """Whether the process imports torch, by the interpreter's own list of imports."""
    told = subprocess.run(
        [sys.executable, "-X", "importtime", *arguments], check=True, capture_output=True, text=True
    ).stderr
    return any(line.rpartition("|")[2].strip() == "torch" for line in told.splitlines())
