"""Prediction intervals and sets by split conformal prediction.

A nonconformity score says how far a target is from what is predicted. An interval or a set of a level holds every
target whose score is at most the ⌈(n + 1)·level⌉-th smallest of n scores, those of examples that the network has not
learned from. It holds the target of a new example with a probability of at least the level if the n examples and the
new one are exchangeable, and if the network does not depend on the n (Lei et al. 2018, arXiv:1604.04173, Theorem 2.2).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from wxb.errors import WxbError
from wxb.statistics import wilson
from wxb.tasks.measure import Interval
from wxb.text import count, percent, percent_interval, rounded

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Limits:
    """How far the intervals or sets of a level reach."""

    level: float  # in per cent
    scores: Floats  # (targets,), or (1,) of classes: the greatest nonconformity score within

    @property
    def text(self) -> str:
        """The level for people: "90 %"."""
        return f"{self.level:g} %"


def limits(scores: Floats, level: float, examples: str = "validation examples") -> Limits:
    """The limits of a level, in per cent, from nonconformity scores (n, k) of `examples`, as messages call them.

    Raises WxbError if n scores are too few for the level: even the greatest is exceeded too often.
    """
    n, share = len(scores), Fraction(repr(level)) / 100  # exact: a float may come out just above a whole number
    rank = math.ceil((n + 1) * share)
    if rank > n:
        needed = math.ceil(1 / (1 - share)) - 1
        reached = math.floor(Fraction(1000 * n, n + 1)) / 10
        raise WxbError(
            f"a level of {level:g} % needs at least {count(needed)} {examples}; the run has {count(n)}",
            fix=f"`interval={reached:g}` or less, or train again with more {examples}",
        )
    return Limits(level, np.partition(scores, rank - 1, axis=0)[rank - 1])


@dataclass(frozen=True)
class Coverage:
    """How often intervals or sets hold the true value, on evaluated examples, and how large they are."""

    level: float  # asked for, in per cent
    share: float  # of the examples, as a fraction
    interval: Interval  # 95 % interval of the share (Wilson)
    name: str | None = None  # of the target; None for classes
    mean_width: float | None = None  # of intervals, in the target's units
    mean_size: float | None = None  # of sets: number of classes

    @property
    def text(self) -> str:
        """ "91.2 % [87.1, 94.0] in 90 % intervals, mean width 12.3"."""
        if self.mean_width is None:
            what = f"sets, mean size {rounded(self.mean_size or 0, 3)}"
        else:
            what = f"intervals, mean width {rounded(self.mean_width)}"
        return f"{percent(self.share)} {percent_interval(self.interval)} in {self.level:g} % {what}"


def share_within(within: NDArray[np.bool_]) -> tuple[float, Interval]:
    """The share of examples (n,) whose interval or set holds the true value, with its 95 % interval."""
    return float(within.mean()), wilson(int(within.sum()), len(within))
