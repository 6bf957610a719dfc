"""Which examples train, validate and test: stratified, the same for the same seed, copies on one side."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from blake3 import blake3
from numpy.typing import NDArray

from wxb.data.dataset import Split
from wxb.errors import WxbError
from wxb.numbers import count
from wxb.randomness import generator

Rows = NDArray[np.int64]
Fractions = tuple[float, float, float]

TRAIN, VALIDATION, TEST = range(3)
DEFAULT: Fractions = (0.64, 0.11, 0.25)
VALIDATION_SHARE = 1 / 20  # of the training examples, where a test set is given
VALIDATION_MOST = 2_500


def read_fractions(split: str | Sequence[float]) -> Fractions:
    """Shares of train, validation and test: three numbers of at least 0 with the sum 1, or text like "0.64,0.11,0.25".

    Raises WxbError for anything else.
    """
    shown = split if isinstance(split, str) else ",".join(str(part) for part in split)
    try:
        parts = [float(part) for part in (split.split(",") if isinstance(split, str) else split)]
    except (TypeError, ValueError):
        parts = []
    if len(parts) != 3 or not all(0 <= part <= 1 for part in parts) or not math.isclose(sum(parts), 1, abs_tol=1e-6):
        raise WxbError(
            f"split {shown} does not divide the examples",
            "expected three shares of at least 0 with the sum 1: train,validation,test",
            "--split 0.64,0.11,0.25",
        )
    return parts[0], parts[1], parts[2]


def copies(examples: NDArray[np.uint8] | NDArray[np.float32]) -> Rows:
    """For each example the first row that holds the same numbers: int64 (n,); without copies 0, 1, …, n - 1."""
    first: dict[bytes, int] = {}
    flat = np.ascontiguousarray(examples).reshape(len(examples), -1).view(np.uint8)
    return np.array([first.setdefault(blake3(row.data).digest(), i) for i, row in enumerate(flat)], dtype=np.int64)


def divide(
    strata: NDArray[np.int64],
    names: Sequence[str],
    fractions: Fractions,
    seed: int,
    groups: Rows | None = None,
    noun: str = "example",
) -> Split:
    """Split n examples by shares, each stratum by the same shares as near as whole examples allow.

    `strata` int64 (n,): the class of each example, a number into `names`; for a split at random all 0 with one name.
    `groups` int64 (n,), as `copies` gives it: rows of one group go to the same part.
    A stratum of two examples has one each in train and test, of three or more at least one in every part. Raises
    WxbError where a stratum has fewer than that.
    """
    n = len(strata)
    rows_of_group = np.arange(n) if groups is None else groups
    strata = strata[rows_of_group]  # copies with other labels go where the first one goes
    random = generator(seed, "split")
    owed = np.zeros(3)  # what rounding has taken from each part so far, in examples
    part = np.full(n, TRAIN)
    for stratum, name in enumerate(names):
        rows = np.flatnonzero(strata == stratum)
        heads, member, sizes = np.unique(rows_of_group[rows], return_inverse=True, return_counts=True)
        present = _present(len(heads), fractions, f"class {name}" if len(names) > 1 else "the data", noun)
        ideal = len(rows) * np.array(fractions)
        quotas = _quotas(len(rows), ideal, present, owed)
        owed += ideal - quotas
        order = random.permutation(len(heads))
        chosen = np.empty(len(heads), dtype=np.int64)
        chosen[order] = _assign(sizes[order], quotas, present)
        part[rows] = chosen[member]
    stratified = "stratified" if len(names) > 1 else "random"
    how = f"{stratified} {'/'.join(f'{share:g}' for share in fractions)}, seed {seed}"
    train, validation, test = (np.flatnonzero(part == which) for which in (TRAIN, VALIDATION, TEST))
    return Split(train, validation, test, how)


def keep_test(
    strata: NDArray[np.int64],
    train: Rows,
    test: Rows,
    seed: int,
    share: float | None = None,
    what: str = "test set as published",
) -> Split:
    """The split of data that comes with a test set: it stays, validation is taken from the training rows.

    `share` of the training rows is stratified validation; None: a twentieth, at most 2,500. A class of one training
    example has it in train.
    """
    if share is None:
        share = min(VALIDATION_SHARE, VALIDATION_MOST / max(len(train), 1))
    random = generator(seed, "split")
    fractions = (1 - share, share, 0.0)
    owed = np.zeros(3)
    is_validation = np.zeros(len(train), dtype=bool)
    for stratum in np.unique(strata[train]):
        places = np.flatnonzero(strata[train] == stratum)
        present = [TRAIN] if len(places) == 1 or share == 0 else [TRAIN, VALIDATION]
        ideal = len(places) * np.array(fractions)
        quotas = _quotas(len(places), ideal, present, owed)
        owed += ideal - quotas
        is_validation[random.permutation(places)[: quotas[VALIDATION]]] = True
    how = f"{what}, validation {count(int(is_validation.sum()))}, seed {seed}"
    return Split(np.sort(train[~is_validation]), np.sort(train[is_validation]), np.sort(test), how)


def _present(different: int, fractions: Fractions, name: str, noun: str) -> list[int]:
    """The parts in which a stratum of so many different examples stands: train first, then test, then validation."""
    wanted = [which for which in (TRAIN, TEST, VALIDATION) if fractions[which] > 0]
    if different < min(2, len(wanted)):
        part = ("train", "validation", "test")
        raise WxbError(
            f"{name} has {different or 'no'} {noun}{' only' if different else ''}",
            f"at least {min(2, len(wanted))} different ones are needed: one in {' and one in '.join(part[w] for w in wanted[:2])}",
            f"add {noun}s, or leave it out",
        )
    return sorted(wanted[:different])


def _quotas(size: int, ideal: NDArray[np.float64], present: list[int], owed: NDArray[np.float64]) -> NDArray[np.int64]:
    """Whole examples of a stratum for each part: int64 (3,) with the sum `size`.

    Each part gets its share rounded down, and at least one if the stratum stands in it; what is left goes where
    rounding has taken most, over all strata so far, so that the totals come out right as well.
    """
    quotas = np.floor(ideal + 1e-9).astype(np.int64)
    for which in (TRAIN, VALIDATION, TEST):
        quotas[which] = max(quotas[which], 1) if which in present else 0
    while quotas.sum() > size:
        quotas[np.argmax(quotas)] -= 1
    while quotas.sum() < size:
        quotas[max(present, key=lambda which: owed[which] + ideal[which] - quotas[which])] += 1
    return quotas


def _assign(sizes: NDArray[np.int64], quotas: NDArray[np.int64], present: list[int]) -> NDArray[np.int64]:
    """A part for each group of copies, the large ones first, so that the quotas are met as well as sizes allow."""
    if len(sizes) == quotas.sum():  # no copies
        return np.repeat(np.arange(3), quotas)
    chosen = np.empty(len(sizes), dtype=np.int64)
    left = {which: int(quotas[which]) for which in present}
    empty = set(present)
    for done, group in enumerate(np.argsort(-sizes, kind="stable")):
        parts = sorted(empty) if len(sizes) - done <= len(empty) else present
        which = max(parts, key=left.__getitem__)
        chosen[group] = which
        left[which] -= int(sizes[group])
        empty.discard(which)
    return chosen
