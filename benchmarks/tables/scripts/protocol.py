"""The shared part of all scripts: reading a fold, timing the fit, and writing the predictions.

A script is run as

    python benchmarks/tables/scripts/linear.py --fold fold.npz --seed 0 --out predicted.npz

It fits a method to the training part of the fold and writes `predicted`: probabilities (n, classes), or numbers (n,),
for the test part. `seconds` are those of the fit, with the preparation of the columns, without imports.
"""

import argparse
import os
import time
from dataclasses import dataclass

import numpy as np

# of each method; torch and scikit-learn look at the variable themselves
THREADS = int(os.environ.get("OMP_NUM_THREADS") or len(os.sched_getaffinity(0)))


@dataclass(frozen=True)
class Part:
    """Rows of a table: `numbers` (n, a) float64 with NaN, `categories` (n, b) int64 with -1 where missing."""

    numbers: np.ndarray
    categories: np.ndarray

    def __len__(self):
        return len(self.numbers)

    def of(self, rows):
        """Some of the rows."""
        return Part(self.numbers[rows], self.categories[rows])


@dataclass(frozen=True)
class Fold:
    """The two parts; `targets` are those of `train`, class numbers or numbers; `classes` is 0 for numbers."""

    train: Part
    targets: np.ndarray
    test: Part
    sizes: tuple  # how many categories each column of categories has
    classes: int
    seed: int


def run(fit):
    """Fit, predict and write; `fit` takes a fold and returns what predicts a part."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--fold", required=True, help="an .npz that benchmarks/tables/content.py writes")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", required=True, help="the .npz to write")
    given = parser.parse_args()
    with np.load(given.fold) as held:
        train, test = (Part(held[f"{part}_numbers"], held[f"{part}_categories"]) for part in ("train", "test"))
        sizes, classes = tuple(held["sizes"].tolist()), int(held["classes"])
        fold = Fold(train, held["train_targets"], test, sizes, classes, given.seed)
    began = time.perf_counter()
    predict = fit(fold)
    seconds = time.perf_counter() - began
    np.savez(given.out, predicted=np.asarray(predict(fold.test), dtype=np.float64), seconds=seconds)


def of_all_classes(probabilities, seen, classes):
    """Probabilities (n, classes) from those of the classes (ascending) that the training part has; others get 0."""
    spread = np.zeros((len(probabilities), classes))
    spread[:, np.asarray(seen, dtype=np.int64)] = probabilities
    return spread


def imputed(train):
    """A function that gives the numbers of a part with the median of the training part where one is missing."""
    empty = np.isnan(train.numbers).all(axis=0)
    medians = np.zeros(train.numbers.shape[1])
    medians[~empty] = np.nanmedian(train.numbers[:, ~empty], axis=0)
    return lambda part: np.where(np.isnan(part.numbers), medians, part.numbers)
