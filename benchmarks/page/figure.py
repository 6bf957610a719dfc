"""Figures of the page: a case each, with the bound that it has to keep."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.bounds import Bound, amount, verdict
from benchmarks.figure import Cells, Figure, Row, Rows, Scope, Table, lines

Values = dict[str, list[float]]


@dataclass(frozen=True)
class Shown:
    """Something that is measured a few times, with what is read from it and the bound on that."""

    what: str
    measure: Callable[[int], Values]  # of a number of repetitions
    value: Callable[[Values], float]  # what the bound is on
    bound: Bound
    repetitions: int = 5


@dataclass(frozen=True)
class Page(Figure):
    """What the page takes."""

    rows: tuple[Shown, ...]

    def measure(self, scope: Scope) -> Rows:
        """Measure each case; cases that share a measurement share its values."""
        taken: dict[Callable[[int], Values], Values] = {}
        for case in self.rows:
            if case.measure not in taken:
                values = case.measure(scope.repetitions or case.repetitions)
                taken[case.measure] = {name: [round(one, 5) for one in several] for name, several in values.items()}
        return [{"what": case.what, "values": taken[case.measure]} for case in self.rows]

    def table(self, rows: Rows) -> Table:
        """What was measured, and the bound."""
        return [("what", "measured", "owed"), *lines(self.rows, rows, line)]


def line(case: Shown, row: Row) -> Cells:
    """The line of a case."""
    value = case.value(row["values"])
    return (case.what, amount(value, case.bound.unit), verdict(case.bound, value))


def median(name: str) -> Callable[[Values], float]:
    """The median of some values."""
    return lambda values: statistics.median(values[name])
