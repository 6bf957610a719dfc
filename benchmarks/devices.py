"""What several devices cost and save: the same steps with one thread, with two threads, and on two devices."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import wxb
from benchmarks.figure import Cells, Figure, Row, Rows, Scope, Table, lines
from benchmarks.parts import first_examples
from benchmarks.step import Undone, seconds

WAYS: Mapping[str, Mapping[str, Any]] = {
    "one thread": {"threads": 1},
    "two threads": {"threads": 2},
    "two devices": {"threads": 1, "devices": 2},
}


@dataclass(frozen=True)
class Shared:
    """Training steps of a network."""

    what: str
    data: str
    network: str
    batch_size: int


@dataclass(frozen=True)
class Devices(Figure):
    """Milliseconds of a step in each way, all of them in turn."""

    rows: tuple[Shared, ...]
    repetitions: int = 5

    def measure(self, scope: Scope) -> Rows:
        """The milliseconds of each turn, by way."""
        return [measure(one, scope.repetitions or self.repetitions) for one in self.rows]

    def table(self, rows: Rows) -> Table:
        """The fastest turn of each way, which other work of the machine has slowed least, against one thread."""
        return [("steps", *(f"{way}, ms" for way in WAYS)), *lines(self.rows, rows, line)]


def measure(one: Shared, repetitions: int) -> Row:
    """The milliseconds of each way's turns."""
    data = first_examples(wxb.load_data(one.data), 5_000)
    taken: dict[str, list[float]] = {way: [] for way in WAYS}
    for _ in range(repetitions):
        for way, options in WAYS.items():
            step = seconds(Undone(way, {**options, "batch_size": one.batch_size}), data, one.network, {})
            taken[way].append(round(1000 * step, 3))
            print(f"  {one.what}, {way}: {taken[way][-1]:.1f} ms a step", file=sys.stderr)
    return {"what": one.what, "milliseconds": taken}


def line(one: Shared, row: Row) -> Cells:
    """The line of a network."""
    least = {way: min(row["milliseconds"][way]) for way in WAYS}
    middle = {way: statistics.median(row["milliseconds"][way]) for way in WAYS}
    base = least["one thread"]
    return (one.what, *(f"{least[way]:.1f} ({middle[way]:.1f}), {least[way] / base:.2f}×" for way in WAYS))
