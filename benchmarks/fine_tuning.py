"""A representation that moves to other classes: fine-tuned and frozen, beside the same network from scratch."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import wxb
from benchmarks.figure import Cells, Figure, Row, Rows, Scope, Table
from wxb.data.dataset import Dataset
from wxb.randomness import generator
from wxb.statistics import Mean, mean_of
from wxb.trials import Trial

WAYS: dict[str, dict[str, Any]] = {
    "scratch": {},
    "tuned": {"pretrained": True},
    "frozen": {"pretrained": True, "freeze": True},
}
FIRST = 5  # classes that are learned first; the others come then


@dataclass(frozen=True)
class FineTuning(Figure):
    """Accuracy on classes that are learned second, from few examples of each, seed by seed."""

    what: str
    data: str
    network: str
    sizes: tuple[int, ...] = (10, 20, 50)  # examples of a class
    seeds: int = 5

    def measure(self, scope: Scope) -> Rows:
        """A row for each number of examples of a class: the accuracies of each way, by seed."""
        everything = wxb.load_data(self.data)
        seeds = list(range(scope.seeds or self.seeds))
        rows: Rows = [
            {"what": self.what, "size": size, "seeds": seeds, **{way: [] for way in WAYS}} for size in self.sizes
        ]
        for seed in seeds:
            with tempfile.TemporaryDirectory() as place:
                run = wxb.train(
                    chosen(everything, range(FIRST)), self.network, seed=seed, epochs=1, out=Path(place, "run"),
                    progress=False,
                )  # fmt: skip
                for row in rows:
                    few = chosen(everything, range(FIRST, everything.outputs), row["size"], seed)
                    for way, options in WAYS.items():
                        given = {**options, "pretrained": str(run.path)} if options else {}
                        row[way].append(Trial(few, self.network, seed=seed, **given).train().score("test").score)
                    print(f"  {self.what}, {row['size']} examples, seed {seed}", file=sys.stderr)
        return rows

    def table(self, rows: Rows) -> Table:
        """A line for each number of examples of a class."""
        return [("what", "examples of a class", "from scratch", "fine-tuned", "frozen"), *map(self._line, rows)]

    def _line(self, row: Row) -> Cells:
        scratch = f"{100 * float(np.mean(row['scratch'])):.1f} %"
        return self.what, str(row["size"]), scratch, *(_shown(row, way) for way in ("tuned", "frozen"))


def _shown(row: Row, way: str) -> str:
    """ "83.1 %, +6.0 [+4.1, +7.9]": the mean, and what it gains over training from scratch, paired by seed."""
    of: Mean = mean_of([a - b for a, b in zip(row[way], row["scratch"], strict=True)], (-1.0, 1.0))
    low, high = of.interval or (of.mean, of.mean)
    return f"{100 * float(np.mean(row[way])):.1f} %, {100 * of.mean:+.1f} [{100 * low:+.1f}, {100 * high:+.1f}]"


def chosen(data: Dataset, classes: range, size: int | None = None, seed: int = 0) -> Dataset:
    """Examples of some classes alone, as classes from 0 on: all that train, or so many of each, drawn by the seed."""

    def of(rows: NDArray[np.int64]) -> NDArray[np.int64]:
        return rows[np.isin(data.targets[rows], classes)]

    train, test = of(data.split.train), of(data.split.test)
    if size is not None:
        mixed = generator(seed, "fine-tuning").permutation(train)
        train = np.concatenate([mixed[data.targets[mixed] == one][:size] for one in classes])
    rows, parts = np.concatenate([train, test]), np.arange(len(train) + len(test))
    targets = data.targets[rows].astype(np.int64) - classes.start
    return wxb.load_data(data.examples[rows], targets, split=(parts[: len(train)], parts[:0], parts[len(train) :]))
