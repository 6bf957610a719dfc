"""Doubted labels: labels that are improbable to a network that has not seen the example.

Cross-validation over a test set gives each picture the probabilities of a network that was not trained on it. Pictures
are ranked by the probability of their own label, the least first: the most confident mistakes, then what was barely
right. Among the first are labels that people voted to be wrong (Northcutt, Athalye, Mueller 2021, arXiv:2103.14749).
"""

from __future__ import annotations

import csv
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import wxb
from benchmarks.bounds import Bound, verdict
from benchmarks.figure import Figure, Row, Rows, Scope, Table
from benchmarks.parts import folds
from wxb.learning.inference import logits
from wxb.trials import Trial

MAJORITY = 3  # of five votes


@dataclass(frozen=True)
class Doubts(Figure):
    """The number of labels that a majority calls wrong among the `most` that the default network doubts most."""

    what: str
    data: str
    doubted: str  # below the shared folder: test_index, given, votes_given, …
    hits: Bound
    most: int = 100
    number_of_folds: int = 5
    epochs: int = 10  # enough to be surer of right labels than of wrong ones
    seeds: int = 1

    def measure(self, scope: Scope) -> Rows:
        """One row, with the ranks of the wrong labels in the order of doubt (from 1), for each seed."""
        data = wxb.load_data(self.data)
        test = data.split.test
        wrong = wrong_by_majority(scope.shared / self.doubted, data.targets[test])
        row: Row = {"what": self.what, "seeds": list(range(scope.seeds or self.seeds)), "wrong_by_majority": wrong}
        row |= {"accuracy": [], "mistakes": [], "ranks": []}
        for seed in row["seeds"]:
            probabilities = np.zeros((len(test), data.outputs), np.float32)
            for fold in folds(data, test, self.number_of_folds, seed):
                places = np.searchsorted(test, fold.split.test)
                trial = Trial(fold, epochs=self.epochs, seed=seed).train()
                scores = logits(trial.model, data.examples, trial.machine, rows=fold.split.test)
                probabilities[places] = trial.model.head.probabilities(scores)
                print(f"  {self.what}, {fold.split.how}", file=sys.stderr)
            ranked = most_doubted(probabilities, data.targets[test]).tolist()
            mistakes = int((probabilities.argmax(axis=1) != data.targets[test]).sum())
            row["accuracy"].append(1 - mistakes / len(test))
            row["mistakes"].append(mistakes)
            row["ranks"].append({str(i): ranked.index(i) + 1 for i in wrong})
        return [row]

    def table(self, rows: Rows) -> Table:
        """A line for each seed."""
        head = ("what", "accuracy out of fold", "mistakes", f"wrong labels in the {self.most} most doubted", "owed")
        lines = [
            (
                f"{self.what}, seed {seed}",
                f"{100 * accuracy:.2f} %",
                f"{mistakes:,}",
                f"{self._hits(ranks)} of {len(row['wrong_by_majority'])}",
                verdict(self.hits, self._hits(ranks)),
            )
            for row in rows
            for seed, accuracy, mistakes, ranks in zip(
                row["seeds"], row["accuracy"], row["mistakes"], row["ranks"], strict=True
            )
        ]
        return [head, *lines]

    def _hits(self, ranks: dict[str, int]) -> int:
        return sum(rank <= self.most for rank in ranks.values())


def wrong_by_majority(path: Path, targets: NDArray[np.int64] | NDArray[np.float32]) -> list[int]:
    """Places in the test set with a label that fewer than three of five people called right.

    Ends the measurement where the file speaks of other labels than `targets` (n,).
    """
    wrong = []
    for row in csv.DictReader(path.read_text().splitlines()):
        place = int(row["test_index"])
        if targets[place] != int(row["given"]):
            raise SystemExit(f"{path}: test picture {place} has the label {targets[place]}, not {row['given']}")
        if int(row["votes_given"]) < MAJORITY:
            wrong.append(place)
    return wrong


def most_doubted(
    probabilities: NDArray[np.float32], targets: NDArray[np.int64] | NDArray[np.float32]
) -> NDArray[np.int64]:
    """All places, that of the least probable label first, given probabilities (n, classes) and targets (n,)."""
    own = probabilities[np.arange(len(targets)), targets.astype(np.int64)]
    return np.argsort(own, kind="stable")
