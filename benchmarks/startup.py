"""How long a process takes as a multiple of `python -c pass`: all in turn, so that the machine treats them alike."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from dataclasses import dataclass

from benchmarks.bounds import Bound, middle, verdict
from benchmarks.figure import Asked, Row, Table

NOTHING = ("-c", "pass")


@dataclass(frozen=True)
class Process:
    """Seconds of a whole process as a multiple of `python -c pass`."""

    what: str
    arguments: tuple[str, ...]  # after the interpreter
    ratio: Bound
    torch: bool = False  # whether it may load torch


@dataclass(frozen=True)
class Startup:
    """The figure of all processes."""

    rows: tuple[Process, ...]
    repetitions: int = 15
    about: str = ""

    def owed(self) -> str:
        """Every bound with the process that it is for."""
        return "; ".join(f"`{process.what}` {process.ratio}" for process in self.rows)

    def measure(self, asked: Asked) -> list[Row]:
        """Every process."""
        return measure(self.rows, asked.repetitions or self.repetitions)

    def table(self, rows: list[Row]) -> Table:
        """Seconds of a process and of the empty one beside it; the ratio is of medians."""
        measured = {row["what"]: row for row in rows}
        head = ("process", "seconds", "`python -c pass`", "ratio", "imports torch", "owed")
        return [head, *(_line(process, measured[process.what]) for process in self.rows if process.what in measured)]


def _line(process: Process, row: Row) -> tuple[str, ...]:
    ratio = statistics.median(row["seconds"]) / statistics.median(row["nothing_seconds"])
    told = verdict(process.ratio, ratio)
    if row["torch"] and not process.torch:
        told += "; no torch: **missed**"
    cells = (middle(row["seconds"], 3), middle(row["nothing_seconds"], 3))
    return (f"`{process.what}`", *cells, f"{ratio:.1f}×", "yes" if row["torch"] else "no", told)


def measure(processes: tuple[Process, ...], repetitions: int) -> list[Row]:
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
