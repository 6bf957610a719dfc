"""A figure: bounds that a result has to keep, how it is measured, and the table that shows it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.bounds import Bound
from benchmarks.results import ROOT
from benchmarks.results import Row as Row
from benchmarks.results import Rows as Rows

Cells = tuple[str, ...]
Table = list[Cells]  # the head first

SHARED = ROOT.parent / "shared" / "data"


@dataclass(frozen=True)
class Scope:
    """How a figure is to be taken, if it can be taken in more than one way."""

    seeds: int | None = None  # how many, counted from 0; None: as many as the figure has
    repetitions: int | None = None  # of what is timed; None: as many as the figure has
    shared: Path = SHARED  # the folder of tables and of doubted labels


class Figure(ABC):
    """A kind of figure: a dataclass with its bounds, or with cases (`rows`) that have bounds."""

    rows: tuple[Any, ...] = ()

    @abstractmethod
    def measure(self, scope: Scope) -> Rows:
        """The rows of results, plain values that JSON can hold."""

    @abstractmethod
    def table(self, rows: Rows) -> Table:
        """The table of these rows; a row belongs to the case with the same `what`."""

    def owed(self) -> str:
        """The bounds in words: "digits, default network ≥ 98.5 %; ≤ 30 s"."""
        cases = [
            (getattr(case, "what", ""), [str(value) for value in vars(case).values() if isinstance(value, Bound)])
            for case in (self, *self.rows)
        ]
        bounds = [f"{what} {'; '.join(its)}".strip() for what, its in cases if its]
        return "; ".join(bounds) or "nothing, it explains what was chosen"


def lines(cases: Iterable[Any], rows: Rows, line: Callable[[Any, Row], Cells]) -> Table:
    """The lines of the cases that have been measured, in the order of the cases."""
    measured = {row["what"]: row for row in rows}
    return [line(case, measured[case.what]) for case in cases if case.what in measured]
