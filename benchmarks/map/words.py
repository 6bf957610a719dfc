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
from benchmarks.bounds import Bound, verdict
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
    sentences: tuple[int, ...]  # of each data set that is made
    networks: tuple[str, ...]  # the last has what the others have
    ahead: Bound  # of the last network's mean difference to each other one, in points
    seeds: int = 5

    def measure(self, scope: Scope) -> Rows:
        """A row for each number of sentences and network, F1 by seed; and for sklearn-crfsuite where it is."""
        names = [*self.networks, *([CRF] if importlib.util.find_spec(CRF_MODULE) else [])]
        return [row for sentences in self.sentences for row in self._rows(sentences, names, scope.seeds or self.seeds)]

    def _rows(self, sentences: int, names: Sequence[str], seeds: int) -> Rows:
        rows: Rows = [{"what": name, "sentences": sentences, "f1": [], "interval": []} for name in names]
        for seed in range(seeds):
            data = wxb.load_data(self.data, examples=sentences, seed=seed)
            for row in rows:
                if row["what"] == CRF:
                    row["f1"].append(round(_crf(data), 5))
                    continue
                found = Trial(data, row["what"], seed=seed, **OPTIONS).train().score("test")
                row["f1"].append(round(found.score, 5))
                row["interval"].append([round(end, 5) for end in found.interval])
            print(f"  {sentences} sentences, seed {seed}: {[row['f1'][-1] for row in rows]}", file=sys.stderr)
        return rows

    def table(self, rows: Rows) -> Table:
        """Means with their standard deviations, and how far both kinds of features are ahead, paired by seed."""
        head = ("sentences", "features", "F1", "interval of seed 0", "both are ahead by, points", "owed")
        both = {row["sentences"]: row for row in rows if row["what"] == self.networks[-1]}
        return [head, *(self._line(row, both[row["sentences"]]) for row in rows)]

    def _line(self, row: Row, both: Row) -> Cells:
        interval = "".join(f"[{100 * low:.1f}, {100 * high:.1f}]" for low, high in row["interval"][:1])
        owed = ""
        if row is not both and row["what"] in self.networks:
            owed = verdict(self.ahead, round(100 * _difference(both, row, "f1")[0], 2))
        return (f"{row['sentences']:,}", row["what"], _mean(row["f1"]), interval, _ahead(both, row, "f1"), owed)


def _shown(row: Row) -> tuple[str, str]:
    return _mean(row["accuracy"]), _mean(row["f1"])


def _mean(values: Sequence[float]) -> str:
    spread = f" ± {100 * np.std(values, ddof=1):.2f}" if len(values) > 1 else ""
    return f"{100 * np.mean(values):.2f}{spread} %"


def _ahead(row: Row, other: Row, name: str) -> str:
    if row is other:
        return ""
    mean, low, high = _difference(row, other, name)
    return f"{100 * mean:+.2f} [{100 * low:+.2f}, {100 * high:+.2f}]"


def _difference(row: Row, other: Row, name: str) -> tuple[float, float, float]:
    """The mean difference of two rows, paired by seed, and the ends of its 95 % interval."""
    ahead = mean_of([one - two for one, two in zip(row[name], other[name], strict=True)])
    low, high = ahead.interval or (ahead.mean, ahead.mean)
    return ahead.mean, low, high


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
