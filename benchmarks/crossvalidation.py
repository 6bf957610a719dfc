"""Cross-validation of a network of wxb and of trees on a table.

The columns of each fold are prepared with the training rows, as `wxb evaluate RUN FILE` prepares a file.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import wxb
from benchmarks import timing
from benchmarks.bounds import Bound, middle, verdict
from benchmarks.figure import Cells, Figure, Row, Rows, Scope, Table
from wxb.data.dataset import Dataset, Split
from wxb.data.split import VALIDATION_SHARE
from wxb.learning.inference import logits
from wxb.randomness import generator
from wxb.trials import Trial


@dataclass(frozen=True)
class Trees:
    """A regressor to compare with; `make` takes a seed, and raises ImportError if the library is not installed."""

    what: str
    make: Callable[[int], Any]


@dataclass(frozen=True)
class CrossValidation(Figure):
    """Root mean squared error over the folds of a table, of the default network and of trees."""

    what: str  # of the network
    file: str  # below the shared folder, CSV with a row on each line
    target: str
    unit: float  # of the target, in which errors are given
    unit_name: str
    error: Bound  # in that unit, of the network's mean over the folds
    trees: tuple[Trees, ...]
    folds: int = 5
    seeds: int = 1

    def measure(self, scope: Scope) -> Rows:
        """A row for each model: error and seconds of each fold, of one seed after the other."""
        ways: dict[str, Callable[[Path, Path, int], tuple[float, float]]] = {self.what: self._network}
        for one in self.trees:
            try:
                one.make(0)
            except ImportError:
                print(f"  {one.what} is not installed", file=sys.stderr)
            else:
                ways[one.what] = partial(self._trees, one)
        rows: Rows = [{"what": what, "rmse": [], "seconds": []} for what in ways]
        for seed in range(scope.seeds or self.seeds):
            for learned, tested in self._dealt(scope.shared / self.file, seed):
                for row, way in zip(rows, ways.values(), strict=True):
                    error, seconds = way(learned, tested, seed)
                    row["rmse"].append(round(error / self.unit, 4))
                    row["seconds"].append(round(seconds, 2))
                    print(f"  {row['what']}: {row['rmse'][-1]:.3f} in {seconds:.1f} s", file=sys.stderr)
        return rows

    def table(self, rows: Rows) -> Table:
        """Mean error ± standard deviation over the folds, and seconds per fold."""
        head = ("what", f"error, {self.unit_name}", "seconds a fold", "owed")
        return [head, *(self._line(row) for row in rows)]

    def _line(self, row: Row) -> Cells:
        mean, deviation = statistics.mean(row["rmse"]), statistics.stdev(row["rmse"])
        owed = verdict(self.error, round(mean, 4)) if row["what"] == self.what else ""
        return (row["what"], f"{mean:.3f} ± {deviation:.3f}", middle(row["seconds"], 1), owed)

    def _dealt(self, table: Path, seed: int) -> Iterator[tuple[Path, Path]]:
        """For each fold a table of the training rows and one of the test rows."""
        head, *rows = table.read_text().splitlines()
        dealt = generator(seed, "folds").permutation(len(rows))
        for fold in range(self.folds):
            test = set(dealt[fold :: self.folds].tolist())
            with tempfile.TemporaryDirectory() as place:
                learned, tested = Path(place) / f"learned-{table.name}", Path(place) / f"tested-{table.name}"
                learned.write_text("\n".join([head, *(row for i, row in enumerate(rows) if i not in test)]))
                tested.write_text("\n".join([head, *(row for i, row in enumerate(rows) if i in test)]))
                yield learned, tested

    def _network(self, learned: Path, tested: Path, seed: int) -> tuple[float, float]:
        """Error of the default network, and seconds of its training."""
        data = joined(learned, tested, self.target, seed)
        trial = Trial(data, options={"seed": seed})
        seconds = timing.seconds(trial.train)
        predicted = logits(trial.model, data.examples, trial.machine, rows=data.split.test)
        return rmse(predicted.numpy()[:, 0], data.targets[data.split.test, 0]), seconds

    def _trees(self, one: Trees, learned: Path, tested: Path, seed: int) -> tuple[float, float]:
        """Error of trees on unprepared columns, one for each value of a text column, and seconds of their fit."""
        data = joined(learned, tested, self.target, seed, pieces=0)
        rows = np.concatenate([data.split.train, data.split.validation])
        trees = one.make(seed)
        seconds = timing.seconds(lambda: trees.fit(data.inputs[rows], data.targets[rows, 0]))
        test = data.split.test
        return rmse(trees.predict(data.inputs[test]), data.targets[test, 0]), seconds


def joined(learned: Path, tested: Path, target: str, seed: int, pieces: int | None = None) -> Dataset:
    """One data set of two tables: rows of one for training and validation, those of the other for the test."""
    shares = (1 - VALIDATION_SHARE, VALIDATION_SHARE, 0.0)
    data = wxb.load_data(learned, target=target, split=shares, seed=seed, pieces=pieces)
    other = wxb.load_data(tested, like=data.table)
    test = np.arange(len(other.targets)) + len(data.targets)
    return replace(
        data,
        examples=np.concatenate([data.examples, other.examples]),
        targets=np.concatenate([data.targets, other.targets]).astype(np.float32),
        split=Split(data.split.train, data.split.validation, test, f"{data.split.how}, {other.name} as test"),
    )


def rmse(predicted: NDArray[Any], targets: NDArray[Any]) -> float:
    """Root mean squared difference of (n,) and (n,)."""
    return float(np.sqrt(np.square(predicted.astype(np.float64) - targets).mean()))
