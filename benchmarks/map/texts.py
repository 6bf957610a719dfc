"""Text messages told apart: the default network beside scikit-learn's TF-IDF with logistic regression."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import wxb
from benchmarks.bounds import Bound, verdict
from benchmarks.figure import Cells, Figure, Row, Rows, Scope, Table
from wxb.data.dataset import Dataset
from wxb.statistics import mean_of
from wxb.trials import Trial

NETWORK = "wxb, default network"


@dataclass(frozen=True)
class Texts(Figure):
    """Accuracy and the F1 of a class on the test part of each seed's split, the same for all."""

    file: str  # below the shared folder
    text: str
    target: str
    positive: str  # the class whose F1 is given
    ahead: Bound  # of the mean difference of accuracies to scikit-learn's default, in the lower end of its interval
    seconds: Bound  # of the whole command
    penalties: tuple[float, ...] = (1.0, 30.0)  # C of logistic regression: the default, and a good one
    seeds: int = 5

    def measure(self, scope: Scope) -> Rows:
        """A row for each model: accuracy and F1 by seed; of the network also the seconds of the command."""
        path = scope.shared / self.file
        rows: Rows = [{"what": what, "accuracy": [], "f1": []} for what in (NETWORK, *map(_named, self.penalties))]
        for seed in range(scope.seeds or self.seeds):
            data = wxb.load_data(path, target=self.target, seed=seed)
            network = Trial(data, seed=seed).train().each("test") == 1
            others = (self._logistic(data, penalty) for penalty in self.penalties)
            for row, right in zip(rows, [network, *others], strict=True):
                row["accuracy"].append(round(float(right.mean()), 5))
                row["f1"].append(round(self._f1(data, right), 5))
            print(f"  seed {seed}: {[row['accuracy'][-1] for row in rows]}", file=sys.stderr)
        rows[0]["seconds"] = _command(path, self.target)
        return rows

    def _logistic(self, data: Dataset, penalty: float) -> NDArray[np.bool_]:
        """Whether logistic regression is right, for each example of the test part."""
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline

        assert data.columns is not None
        texts = data.columns.texts[self.text]
        of_row = np.array([texts[int(code)] for code in data.examples[:, 0]], dtype=object)
        learned = np.sort(np.concatenate([data.split.train, data.split.validation]))
        model = make_pipeline(TfidfVectorizer(), LogisticRegression(C=penalty, max_iter=1000))
        model.fit(of_row[learned], data.targets[learned])
        right: NDArray[np.bool_] = model.predict(of_row[data.split.test]) == data.targets[data.split.test]
        return right

    def _f1(self, data: Dataset, right: NDArray[np.bool_]) -> float:
        """F1 of the positive class of two: whoever is wrong says the other one."""
        positive = data.targets[data.split.test] == data.classes.index(self.positive)
        hits = int((positive & right).sum())
        return 2 * hits / max(1, 2 * hits + int((~right).sum()))

    def table(self, rows: Rows) -> Table:
        """Means with their standard deviations; the network's difference to each other with its 95 % interval."""
        first = rows[0]
        head = ("what", "accuracy", f"F1 of {self.positive}", "wxb is ahead by, points", "whole command", "owed")
        return [head, *(self._line(row, first) for row in rows)]

    def _line(self, row: Row, first: Row) -> Cells:
        shown = [
            f"{100 * np.mean(row[name]):.2f} ± {100 * np.std(row[name], ddof=1):.2f} %" for name in ("accuracy", "f1")
        ]
        if row is first:
            return (row["what"], *shown, "", f"{row['seconds']:.1f} s", verdict(self.seconds, row["seconds"]))
        ahead = mean_of([one - other for one, other in zip(first["accuracy"], row["accuracy"], strict=True)])
        low, high = ahead.interval or (ahead.mean, ahead.mean)
        owed = verdict(self.ahead, low) if row["what"] == _named(self.penalties[0]) else ""
        return (row["what"], *shown, f"{100 * ahead.mean:+.2f} [{100 * low:+.2f}, {100 * high:+.2f}]", "", owed)


def _named(penalty: float) -> str:
    return f"TfidfVectorizer, LogisticRegression(C={penalty:g})"


def _command(path: Path, target: str) -> float:
    """Seconds of `wxb train` on the file, from its start to its end."""
    with tempfile.TemporaryDirectory() as folder:
        out = str(Path(folder) / "run")
        began = time.perf_counter()
        command = [sys.executable, "-m", "wxb", "train", str(path), "--target", target, "--out", out, "--quiet"]
        subprocess.run(command, check=True, capture_output=True)
        return round(time.perf_counter() - began, 2)
