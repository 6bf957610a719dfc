"""Words that a network learns itself: text messages beside terms, and named entities beside designed features."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import wxb
from benchmarks.figure import Cells, Figure, Row, Rows, Scope, Table
from wxb.statistics import mean_of
from wxb.tasks import TASKS
from wxb.trials import Trial

OPTIONS: dict[str, Any] = {"learning_rate": 0.01, "epochs": 10}
CRF, CRF_MODULE = (
    "sklearn-crfsuite, the same features",
    "sklearn_crfsuite",
)  # no dependency: taken where it is installed


@dataclass(frozen=True)
class Messages(Figure):
    """Accuracy and F1 of a class of two, of networks of words and of the default network of terms, seed by seed."""

    file: str  # below the shared folder
    target: str
    positive: str
    networks: tuple[str, ...]
    seeds: int = 3

    def measure(self, scope: Scope) -> Rows:
        """A row for each network: accuracy and F1 by seed, the default network first."""
        rows: Rows = [
            {"what": network or "terms (the default)", "accuracy": [], "f1": []} for network in ("", *self.networks)
        ]
        for seed in range(scope.seeds or self.seeds):
            data = wxb.load_data(scope.shared / self.file, target=self.target, seed=seed)
            for row, network in zip(rows, ("", *self.networks), strict=True):
                options = OPTIONS if network else {}
                found = Trial(data, network or None, seed=seed, **options).train().score("test")
                (own,) = [one for one in found.tables()["per_class"] if one["name"] == self.positive]
                row["accuracy"].append(round(found.score, 5))
                row["f1"].append(round(own["f1"], 5))
            print(f"  seed {seed}: {[row['f1'][-1] for row in rows]}", file=sys.stderr)
        return rows

    def table(self, rows: Rows) -> Table:
        """Means with their standard deviations, and the difference of F1 to the default, paired by seed."""
        first = rows[0]
        head = ("network", "accuracy", f"F1 of {self.positive}", "F1 above that of terms, points")
        return [head, *((row["what"], *_shown(row), _ahead(row, first, "f1")) for row in rows)]


@dataclass(frozen=True)
class Entities(Figure):
    """F1 of entities whose names training has not seen: designed features, learned ones, and both, seed by seed."""

    data: str
    networks: tuple[str, ...]
    seeds: int = 3

    def measure(self, scope: Scope) -> Rows:
        """A row for each network, with F1 by seed and the interval of the first; and sklearn-crfsuite where it is."""
        names = [*self.networks, *([CRF] if importlib.util.find_spec(CRF_MODULE) else [])]
        rows: Rows = [{"what": name, "f1": [], "interval": []} for name in names]
        for seed in range(scope.seeds or self.seeds):
            data = wxb.load_data(self.data, seed=seed)
            for row in rows:
                if row["what"] == CRF:
                    row["f1"].append(round(_crf(data), 5))
                    continue
                found = Trial(data, row["what"], seed=seed, **OPTIONS).train().score("test")
                row["f1"].append(round(found.score, 5))
                row["interval"].append([round(end, 5) for end in found.interval])
            print(f"  seed {seed}: {[row['f1'][-1] for row in rows]}", file=sys.stderr)
        return rows

    def table(self, rows: Rows) -> Table:
        """Means with their standard deviations, and the difference to the last network, paired by seed."""
        last = rows[len(self.networks) - 1]
        return [
            ("network", "F1", "interval of seed 0", "F1 above that of both, points"),
            *(_line(r, last) for r in rows),
        ]


def _line(row: Row, last: Row) -> Cells:
    interval = "" if not row["interval"] else f"[{100 * row['interval'][0][0]:.1f}, {100 * row['interval'][0][1]:.1f}]"
    return (row["what"], _mean(row["f1"]), interval, _ahead(row, last, "f1"))


def _shown(row: Row) -> tuple[str, str]:
    return _mean(row["accuracy"]), _mean(row["f1"])


def _mean(values: Sequence[float]) -> str:
    spread = f" ± {100 * np.std(values, ddof=1):.2f}" if len(values) > 1 else ""
    return f"{100 * np.mean(values):.2f}{spread} %"


def _ahead(row: Row, other: Row, name: str) -> str:
    if row is other:
        return ""
    ahead = mean_of([one - two for one, two in zip(row[name], other[name], strict=True)])
    low, high = ahead.interval or (ahead.mean, ahead.mean)
    return f"{100 * ahead.mean:+.2f} [{100 * low:+.2f}, {100 * high:+.2f}]"


def _crf(data: wxb.Dataset) -> float:
    """F1 of a conditional random field of the features that WINDOW reads, with its own defaults and 100 iterations."""
    from wxb.data.tables.window import features_of
    from wxb.tasks.tags import BETWEEN

    assert data.columns is not None
    ((texts),) = data.columns.texts.values()
    features = [
        [dict.fromkeys(some, 1.0) for some in features_of(texts[int(code)].split(BETWEEN))]
        for code in data.examples[:, 0]
    ]
    tags = [[data.classes[tag] for tag in row if tag >= 0] for row in data.targets]
    model = importlib.import_module(CRF_MODULE).CRF(algorithm="lbfgs", c1=0.1, c2=0.1, max_iterations=100)
    learned, tested = data.split.train, data.split.test
    model.fit([features[row] for row in learned], [tags[row] for row in learned])
    values = np.full(data.targets[tested].shape, -1)
    for place, said in enumerate(model.predict([features[row] for row in tested])):
        values[place, : len(said)] = [data.classes.index(tag) for tag in said]
    return TASKS["tags"].of(data.classes).scored(data.targets[tested], values, 0)[0]
