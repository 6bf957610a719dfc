"""Faults of the training: rate, batches, penalties, length."""

from __future__ import annotations

import math

from wxb.doctor.fault import Evidence, Fault, Remedy
from wxb.doctor.measures import Measures

FAST = 0.1  # of the weights, that a step changes
TIMES = 3.0  # the usual rate
SLOW = 1e-4


def largest_update(found: Measures) -> float:
    """The largest median change of a layer in a step, as a share of its weights."""
    return max((value for value in found.base.dynamics.updates.values() if math.isfinite(value)), default=0.0)


def rate_too_high(found: Measures) -> Evidence | None:
    """Steps so large that the loss does not fall, or that weights change beyond recognition."""
    dynamics, ratio = found.base.dynamics, found.recipe.learning_rate / found.usual_rate
    rose = len(dynamics.losses) > 1 and not dynamics.losses[-1] < found.base.first_loss
    update = largest_update(found)
    if not (dynamics.diverged or (ratio > TIMES and (rose or update > FAST or ratio > TIMES**2))):
        return None
    return {"learning_rate": found.recipe.learning_rate, "usual_rate": found.usual_rate, "update": update}


def rate_too_low(found: Measures) -> Evidence | None:
    """Steps so small that training ends before it has learned."""
    ratio, update = found.recipe.learning_rate / found.usual_rate, largest_update(found)
    if ratio > 1 / TIMES or (update > 10 * SLOW and ratio > 1 / TIMES**2):
        return None
    return {"learning_rate": found.recipe.learning_rate, "usual_rate": found.usual_rate, "update": update}


def rates(found: Measures) -> list[Remedy]:
    """The usual rate, and one between it and the present one, at most a factor of 10 from the usual one."""
    rate, usual = found.recipe.learning_rate, found.usual_rate
    further = float(f"{min(max(math.sqrt(rate * usual), usual / 10), usual * 10):.2g}")
    return [{"learning_rate": one} for one in (usual, further) if one == usual or not math.isclose(one, usual)]


FAULTS = (
    Fault("T1", "learning rate too high", rate_too_high, rates),
    Fault("T2", "learning rate too low", rate_too_low, rates),
)
