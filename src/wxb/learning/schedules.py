"""How the learning rate runs over a training: a factor of its peak for every step."""

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
    """Factor of the peak rate in step `step` (1-based) of `steps`; `warm_up` is the share of steps that rise to it.
    Where the end was changed on the way, a step may lie between two whole ones of the course that was planned.

    The rise is linear from 0; "one-cycle" rises along a cosine from 1/25 of the peak. Afterwards the schedule runs over
    what is left: "linear" and the cosines come to 0 one step after the last, so that no step is wasted.
    """
    rising = round(warm_up * steps)
    if step <= rising:
        progress = step / rising
        if schedule == "one-cycle":
            return ONE_CYCLE_START + (1 - ONE_CYCLE_START) * (1 - _cosine(progress))
        return progress
    # the first step after the rise still has the peak where nothing rose before it
    progress = (step - max(rising, 1)) / (steps - max(rising, 1) + 1)
    return AFTER_WARM_UP[schedule](progress)
