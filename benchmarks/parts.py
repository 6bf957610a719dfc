"""Data sets with another split: fewer training examples, held-out examples, or folds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from wxb.data.dataset import Dataset, Split
from wxb.randomness import generator

NOTHING: NDArray[np.int64] = np.empty(0, dtype=np.int64)


def first_examples(data: Dataset, count: int) -> Dataset:
    """The same data set with `count` training examples and no validation, so that an epoch consists of steps only."""
    train = data.split.train[:count]
    if len(train) < count:
        raise SystemExit(f"{data.name} has {len(train):,} training examples, not {count:,}")
    return replace(data, split=Split(train, NOTHING, data.split.test, f"the first {count} training examples"))


def held_out(data: Dataset, count: int) -> Dataset:
    """The same data set with its validation part and `count` training examples as its test part."""
    dealt = np.random.default_rng(5).permutation(data.split.train)
    held = np.sort(np.concatenate([data.split.validation, dealt[:count]]))
    split = Split(np.sort(dealt[count:]), NOTHING, held, f"{len(held):,} examples held out")
    return replace(data, split=split)


def folds(data: Dataset, rows: NDArray[np.int64], number: int, seed: int) -> Iterator[Dataset]:
    """Yield the data set for each random fold of `rows`, which is the test part; the other rows are for training."""
    dealt = generator(seed, "folds").permutation(rows)
    for fold in range(number):
        test = np.sort(dealt[fold::number])
        train = np.setdiff1d(rows, test)
        yield replace(data, split=Split(train, NOTHING, test, f"fold {fold + 1} of {number}, seed {seed}"))
