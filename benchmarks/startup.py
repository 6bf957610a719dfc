"""How long a process takes as a multiple of `python -c pass`."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from functools import partial

from benchmarks import timing
from benchmarks.bounds import Bound, middle, verdict
from benchmarks.figure import Cells, Figure, Row, Rows, Scope, Table, lines

NOTHING = ("-c", "pass")


@dataclass(frozen=True)
class Process:
    """A process, and how many times the seconds of `python -c pass` it may take."""

    what: str
    arguments: tuple[str, ...]  # after the interpreter
    ratio: Bound
    torch: bool = False  # whether it may load torch


@dataclass(frozen=True)
class Startup(Figure):
    """The figure of all processes."""

    rows: tuple[Process, ...]
    repetitions: int = 15

    def measure(self, scope: Scope) -> Rows:
        """Seconds of every process and of the empty one, in turn."""
        ways = {
            arguments: partial(process_seconds, arguments) for arguments in (NOTHING, *(p.arguments for p in self.rows))
        }
        seconds = timing.in_turn(ways, scope.repetitions or self.repetitions)
        return [
            {
                "what": process.what, "seconds": seconds[process.arguments], "nothing_seconds": seconds[NOTHING],
                "torch": loads_torch(process.arguments),
            }
            for process in self.rows
        ]  # fmt: skip

    def table(self, rows: Rows) -> Table:
        """Seconds of a process and of the empty one beside it; the ratio is of medians."""
        head = ("process", "seconds", "`python -c pass`", "ratio", "imports torch", "owed")
        return [head, *lines(self.rows, rows, line)]


def line(process: Process, row: Row) -> Cells:
    """The line of a process."""
    ratio = statistics.median(row["seconds"]) / statistics.median(row["nothing_seconds"])
    owed = verdict(process.ratio, ratio) + ("; no torch: **missed**" if row["torch"] and not process.torch else "")
    cells = (middle(row["seconds"], 3), middle(row["nothing_seconds"], 3))
    return (f"`{process.what}`", *cells, f"{ratio:.1f}×", "yes" if row["torch"] else "no", owed)


def process_seconds(arguments: tuple[str, ...]) -> float:
    """Seconds from start to end of this interpreter with these arguments."""
    return round(timing.python(*arguments)[1], 4)


def loads_torch(arguments: tuple[str, ...]) -> bool:
    """Whether the process imports torch, by the interpreter's own list of imports."""
    imports = timing.python("-X", "importtime", *arguments)[0].stderr
    return any(line.rpartition("|")[2].strip() == "torch" for line in imports.splitlines())
