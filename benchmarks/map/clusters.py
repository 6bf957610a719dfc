"""K-means on the code of an autoencoder beside k-means on pixels: how well clusters agree with classes."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import adjusted_rand_score

import wxb
from benchmarks.bounds import Bound, verdict
from benchmarks.figure import Cells, Figure, Row, Rows, Scope, Table, lines
from wxb.clusters.methods import kmeans
from wxb.clusters.points import scaled
from wxb.data.split import spread
from wxb.learning.inference import codes
from wxb.learning.machine import choose
from wxb.statistics import mean_of
from wxb.trials import Trial


@dataclass(frozen=True)
class Grouped:
    """A data set, the network that learns it without labels, and the examples that are grouped."""

    what: str
    data: str
    network: str
    epochs: int
    ahead: Bound  # of the mean difference to pixels, in the lower end of its interval
    learned: int | None = None  # training examples at most, spread evenly
    part: str = "all"


@dataclass(frozen=True)
class Clusters(Figure):
    """The adjusted Rand index of as many clusters as there are classes, for each seed of network and starts."""

    rows: tuple[Grouped, ...]
    seeds: int = 5

    def measure(self, scope: Scope) -> Rows:
        """A row for each data set: the index on pixels and on the code, by seed."""
        return [self._row(case, scope.seeds or self.seeds) for case in self.rows]

    def _row(self, case: Grouped, seeds: int) -> Row:
        row: Row = {"what": case.what, "pixels": [], "code": [], "explained": []}
        for seed in range(seeds):
            data = wxb.load_data(case.data, seed=seed)
            rows = np.arange(len(data.examples)) if case.part == "all" else data.split.part(case.part)
            given, clusters = data.targets[rows], len(data.classes)
            if case.learned is not None:
                train = spread(data.split.train, case.learned)
                data = replace(data, split=replace(data.split, train=train))
            trial = Trial(data, case.network, epochs=case.epochs, seed=seed, threads=1).train()
            code = codes(trial.model, data.inputs, choose("cpu", "float32"), rows)
            for name, values in (("pixels", scaled(data.inputs[rows], True)), ("code", code)):
                found = kmeans(values, clusters, seed).labels
                row[name].append(round(float(adjusted_rand_score(given, found)), 4))
            row["explained"].append(round(trial.score("test").score, 4))
            print(f"  {case.what} seed {seed}: {row['pixels'][-1]} {row['code'][-1]}", file=sys.stderr)
        return row

    def table(self, rows: Rows) -> Table:
        """Means with their standard deviations, and the paired difference with its 95 % interval."""
        head = ("what", "network", "explained", "ARI on pixels", "ARI on the code", "code is ahead by", "owed")
        return [head, *lines(self.rows, rows, self._line)]

    def _line(self, case: Grouped, row: Row) -> Cells:
        ahead = mean_of([code - pixels for code, pixels in zip(row["code"], row["pixels"], strict=True)])
        low, high = ahead.interval or (ahead.mean, ahead.mean)
        shown = [_spread(np.array(row[name])) for name in ("explained", "pixels", "code")]
        difference = f"{ahead.mean:+.3f} [{low:+.3f}, {high:+.3f}]"
        return (row["what"], f"`{case.network}`", *shown, difference, verdict(case.ahead, low))


def _spread(values: NDArray[np.float64]) -> str:
    return f"{values.mean():.3f} ± {values.std(ddof=1) if len(values) > 1 else 0:.3f}"
