"""Whether saliency depends on what a network has learned: the check of Adebayo et al. 2018 on a trained network."""

from __future__ import annotations

import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path

import wxb
from benchmarks.bounds import Bound, verdict
from benchmarks.figure import Figure, Row, Rows, Scope, Table, lines
from wxb import views


@dataclass(frozen=True)
class Verdict:
    """A method, and the bound on the mean rank correlation of its maps with those of shuffled networks."""

    what: str
    correlation: Bound | None = None


@dataclass(frozen=True)
class Sanity(Figure):
    """All methods on the first examples of the test part."""

    data: str
    network: str
    rows: tuple[Verdict, ...]
    examples: int = 20

    def measure(self, scope: Scope) -> Rows:
        """Train for an epoch, and take the correlations of each method for each example."""
        data = wxb.load_data(self.data)
        found: dict[str, list[float]] = {row.what: [] for row in self.rows}
        with tempfile.TemporaryDirectory() as folder:
            run = wxb.train(data, self.network, epochs=1, out=Path(folder) / "run")
            for example in range(self.examples):
                view = views.saliency(run, data, example=example)
                names = view.arrays["correlations"].axes[0].ticks
                for name, alike in zip(names, view["correlations"], strict=True):
                    found[name].append(round(float(alike), 4))
        return [{"what": name, "correlations": values} for name, values in found.items()]

    def table(self, rows: Rows) -> Table:
        """The mean correlation of each method, and its verdict."""
        return [
            ("method", "rank correlation, mean (least, greatest)", "verdict", "owed"),
            *lines(self.rows, rows, line),
        ]


def line(row: Verdict, found: Row) -> tuple[str, ...]:
    """The line of a method."""
    from wxb.views.gallery.saliency import ALIKE

    values = found["correlations"]
    mean = statistics.mean(values)
    said = "fails: hardly depends on what was learned" if mean >= ALIKE else "passes"
    numbers = f"{mean:.2f} ({min(values):.2f}, {max(values):.2f})"
    return (f"`{row.what}`", numbers, said, "" if row.correlation is None else verdict(row.correlation, mean))
