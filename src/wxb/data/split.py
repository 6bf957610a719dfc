"""Splitting examples into train, validation and test: stratified, reproducible by seed, with copies in one part."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from wxb.data.copies import copies
from wxb.data.dataset import PARTS, Split
from wxb.data.groups import Groups, allotted, need_groups
from wxb.errors import WxbError
from wxb.randomness import generator
from wxb.settings import SETTINGS
from wxb.settings.setting import PartRows
from wxb.text import count, first_of, plural

Rows = NDArray[np.int64]
Fractions = tuple[float, float, float]

TRAIN, VALIDATION, TEST = range(3)
DEFAULT: Fractions = SETTINGS["split"].default
VALIDATION_SHARE = 1 / 20  # of the training examples, if the data come with a test set
VALIDATION_MOST = 2_500
REMOVE = ", or remove those of the class"


class SplitError(WxbError):
    """The error for examples that are too few to split."""


def divide(
    strata: Rows,
    names: Sequence[str],
    fractions: Fractions | PartRows,
    seed: int,
    groups: Rows | None = None,
    noun: str = "example",
) -> Split:
    """Split n examples by shares, and each stratum by the same shares as nearly as whole examples allow.

    `strata` int64 (n,) are the classes of the examples, as indices into `names`; for a random split they are all 0,
    with one name. `groups` int64 (n,), as returned by `copies`, are groups of rows that go to the same part. A stratum
    of two examples has one each in train and test; a larger one has at least one in every part. Copies of one example,
    which cannot be divided, are all in train. Raises WxbError if a stratum has none, or one and there is a test part.
    """
    if isinstance(fractions, PartRows):
        return own_split(fractions, np.arange(len(strata)))
    least = 2 if fractions[TEST] or len(names) == 1 else 1  # nothing is to be tested: one example can be trained on
    part = _divided(strata, names, fractions, seed, groups, noun, least)
    train, validation, test = (np.flatnonzero(part == which) for which in (TRAIN, VALIDATION, TEST))
    how = "stratified" if len(names) > 1 else "random"
    return Split(train, validation, test, f"{how} {'/'.join(f'{share:g}' for share in fractions)}, seed {seed}")


def divide_apart(
    examples: NDArray[np.uint8] | NDArray[np.float32],
    strata: Rows,
    names: Sequence[str],
    fractions: Fractions | PartRows,
    seed: int,
    noun: str = "example",
    groups: Rows | None = None,
) -> tuple[Split, tuple[str, ...]]:
    """Split examples as `divide` does, with copies in one part, and return a note on the leak that this prevented.

    `groups` are those of `copies`, if they are known. If more than half of the rows of numbers are repeats, they are
    not copies but measurements with few values (a truth table, a table of yes and no): they are split like any others,
    and the note says so.
    """
    if isinstance(fractions, PartRows):
        return own_split(fractions, np.arange(len(examples))), ()
    groups = copies(examples) if groups is None else groups
    repeated = int((groups != np.arange(len(groups))).sum())
    ungrouped = divide(strata, names, fractions, seed, None, noun)
    if not repeated:
        return ungrouped, ()
    if examples.ndim == 2 and 2 * repeated > len(examples):
        different = f"{count(len(examples) - repeated)} different ones"
        return ungrouped, (f"{plural(len(examples), noun)}, {different}: repeats stand in train as well as in test",)
    split = divide(strata, names, fractions, seed, groups, noun)
    leaked = int(np.isin(groups[ungrouped.test], groups[ungrouped.train]).sum())
    alike = [
        name
        for stratum, name in enumerate(names)
        if len(np.unique(groups[strata == stratum])) == 1 and not (strata[split.test] == stratum).any()
    ]
    note = f"{plural(repeated, noun)} {'is a copy' if repeated == 1 else 'are copies'} of another"
    if leaked:
        which = "it" if repeated == 1 else f"{count(leaked)} of them"
        note += f"; {which} would have stood in test as well as in train: kept on one side"
    if not alike or not fractions[TEST]:
        return split, (note,)
    whose = f"class {alike[0]}" if len(alike) == 1 else f"each of the classes {first_of(alike, 5)}"
    return split, (note, f"all {noun}s of {whose} are the same {noun}, so that none is in test")


def divide_groups(
    strata: Rows, names: Sequence[str], groups: Groups, fractions: Fractions, seed: int
) -> tuple[Split, tuple[str, ...]]:
    """Split examples so that a group stands in one part, by shares as nearly as whole groups allow.

    `strata` and `names` are those of `divide`. A note names classes none of whose groups is in train. Raises WxbError
    if there are fewer groups than parts.
    """
    wanted = [name for name, share in zip(PARTS, fractions, strict=True) if share]
    need_groups(groups, len(wanted), f"parts ({', '.join(wanted)})", '`split="0.75,0,0.25"` has two parts')
    part = allotted(strata, groups.of, fractions, seed)
    train, validation, test = (np.flatnonzero(part == which) for which in (TRAIN, VALIDATION, TEST))
    how = "stratified" if len(names) > 1 else "random"
    shares = "/".join(f"{share:g}" for share in fractions)
    lost = [name for stratum, name in enumerate(names) if not (strata[train] == stratum).any()]
    notes = (f"no group with class {first_of(lost, 5)} is in train: it is not learned",) if lost and len(train) else ()
    return Split(train, validation, test, f"{how} {shares} in {groups.text}, seed {seed}"), notes


def keep_test(
    strata: Rows,
    names: Sequence[str],
    train: Rows,
    test: Rows,
    seed: int,
    share: float | None = None,
    groups: Rows | None = None,
    what: str = "test set as published",
    given: Groups | None = None,
) -> Split:
    """Split data that come with a test set: the test set is kept, and validation is taken from the rows `train`.

    Validation is the stratified `share` of these rows; by default a twentieth, at most 2,500. If a class has only one
    training example, it stays in train. Copies (`groups`) stay together, or the `given` groups; a single one is all in
    train. Raises WxbError if a class has no example.
    """
    if share is None:
        share = min(VALIDATION_SHARE, VALIDATION_MOST / max(len(train), 1))
    if given is not None:
        whole = given.at(train)
        share = share if len(whole.names) > 1 else 0.0
        part = allotted(strata[train], whole.of, (1 - share, share), seed)
        validation = np.sort(train[part == VALIDATION])
        how = f"{what} in {given.text}, validation {count(len(validation))}, seed {seed}"
        return Split(np.sort(train[part == TRAIN]), validation, np.sort(test), how)
    inner = None if groups is None else np.unique(groups[train], return_inverse=True)[1].reshape(-1)
    part = _divided(strata[train], names, (1 - share, share, 0.0), seed, inner, "training example", least=1)
    validation = np.sort(train[part == VALIDATION])
    how = f"{what}, validation {count(len(validation))}, seed {seed}"
    return Split(np.sort(train[part == TRAIN]), validation, np.sort(test), how)


def own_split(parts: PartRows, numbers: Rows, groups: Groups | None = None) -> Split:
    """The split whose parts have these row numbers; `numbers` are those of the examples, as a user counts them.

    Rows that are no examples (of a table those without a target) are passed over. Raises WxbError for a number that
    stands twice, for one beyond the rows, and if a group stands in two parts.
    """
    if parts.of_examples:
        numbers = np.arange(len(numbers))
    seen: dict[int, str] = {}
    for name in PARTS:
        for row in getattr(parts, name):
            if row in seen:
                raise WxbError(f"`split`: row {row} stands in {seen[row]} and in {name}", "expected each row once")
            if row < 0 or row > numbers[-1]:
                last = count(int(numbers[-1]))
                raise WxbError(f"`split`: there is no row {row} for {name}", f"expected row numbers from 0 to {last}")
            seen[row] = name
    train, validation, test = (np.flatnonzero(np.isin(numbers, getattr(parts, name))) for name in PARTS)
    split = Split(train, validation, test, str(parts))
    if groups is not None:
        _need_apart(split, groups)
    return split


def _need_apart(split: Split, groups: Groups) -> None:
    """Raise WxbError if a group stands in two parts."""
    for place, one in enumerate(PARTS):
        for other in PARTS[place + 1 :]:
            both = np.intersect1d(groups.of[split.part(one)], groups.of[split.part(other)])
            if len(both):
                raise WxbError(
                    f"`split`: {groups.called} {groups.names[both[0]]} stands in {one} and in {other}",
                    f"{plural(len(both), 'group')} in both",
                    "all rows of a group in one part",
                )


def validation_share(fractions: Fractions | PartRows) -> float | None:
    """The `share` for `keep_test`: None for the default split, else validation over train and validation."""
    if isinstance(fractions, PartRows):
        return None
    train, validation, _ = fractions
    return None if fractions == DEFAULT or train + validation == 0 else validation / (train + validation)


def _divided(
    strata: Rows,
    names: Sequence[str],
    fractions: Fractions,
    seed: int,
    groups: Rows | None,
    noun: str,
    least: int,
) -> Rows:
    """The part of each example: int64 (n,). Raises WxbError if a stratum has fewer than `least` different examples."""
    group_of = np.arange(len(strata)) if groups is None else groups
    heads, first = np.unique(group_of, return_index=True)
    strata = strata[first][np.searchsorted(heads, group_of)]  # copies with other labels count as the first one's class
    random = generator(seed, "split")
    owed = np.zeros(3)  # examples that rounding has taken from each part so far
    part = np.full(len(strata), TRAIN)
    wanted = [which for which in (TRAIN, TEST, VALIDATION) if fractions[which] > 0]  # by priority
    for stratum, name in enumerate(names):
        rows = np.flatnonzero(strata == stratum)
        heads, member, sizes = np.unique(group_of[rows], return_inverse=True, return_counts=True)
        if len(heads) < min(least, len(wanted)) and (len(rows) < 2 or len(names) == 1):
            raise _too_few(len(heads), name if len(names) > 1 else None, noun, wanted[:least])
        present = sorted(wanted[: len(heads)])
        ideal = len(rows) * np.array(fractions)
        quotas = _quotas(len(rows), ideal, present, owed)
        owed += ideal - quotas
        order = random.permutation(len(heads))
        chosen = np.empty(len(heads), dtype=np.int64)
        chosen[order] = _assign(sizes[order], quotas, present)
        part[rows] = chosen[member.reshape(-1)]
    return part


def _too_few(different: int, name: str | None, noun: str, needed: list[int]) -> SplitError:
    if different == 0:
        return SplitError(
            f"class {name} has no {noun} of its own",
            "none is there that is not a copy of one in another class or part",
            f"add {noun}s{REMOVE}",
        )
    which = " and ".join(f"one in {('train', 'validation', 'test')[part]}" for part in needed)
    return SplitError(
        f"{'the data' if name is None else f'class {name}'} cannot be split: {plural(different, noun)}",
        f"expected at least {len(needed)} different ones, {which}",
        f"add {noun}s"
        + ("" if name is None else f', or leave the class out: `missing="{name}"`' if noun == "row" else REMOVE),
    )


def _quotas(size: int, ideal: NDArray[np.float64], present: list[int], owed: NDArray[np.float64]) -> NDArray[np.int64]:
    """The number of examples of a stratum for each part: int64 (3,) with the sum `size`.

    Each part gets its share rounded down, and at least one if it is `present`. The rest goes to the parts from which
    rounding has taken most over all strata so far, so that the totals are right as well.
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
    """Assign each group of copies to a part, largest groups first, to meet the quotas as closely as possible."""
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


def spread(rows: Rows, most: int) -> Rows:
    """At most so many of the rows (n,), spread evenly, the first and the last among them."""
    return rows[np.linspace(0, len(rows) - 1, min(len(rows), most)).astype(np.int64)]


def thinned(rows: Rows, most: int) -> Rows:
    """At most so many of the rows (n,): every k-th from the first, with the least k."""
    return rows[:: max(1, -(-len(rows) // most))]
