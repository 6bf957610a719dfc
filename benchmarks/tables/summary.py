"""The arithmetic of the page: means over folds, paired differences with their intervals, and counts of wins."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from scipy.special import stdtrit

from benchmarks.tables.measures import MEASURES
from benchmarks.tables.roster import FOLDS
from benchmarks.tables.stored import Fold, Folds


@dataclass(frozen=True)
class Difference:
    """A mean difference over the folds that two methods have in common, and its 95 % interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Wins:
    """In how many of so many tables wxb is at least as good by the mean, and surely better or worse by the interval."""

    tables: int
    at_least: int
    better: int
    worse: int


def mean(folds: Sequence[Fold], measure: str) -> float | None:
    """The mean of a measure over the folds that have it; None if none has."""
    values = [fold.measures[measure] for fold in folds if measure in fold.measures]
    return statistics.fmean(values) if values else None


def difference(ours: Sequence[Fold], theirs: Sequence[Fold], measure: str) -> Difference | None:
    """Theirs less ours, fold by fold; None with fewer than two folds in common.

    The interval is mean ± t·s·√(1/J + n₂/n₁): J folds, s the standard deviation of their differences, n₂ and n₁ the
    rows of the test and training part, t the 97.5 % quantile of Student's t with J - 1 degrees of freedom. The n₂/n₁
    stands for what the training parts have in common (Nadeau, Bengio 2003, "Inference for the generalization error").
    Raises ValueError where the same fold has other test rows.
    """
    own = {fold.key: fold for fold in ours if measure in fold.measures}
    pairs = [(own[fold.key], fold) for fold in theirs if fold.key in own and measure in fold.measures]
    for first, second in pairs:
        if first.rows != second.rows:
            raise ValueError(f"{first.table}: fold {first.fold} of seed {first.seed} is not the same for both methods")
    if len(pairs) < 2:
        return None
    differences = [second.measures[measure] - first.measures[measure] for first, second in pairs]
    middle, deviation = statistics.fmean(differences), statistics.stdev(differences)
    share = sum(first.test for first, _ in pairs) / sum(first.train for first, _ in pairs)
    half = float(stdtrit(len(pairs) - 1, 0.975)) * deviation * math.sqrt(1 / len(pairs) + share)
    return Difference(middle, middle - half, middle + half)


def wins(ours: Folds, theirs: Folds, measure: str, tables: Iterable[str]) -> Wins:
    """The count over these tables of those that both methods were measured on."""
    own, other = by_table(ours), by_table(theirs)
    found = [difference(own.get(table, []), other.get(table, []), measure) for table in tables]
    better = MEASURES[measure].better
    leads = [sorted((-better(one.low), -better(one.high))) for one in found if one is not None]
    return Wins(
        len(leads),
        sum(better(one.mean) <= 0 for one in found if one is not None),
        sum(low > 0 for low, _ in leads),
        sum(high < 0 for _, high in leads),
    )


def whole(folds: Iterable[Fold]) -> Folds:
    """The folds of seeds that have all of them: the mean of some folds of a table compares with nothing."""
    its = list(folds)
    counts = Counter((fold.table, fold.seed) for fold in its)
    return [fold for fold in its if counts[fold.table, fold.seed] == FOLDS]


def by_table(folds: Iterable[Fold]) -> Mapping[str, Folds]:
    """The folds of each table."""
    tables: dict[str, Folds] = {}
    for fold in folds:
        tables.setdefault(fold.table, []).append(fold)
    return tables
