"""One class held out of training, each in turn: how well it is told, beside detectors of scikit-learn."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.neighbors import LocalOutlierFactor

import wxb
from benchmarks.bounds import Bound, verdict
from benchmarks.figure import Cells, Figure, Row, Rows, Scope, Table
from wxb.anomalies import Detector
from wxb.data.dataset import Dataset
from wxb.data.split import spread
from wxb.learning.machine import choose
from wxb.statistics import mean_of
from wxb.tasks.metrics import roc_area
from wxb.trials import Trial

Floats = NDArray[np.float64]
NETWORK = "wxb, error and distance"


def isolated(train: Floats, tests: Floats, code: int) -> Floats:
    """How odd an isolation forest finds tests (n,)."""
    return -np.asarray(IsolationForest(random_state=0).fit(train).score_samples(tests))


def local(train: Floats, tests: Floats, code: int) -> Floats:
    """How odd the local outlier factor finds tests (n,)."""
    return -np.asarray(LocalOutlierFactor(novelty=True).fit(train).score_samples(tests))


def principal(train: Floats, tests: Floats, code: int) -> Floats:
    """The error (n,) of a reconstruction from as many principal components as the code has numbers."""
    fitted = PCA(code, random_state=0).fit(train)
    return np.asarray(np.square(fitted.inverse_transform(fitted.transform(tests)) - tests).mean(axis=1))


OTHERS: dict[str, Callable[[Floats, Floats, int], Floats]] = {
    "IsolationForest": isolated,
    "LocalOutlierFactor": local,
    "PCA reconstruction": principal,
}


@dataclass(frozen=True)
class HeldOut(Figure):
    """The area under the ROC curve for each class that was held out, on the test part with all classes."""

    data: str
    network: str
    epochs: int
    learned: int  # training examples at most
    ahead: Bound  # of the mean area to the best of the others, in the lower end of the interval of the difference
    options: tuple[tuple[str, float], ...] = ()

    def measure(self, scope: Scope) -> Rows:
        """A row for each detector: its area for each class held out."""
        data = wxb.load_data(self.data)
        parts = ("error alone", "distance alone")
        rows: dict[str, Row] = {what: {"what": what, "area": []} for what in (NETWORK, *parts, *OTHERS)}
        for odd in range(scope.seeds or len(data.classes)):
            for what, area in self._areas(_without(data, odd, self.learned), odd).items():
                rows[what]["area"].append(round(area, 4))
            print(f"  {odd}: {[row['area'][-1] for row in rows.values()]}", file=sys.stderr)
        return list(rows.values())

    def _areas(self, data: Dataset, odd: int) -> dict[str, float]:
        options: dict[str, Any] = dict(self.options)
        trial = Trial(data, self.network, epochs=self.epochs, seed=0, threads=1, **options).train()
        split, cpu = data.split, choose("cpu", "float32")
        detector = Detector.fit(trial.model, cpu, data.inputs, split.train, split.validation)
        found = detector.of(data.inputs, split.test)
        assert found.error is not None
        scores = {NETWORK: found.score, "error alone": found.error, "distance alone": found.distance}
        flat = data.examples.reshape(len(data.examples), -1) / 255
        for what, other in OTHERS.items():
            scores[what] = other(flat[split.train], flat[split.test], trial.plan.code)
        truth = data.targets[split.test] == odd
        return {what: roc_area(truth, one) or 0.0 for what, one in scores.items()}

    def table(self, rows: Rows) -> Table:
        """Means over the classes, the least, and the network's difference to each other with its 95 % interval."""
        head = ("what", "mean ROC area", "least", "wxb is ahead by", "owed")
        best = max((row for row in rows if row["what"] in OTHERS), key=lambda row: float(np.mean(row["area"])))
        return [head, *(self._line(row, rows[0], best) for row in rows)]

    def _line(self, row: Row, first: Row, best: Row) -> Cells:
        shown = (row["what"], f"{np.mean(row['area']):.3f}", f"{min(row['area']):.3f}")
        if row is first:
            return (*shown, "", "")
        ahead = mean_of([one - other for one, other in zip(first["area"], row["area"], strict=True)])
        low, high = ahead.interval or (ahead.mean, ahead.mean)
        owed = verdict(self.ahead, ahead.mean) if row is best else ""
        return (*shown, f"{ahead.mean:+.3f} [{low:+.3f}, {high:+.3f}]", owed)


def _without(data: Dataset, odd: int, most: int) -> Dataset:
    """The data whose training and validation parts lack a class."""
    train, validation = (rows[data.targets[rows] != odd] for rows in (data.split.train, data.split.validation))
    return replace(data, split=replace(data.split, train=spread(train, most), validation=validation))
