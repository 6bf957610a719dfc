"""Statistics of scores: means over repeated trials, with their confidence intervals."""

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


def mean_of(scores: Sequence[float]) -> Mean:
    """The mean of n > 0 scores; its interval is mean ± t·s/√n, with the 97.5 % quantile t of Student's t (n - 1)."""
    from scipy.special import stdtrit

    mean = statistics.fmean(scores)
    if len(scores) < 2:
        return Mean(mean, None, None)
    deviation = statistics.stdev(scores)
    half = float(stdtrit(len(scores) - 1, 0.975)) * deviation / math.sqrt(len(scores))
    return Mean(mean, deviation, (mean - half, mean + half))
