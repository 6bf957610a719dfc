"""Two networks' answers to the same examples: is one better than chance makes it, and by how much."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from wxb.randomness import generator
from wxb.text import wilson

Floats = NDArray[np.float64]
Interval = tuple[float, float]


def mcnemar(gained: int, lost: int) -> float:
    """Probability of so uneven a change, or a more uneven one, where gains and losses are equally likely.

    `gained` examples are right with the second alone, `lost` with the first alone. The exact test, two-sided: twice the
    lower tail of the binomial distribution with p = 1/2, at most 1 (Q. McNemar, Psychometrika 12, 1947).
    """
    from scipy.special import bdtr

    return min(1.0, 2 * float(bdtr(min(gained, lost), gained + lost, 0.5)))


def newcombe(both: int, gained: int, lost: int, neither: int) -> Interval:
    """95 % interval of the difference of two shares, second − first, of the same examples; at least one example.

    `both` and `neither` are right with both and with none, the others as in `mcnemar`. Method 10 of R. G. Newcombe,
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


def bootstrap(given: Floats, first: Floats, second: Floats, seed: int) -> dict[str, tuple[float, Interval]]:
    """Differences second − first of R² and of the root mean squared error, each with its 95 % interval.

    Arrays (n, targets); of several targets the mean. Percentile bootstrap (B. Efron, Annals of Statistics 7, 1979) over
    examples, the same ones for both: 1,000 resamples, at least 200 where 2·10⁷ draws allow no more.
    """
    draw = generator(seed, "paired bootstrap")
    resamples = int(np.clip(20_000_000 // max(1, len(given)), 200, 1000))
    drawn = np.empty((resamples, 2))
    for place in range(resamples):
        rows = draw.integers(0, len(given), len(given))
        drawn[place] = _fit(given[rows], second[rows]) - _fit(given[rows], first[rows])
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    found = _fit(given, second) - _fit(given, first)
    return {name: (float(found[i]), (float(low[i]), float(high[i]))) for i, name in enumerate(("r2", "rmse"))}


def _fit(given: Floats, predicted: Floats) -> Floats:
    """R² and root mean squared error, means over targets; R² of targets that are all alike is 1 where met, else 0."""
    squares = ((given - predicted) ** 2).sum(axis=0)
    spread = ((given - given.mean(axis=0)) ** 2).sum(axis=0)
    r2 = np.where(spread > 0, 1 - squares / np.where(spread > 0, spread, 1), squares == 0)
    return np.array([r2.mean(), np.sqrt(squares / len(given)).mean()])
