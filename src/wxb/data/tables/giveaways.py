"""Columns that give the answer away: one of them alone tells the target of every row, or predicts it nearly always."""

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
NEARLY = 0.98  # balanced accuracy of classes, or R² of numbers, on held-out training rows
SAMPLE, HELD_OUT = 4_000, 50  # training rows that are looked at; held-out ones that are needed, and
OF_A_CLASS = 5  # held-out rows of a class that counts
BINS, PER_BIN = 64, 10  # in which a number predicts, and rows in each
SHOWN = 3  # columns that predict a target nearly always, each in a remark of its own
SAME = 1 - 1e-9  # squared correlation of a column and a multiple of it


def giveaways(
    rows: Matrix, held: tuple[Held, ...], targets: Targets, names: tuple[str, ...], train: NDArray[np.int64]
) -> Iterator[str]:
    """A remark on each column (of several) that alone tells a target, with the option that leaves it out.

    `names` are those of the targets, the columns of `targets` (n,) or (n, targets). `train` is the training part: a
    rule of a single column is found in one half of it, and tried on the other.
    """
    if len(held) < 2 or len(rows) < FEWEST:
        return
    answers: NDArray[Any] = targets.reshape(len(targets), -1)
    looked_at = train[:: max(1, -(-len(train) // SAMPLE))]
    score = "balanced accuracy" if answers.dtype.kind in "iu" else "R²"
    near: list[str] = []
    for place, column in enumerate(held):
        known = ~np.isnan(rows[:, place])
        if column.free or known.sum() < KNOWN_SHARE * len(rows):
            continue
        for name, answer in zip(names, answers.T, strict=True):
            tells = _texts_tell if column.codes is not None else _numbers_tell
            if tells(rows[known, place], answer[known]):
                yield (
                    f"{column.name} alone tells {name} in all {count(int(known.sum()))} rows that have it; "
                    f'if it is not known for new rows, leave it out: `drop="{column.name}"`'
                )
                break
        else:
            found = [
                _predicts(rows[looked_at, place], answer, column.codes is not None) for answer in answers[looked_at].T
            ]
            best = int(np.argmax(found))
            if found[best] >= NEARLY:
                near.append(
                    f"{column.name} alone predicts {names[best]}: {score} {found[best]:.3f} on held-out "
                    f'training rows; if it is not known for new rows, leave it out: `drop="{column.name}"`'
                )
    yield from near[:SHOWN]
    if len(near) > SHOWN:
        yield f"{count(len(near) - SHOWN)} more columns alone predict a target as well"


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


def _predicts(values: Numbers, answers: NDArray[Any], texts: bool) -> float:
    """How well a column alone predicts every other row: balanced accuracy of classes, R² of numbers.

    In the rows between, each text or bin of numbers has the class that is most frequent in it, or the mean; numbers
    also have a line. 0 if there are too few rows.
    """
    known = ~np.isnan(values)
    values, answers = values[known], answers[known]
    if len(values) < 2 * HELD_OUT:
        return 0.0
    if texts:
        cells = values.astype(np.int64)
    else:
        bins = min(BINS, len(values) // (2 * PER_BIN))
        edges = np.unique(np.quantile(values[::2], np.linspace(0, 1, bins + 1)[1:-1]))
        cells = np.searchsorted(edges, values, side="right")
    fitted, tried, given, asked = cells[::2], cells[1::2], answers[::2], answers[1::2]
    size = int(cells.max()) + 1
    if answers.dtype.kind in "iu":
        classes = int(answers.max()) + 1
        often = np.bincount(fitted * classes + given, minlength=size * classes).reshape(size, classes)
        often[often.sum(axis=1) == 0] = often.sum(axis=0)
        right = often.argmax(axis=1)[tried] == asked
        support = np.bincount(asked, minlength=classes)
        counted = support >= OF_A_CLASS
        recalls = np.bincount(asked, weights=right, minlength=classes)[counted] / support[counted]
        return float(recalls.mean()) if len(recalls) > 1 else 0.0
    numbers = given.astype(np.float64)
    often = np.bincount(fitted, minlength=size)
    sums = np.bincount(fitted, weights=numbers, minlength=size)
    guesses = [np.where(often > 0, sums / np.maximum(often, 1), numbers.mean())[tried]]
    if not texts and np.ptp(values[::2]) > 0:
        x = (values - values[::2].mean()) / values[::2].std()
        slope = float((x[::2] * (numbers - numbers.mean())).mean())
        guesses.append(numbers.mean() + slope * x[1::2])
    spread = np.square(asked - asked.mean(dtype=np.float64)).sum()
    return max(1 - float(np.square(asked - guess).sum() / spread) for guess in guesses) if spread > 0 else 0.0
