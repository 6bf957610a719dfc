"""Columns that give the answer away: one of them alone tells the target of every row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wxb.data.tables.rows import Held, Matrix
from wxb.data.tables.written import Numbers
from wxb.tasks.task import Targets
from wxb.text import count

FEWEST = 30  # rows, and for each class or text, on average
PER_VALUE = 5
KNOWN_SHARE = 0.9  # of the rows must have a value
SAME = 1 - 1e-9  # squared correlation of a column and a multiple of it


def giveaways(rows: Matrix, held: tuple[Held, ...], targets: Targets, names: tuple[str, ...]) -> Iterator[str]:
    """A remark on each column (of several) that alone tells a target, with the option that leaves it out.

    `names` are those of the targets, the columns of `targets` (n,) or (n, targets).
    """
    if len(held) < 2 or len(rows) < FEWEST:
        return
    answers: NDArray[Any] = targets.reshape(len(targets), -1)
    for place, column in enumerate(held):
        known = ~np.isnan(rows[:, place])
        if known.sum() < KNOWN_SHARE * len(rows):
            continue
        for name, answer in zip(names, answers.T, strict=True):
            tells = _texts_tell if column.codes is not None else _numbers_tell
            if tells(rows[known, place], answer[known]):
                yield (
                    f"{column.name} alone tells {name} in all {count(int(known.sum()))} rows that have it; "
                    f'if it is not known for new rows, leave it out: `drop="{column.name}"`'
                )
                break


def _numbers_tell(values: Numbers, answers: NDArray[Any]) -> bool:
    """Whether thresholds of a number separate the classes, or another number is a multiple of it."""
    different = np.unique(answers)
    if len(different) * PER_VALUE <= len(answers):
        order = np.lexsort((answers, values))
        changes = answers[order][1:] != answers[order][:-1]
        tied = values[order][1:] == values[order][:-1]
        return len(different) > 1 and int(changes.sum()) == len(different) - 1 and not (changes & tied).any()
    x, y = values - values.mean(), answers.astype(np.float64) - answers.astype(np.float64).mean()
    with np.errstate(all="ignore"):
        return bool((x @ y) ** 2 > SAME * (x @ x) * (y @ y) > 0)


def _texts_tell(codes: Numbers, answers: NDArray[Any]) -> bool:
    """Whether all rows with a text have one answer, for texts that stand in several rows."""
    order = np.lexsort((answers, codes))
    codes, answers = codes[order], answers[order]
    starts = np.flatnonzero(np.append(True, np.diff(codes) != 0))
    ends = np.append(starts[1:], len(codes)) - 1
    several = len(starts) > 1 and len(starts) * PER_VALUE <= len(codes) and bool((answers != answers[0]).any())
    return several and bool((answers[starts] == answers[ends]).all())
