"""Groups of examples that stay together: all rows of a patient, a customer or a day stand in one part and one fold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wxb.errors import WxbError
from wxb.randomness import generator
from wxb.text import count, plural

Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Groups:
    """The group of each of n examples."""

    of: Rows  # (n,): its place in `names`
    names: tuple[str, ...]  # of all groups, each of which has an example
    called: str  # the column that they stand in

    @property
    def text(self) -> str:
        """ "120 groups of patient"."""
        return f"{plural(len(self.names), 'group')} of {self.called}"

    def at(self, rows: Rows) -> Groups:
        """The groups of these examples."""
        there, of = np.unique(self.of[rows], return_inverse=True)
        return Groups(of.reshape(-1).astype(np.int64), tuple(self.names[place] for place in there), self.called)


def groups_of_array(values: NDArray[Any], called: str) -> Groups:
    """Groups from an array (n,) of numbers or texts. Raises WxbError for another shape, and for a missing value."""
    if values.ndim != 1 or values.dtype.kind not in "biufUSOM":
        raise WxbError(
            f"{called} of shape {values.shape} and dtype {values.dtype} names no groups",
            "expected one number or text for each example, (n,)",
        )
    missing = np.array([one is None or one != one for one in values.tolist()], dtype=bool)
    if missing.any():
        raise ungrouped(called, int(missing.sum()), int(np.flatnonzero(missing)[0]))
    names, of = np.unique(values.astype(str), return_inverse=True)
    return Groups(of.reshape(-1).astype(np.int64), tuple(names.tolist()), called)


def ungrouped(called: str, number: int, first: int) -> WxbError:
    """The error for examples without a group; `first` is the row of the first one."""
    return WxbError(
        f"{plural(number, 'example')} {'has' if number == 1 else 'have'} no {called}, the first in row {count(first)}",
        "without its group nothing tells which rows belong together",
        "fill it in, each with a name of its own if they stand alone, or leave these rows out",
    )


def need_groups(groups: Groups, parts: int, what: str, fix: str) -> None:
    """Raise WxbError if there are fewer groups than `parts`, which are called `what`: "parts", "folds"."""
    there = len(groups.names)
    if there == 1:
        raise WxbError(
            f"all rows are of one group, {groups.called} {groups.names[0]}",
            f"the rows of a group stay together, so that {what} need several groups",
            "a `group` with several values",
        )
    if there < parts:
        raise WxbError(f"there are {groups.text}, fewer than the {parts} {what}", "a group stays together", fix)


def dealt_groups(strata: Rows, groups: Rows, count: int, seed: int) -> Rows:
    """The fold, from 0 to `count` - 1, of each of n examples, as `allotted`: int64 (n,)."""
    return allotted(strata, groups, (1 / count,) * count, seed)


def allotted(strata: Rows, groups: Rows, shares: Sequence[float], seed: int) -> Rows:
    """The part, a place in `shares`, of each of n examples: int64 (n,); a group goes to one part as a whole.

    Each of the `strata` (n,) gets its shares as nearly as whole groups allow. Groups are dealt from the largest on,
    those of one size in random order, each to the part where it brings the counts of the strata, as shares of the
    stratum, nearest to the shares in the sum of squares; no part with a share stays empty. There are at least as many
    groups as such parts. (A greedy way, as that of scikit-learn's StratifiedGroupKFold.)
    """
    names, group = np.unique(groups, return_inverse=True)
    group = group.reshape(-1)
    sizes = np.bincount(group)
    parts = np.flatnonzero(np.array(shares) > 0)
    totals = np.bincount(strata)
    # the last column counts all examples of a part, which matters as much as one stratum
    counts = np.append(totals, len(strata))
    left = np.outer(np.array(shares)[parts], np.where(counts > 0, 1.0, 0.0))  # shares that a part still lacks
    order = generator(seed, "groups").permutation(len(names))
    order = order[np.argsort(-sizes[order], kind="stable")]
    rows_of = np.split(np.argsort(group, kind="stable"), np.cumsum(sizes)[:-1])
    chosen = np.empty(len(names), dtype=np.int64)
    empty = np.ones(len(parts), dtype=bool)
    for done, one in enumerate(order):
        there, often = np.unique(strata[rows_of[one]], return_counts=True)
        places = np.append(there, len(totals))
        share = np.append(often, sizes[one]) / counts[places]
        # what the sum of squares grows by: (l - s)² - l² = s(s - 2l)
        growth = (share * (share - 2 * left[:, places])).sum(axis=1)
        if len(order) - done <= int(empty.sum()):
            growth[~empty] = np.inf
        part = int(np.argmin(growth))
        chosen[one] = parts[part]
        left[part, places] -= share
        empty[part] = False
    return chosen[group]
