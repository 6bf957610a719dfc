"""Tests of two networks on the same examples: is one better than chance alone makes it, and by how much."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from wxb.randomness import generator
from wxb.statistics import wilson
from wxb.tasks.evaluation import Difference
from wxb.tasks.task import Paired

Floats = NDArray[np.float64]
Interval = tuple[float, float]


def mcnemar(gained: int, lost: int) -> float:
    """Probability of a change at least this uneven if gains and losses are equally likely.

    The second network alone is right on `gained` examples, the first alone on `lost`. Exact and two-sided: twice the
    lower tail of the binomial distribution with p = 1/2, at most 1 (Q. McNemar, Psychometrika 12, 1947).
    """
    from scipy.special import bdtr

    return min(1.0, 2 * float(bdtr(min(gained, lost), gained + lost, 0.5)))


def newcombe(both: int, gained: int, lost: int, neither: int) -> Interval:
    """95 % interval of the difference of two shares, second − first, of the same examples, at least one.

    `both` counts the examples on which both networks are right, `neither` those on which neither is, the others as in
    `mcnemar`. Method 10 of R. G. Newcombe,
    "Improved confidence intervals for the difference between binomial proportions based on paired data", Statistics in
    Medicine 17, 1998: Wilson's intervals of the shares, joined by how much the answers go together (φ).
    """
    examples = both + gained + lost + neither
    second, first = (both + gained) / examples, (both + lost) / examples
    (low, high), (first_low, first_high) = wilson(both + gained, examples), wilson(both + lost, examples)
    together: float = both * neither - gained * lost
    if together > 0:  # the method's correction for continuity
        together = max(together - examples / 2, 0)
    product = (both + gained) * (lost + neither) * (both + lost) * (gained + neither)
    phi = together / math.sqrt(product) if product else 0.0
    below, above = second - low, high - second
    first_below, first_above = first - first_low, first_high - first
    difference = second - first
    # the root's content is a square where φ = 1, which rounding may take below 0
    down = math.sqrt(max(0.0, below**2 - 2 * phi * below * first_above + first_above**2))
    up = math.sqrt(max(0.0, above**2 - 2 * phi * above * first_below + first_below**2))
    return difference - down, difference + up


def compare_right(measure: str, first: NDArray[np.bool_], second: NDArray[np.bool_], confidence: Floats) -> Paired:
    """Compare predictions that are right or wrong, (n,) of each network; `confidence` (n,) ranks the changes."""
    gained, lost = int((second & ~first).sum()), int((first & ~second).sum())
    both, neither = int((second & first).sum()), int((~second & ~first).sum())
    return Paired(
        {measure: Difference((gained - lost) / len(first), newcombe(both, gained, lost, neither))},
        p=mcnemar(gained, lost),
        gain=second.astype(np.float64) - first,
        weight=confidence,
    )


def bootstrap(given: Floats, first: Floats, second: Floats, seed: int) -> dict[str, tuple[float, Interval]]:
    """Differences second − first of R² and of the root mean squared error, each with its 95 % interval.

    Arrays are (n, targets); several targets are averaged. Percentile bootstrap (B. Efron, Annals of Statistics 7, 1979)
    over examples, the same ones for both: 1,000 resamples, or as many as 2·10⁷ draws allow, but at least 200.
    """
    draw = generator(seed, "paired bootstrap")
    resamples = int(np.clip(20_000_000 // max(1, len(given)), 200, 1000))
    drawn = np.empty((resamples, 2))
    for place in range(resamples):
        rows = draw.integers(0, len(given), len(given))
        drawn[place] = _fit(given[rows], second[rows]) - _fit(given[rows], first[rows])
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    differences = _fit(given, second) - _fit(given, first)
    return {name: (float(differences[i]), (float(low[i]), float(high[i]))) for i, name in enumerate(("r2", "rmse"))}


def _fit(given: Floats, predicted: Floats) -> Floats:
    """R² and root mean squared error, means over targets; R² of equal targets is 1 if they are met, else 0."""
    squares = ((given - predicted) ** 2).sum(axis=0)
    spread = ((given - given.mean(axis=0)) ** 2).sum(axis=0)
    r2 = np.where(spread > 0, 1 - squares / np.where(spread > 0, spread, 1), squares == 0)
    return np.array([r2.mean(), np.sqrt(squares / len(given)).mean()])
