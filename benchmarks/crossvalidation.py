"""Cross-validation of a network of wxb and of trees on a table.

The table is read once, and its columns are prepared anew for each fold, with the training rows.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

import wxb
from benchmarks import timing
from benchmarks.bounds import Bound, middle, verdict
from benchmarks.figure import Cells, Figure, Row, Rows, Scope, Table
from wxb.data.dataset import Dataset
from wxb.data.folds import folds
from wxb.data.split import VALIDATION_SHARE
from wxb.learning.inference import logits
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
        ways: dict[str, Callable[[Dataset, Dataset, int], tuple[float, float]]] = {self.what: network}
        for one in self.trees:
            try:
                one.make(0)
            except ImportError:
                print(f"  {one.what} is not installed", file=sys.stderr)
            else:
                ways[one.what] = partial(trees, one)
        rows: Rows = [{"what": what, "rmse": [], "seconds": []} for what in ways]
        shares = (1 - VALIDATION_SHARE, VALIDATION_SHARE, 0.0)
        # prepared for the network, and with columns that are not cut into pieces
        tables = [
            wxb.load_data(scope.shared / self.file, target=self.target, split=shares, pieces=pieces)
            for pieces in (None, 0)
        ]
        for seed in range(scope.seeds or self.seeds):
            for fold, plain in zip(*(folds(data, self.folds, seed) for data in tables), strict=True):
                for row, way in zip(rows, ways.values(), strict=True):
                    error, seconds = way(fold, plain, seed)
                    row["rmse"].append(round(error / self.unit, 4))
                    row["seconds"].append(round(seconds, 2))
                    print(f"  {row['what']}: {row['rmse'][-1]:.3f} in {seconds:.1f} s", file=sys.stderr)
        return rows

    def table(self, rows: Rows) -> Table:
        """Mean error ± standard deviation over the folds, and seconds per fold."""
        head = ("what", f"error, {self.unit_name}", "seconds per fold", "owed")
        return [head, *(self._line(row) for row in rows)]

    def _line(self, row: Row) -> Cells:
        mean, deviation = statistics.mean(row["rmse"]), statistics.stdev(row["rmse"])
        owed = verdict(self.error, round(mean, 4)) if row["what"] == self.what else ""
        return (row["what"], f"{mean:.3f} ± {deviation:.3f}", middle(row["seconds"], 1), owed)


def network(data: Dataset, _: Dataset, seed: int) -> tuple[float, float]:
    """Error of the default network, and seconds of its training."""
    trial = Trial(data, seed=seed)
    seconds = timing.seconds(trial.train)
    predicted = logits(trial.model, data.examples, trial.machine, rows=data.split.test)
    return rmse(predicted.numpy()[:, 0], data.targets[data.split.test, 0]), seconds


def trees(one: Trees, _: Dataset, data: Dataset, seed: int) -> tuple[float, float]:
    """Error of trees, and seconds of their fit to the training and the validation part."""
    rows, test = np.concatenate([data.split.train, data.split.validation]), data.split.test
    model = one.make(seed)
    seconds = timing.seconds(lambda: model.fit(data.inputs[rows], data.targets[rows, 0]))
    return rmse(model.predict(data.inputs[test]), data.targets[test, 0]), seconds


def rmse(predicted: NDArray[Any], targets: NDArray[Any]) -> float:
    """Root mean squared difference of (n,) and (n,)."""
    return float(np.sqrt(np.square(predicted.astype(np.float64) - targets).mean()))
