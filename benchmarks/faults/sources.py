"""The data of the trainings: digits, toys and the small tables that come with scikit-learn."""

from __future__ import annotations

from functools import cache

import numpy as np
import sklearn.datasets

import wxb
from wxb.data.dataset import Dataset

TABLES = {
    "wine": "load_wine",
    "iris": "load_iris",
    "breast-cancer": "load_breast_cancer",
    "diabetes": "load_diabetes",
}


@cache
def load(source: str, seed: int) -> Dataset:
    """A data set by name, split by the seed.

    "digits" are pictures, "digits-rows" 64 numbers each, "digits-colours" pictures of three channels, "ring:800" a toy
    with so many points, "digits-rows:300" so many examples, and "iris" a table of scikit-learn as rows of numbers.
    """
    name, _, count = source.partition(":")
    if name == "digits":
        data = wxb.load_data("digits", seed=seed)
        return wxb.load_data(data.examples[: int(count)], data.targets[: int(count)], seed=seed) if count else data
    if name in ("digits-rows", "digits-colours"):
        pixels, classes = sklearn.datasets.load_digits(return_X_y=True)
        most = int(count or len(pixels))
        pixels, classes = pixels[:most].astype(np.float32), classes[:most]
        if name == "digits-colours":
            grey = pixels.reshape(-1, 1, 8, 8) * 15
            coloured = np.concatenate([grey, 255 - grey, np.roll(grey, 1, 3)], axis=1)
            return wxb.load_data(coloured.astype(np.uint8), classes, seed=seed)
        return wxb.load_data(pixels, classes, seed=seed)
    if name in TABLES:
        numbers, targets = getattr(sklearn.datasets, TABLES[name])(return_X_y=True)
        given = targets.astype(np.float32 if name == "diabetes" else np.int64)
        return wxb.load_data(numbers.astype(np.float32), given, seed=seed)
    return wxb.load_data(name, examples=int(count), seed=seed)
