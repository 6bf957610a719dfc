"""Schedules of the learning rate: for each step, the factor of the peak."""

from __future__ import annotations

import math
from collections.abc import Callable


def _step(progress: float) -> float:
    """A tenth after half of the steps, a hundredth after three quarters (He et al. 2016, section 4.2)."""
    return 1.0 if progress < 0.5 else 0.1 if progress < 0.75 else 0.01


def _cosine(progress: float) -> float:
    """Half a cosine from 1 to 0 (Loshchilov, Hutter 2017, SGDR, equation 5 without restarts)."""
    return 0.5 * (1 + math.cos(math.pi * progress))


AFTER_WARM_UP: dict[str, Callable[[float], float]] = {
    "constant": lambda progress: 1.0,
    "step": _step,
    "cosine": _cosine,
    "one-cycle": _cosine,
    "linear": lambda progress: 1 - progress,
}
ONE_CYCLE_START = 1 / 25  # of the peak (Smith, Topin 2018, "Super-convergence")


def factor(schedule: str, warm_up: float, step: float, steps: int) -> float:
    """The factor of the peak learning rate in step `step` (1-based) of `steps`, above 0 and at most 1.

    The rate rises over the share `warm_up` of the steps: linearly from 0, or along a cosine from 1/25 of the peak for
    "one-cycle". The schedule runs over the rest; "linear" and the cosines reach 0 one step after the last, so that no
    step is wasted. `step` is a fraction if the end of training was moved.
    """
    rising = round(warm_up * steps)
    if step <= rising:
        progress = step / rising
        if schedule == "one-cycle":
            return ONE_CYCLE_START + (1 - ONE_CYCLE_START) * (1 - _cosine(progress))
        return progress
    # without a rise, the first step has the peak
    progress = (step - max(rising, 1)) / (steps - max(rising, 1) + 1)
    return AFTER_WARM_UP[schedule](progress)
