"""Statistics of scores: intervals of shares, and means over repeated trials with their intervals."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Mean:
    """The mean of several scores, their standard deviation, and the 95 % confidence interval of the mean."""

    mean: float
    std: float | None  # of the scores, with n - 1 in the denominator; None for a single score
    interval: tuple[float, float] | None


def mean_of(scores: Sequence[float], bounds: tuple[float, float] = (-math.inf, math.inf)) -> Mean:
    """The mean of n > 0 scores; its interval is mean ± t·s/√n, with the 97.5 % quantile t of Student's t (n - 1).

    `bounds` are the least and the greatest value that a score can have: the interval ends there.
    """
    from scipy.special import stdtrit

    mean = statistics.fmean(scores)
    if len(scores) < 2:
        return Mean(mean, None, None)
    deviation = statistics.stdev(scores)
    half = float(stdtrit(len(scores) - 1, 0.975)) * deviation / math.sqrt(len(scores))
    return Mean(mean, deviation, (max(mean - half, bounds[0]), min(mean + half, bounds[1])))


def wilson(successes: float, trials: float, z: float = 1.959963984540054) -> tuple[float, float]:
    """Wilson's score interval of a proportion, as fractions; z = 1.96 gives 95 %.

    E. B. Wilson (1927), "Probable inference, the law of succession, and statistical inference", JASA 22.
    Both may be fractions, as of weighted trials. No trials: (0, 1), nothing is known. Raises ValueError unless
    0 <= successes <= trials.
    """
    if not 0 <= successes <= trials:
        raise ValueError(f"{successes} successes in {trials} trials")
    if trials == 0:
        return 0.0, 1.0
    p = successes / trials
    centre = p + z * z / (2 * trials)
    half = z * math.sqrt(p * (1 - p) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    # at p = 0 and p = 1 the formula gives 0 and 1 exactly but for rounding
    low = 0.0 if successes == 0 else (centre - half) / scale
    high = 1.0 if successes == trials else (centre + half) / scale
    return low, high
