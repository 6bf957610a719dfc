"""Cross-validation: a data set in folds, each of which is the test part once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from wxb.data.dataset import Dataset, need_data
from wxb.data.groups import dealt_groups, need_groups
from wxb.data.split import keep_test
from wxb.errors import WxbError
from wxb.randomness import generator
from wxb.settings import SETTINGS
from wxb.settings.setting import Bounds, Setting
from wxb.tasks import TASKS
from wxb.text import plural

FOLDS = Setting("count", int, 5, "Folds of a cross-validation", "series", Bounds(2, 100_000))


def folds(data: Dataset, count: int = 5, seed: int = 0) -> tuple[Dataset, ...]:
    """Make `count` data sets with the same examples; number i tests on fold i and trains on the other folds.

    Classes have the same share in every fold, as nearly as whole examples allow, and copies of an example, or the
    examples of a group of `data`, are in one fold. Validation takes the same share of the remaining examples as in
    `data`. All examples are dealt into folds, including those of a published test set. Raises WxbError if there are
    fewer different examples, or fewer groups, than folds.
    """
    need_data(data)
    count, seed = FOLDS.validate(count), SETTINGS["seed"].validate(seed)
    strata, names = TASKS[data.task].strata(data.targets, data.classes)
    groups = data.copies
    different = len(np.unique(groups))
    if data.groups is not None:
        most = max(2, len(data.groups.names))
        need_groups(data.groups, count, "folds", f"`count={most}`")
    elif different < count:
        raise WxbError(
            f"{data.name} has {plural(different, 'different example')}, fewer than {count} folds",
            fix=f"`count={max(2, different)}`, or more data",
        )
    fold = (
        dealt(strata, groups, count, seed) if data.groups is None else dealt_groups(strata, data.groups.of, count, seed)
    )
    learned = len(data.split.learned)
    share = len(data.split.validation) / learned if learned else 0.0
    return tuple(
        replace(
            data,
            split=keep_test(
                strata,
                names,
                np.flatnonzero(fold != number),
                np.flatnonzero(fold == number),
                seed,
                share,
                groups,
                f"fold {number + 1} of {count}",
                data.groups,
            ),
        )
        for number in range(count)
    )


def dealt(strata: NDArray[np.int64], groups: NDArray[np.int64], count: int, seed: int) -> NDArray[np.int64]:
    """The fold, from 0 to `count` - 1, of each of n examples: int64 (n,).

    Each of the `strata` (n,) has the same share in every fold, as nearly as whole examples allow; the examples of one
    of the `groups` (n,), as of copies, are in one fold.
    """
    first_rows, group = np.unique(groups, return_index=True, return_inverse=True)[1:]
    shuffled = generator(seed, "folds").permutation(len(first_rows))
    in_order = shuffled[np.argsort(strata[first_rows[shuffled]], kind="stable")]  # class after class, in random order
    fold_of_group = np.empty(len(first_rows), np.int64)
    fold_of_group[in_order] = np.arange(len(in_order)) % count
    return fold_of_group[group.reshape(-1)]
