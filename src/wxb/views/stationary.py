"""Places of a loss surface where its slope is next to nothing: minima, saddles, maxima and plateaus.

All is measured in shares of the shown plane: a place is a pair from −1 to 1, and slopes and curvatures are compared
with the range of the losses, from the least to the 95 % quantile. A place is stationary if the slope there is below a
hundredth of that range, so that going from the middle to the edge along it would change the loss by less. It is a
minimum if the loss bends up in every direction of the plane, a maximum if it bends down in every one, a saddle if it
does both, and a plateau if in some direction it does neither: if an eigenvalue of its Hessian within the plane is
within two hundredths of the range.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Slope = Callable[[NDArray[np.float64]], tuple[float, NDArray[np.float64]]]  # a place → the loss and its gradient there

FLAT = 0.01  # of the range: a slope below
STRAIGHT = 0.02  # of the range: a curvature below
REFINED = 5  # Newton steps to a stationary place
MOST = 6  # places of the grid that are refined
KINDS = ("minimum", "saddle", "maximum", "plateau", "on its way")
MINIMUM, SADDLE, MAXIMUM, PLATEAU, MOVING = KINDS


@dataclass(frozen=True)
class Stationary:
    """A place (2,) in shares of the plane, what it is, its loss and slope, and the eigenvalues of the Hessian there."""

    place: NDArray[np.float64]
    kind: str
    loss: float
    slope: float
    bends: NDArray[np.float64]


def range_of(losses: NDArray[np.float64]) -> float:
    """The range of losses that slopes and curvatures are compared with."""
    finite = losses[np.isfinite(losses)]
    return max(float(np.quantile(finite, 0.95) - finite.min()), 1e-12) if finite.size else 1.0


def look(slope: Slope, place: NDArray[np.float64], spread: float, step: float) -> Stationary:
    """What is at a place: the Hessian is the central difference of the gradient over `step` to both sides."""
    loss, gradient = slope(place)
    bends = np.asarray(np.linalg.eigvalsh(hessian(slope, place, step)), np.float64)
    steep = float(np.linalg.norm(gradient))
    return Stationary(place, kind(steep, bends, spread), loss, steep, bends)


def kind(steep: float, bends: NDArray[np.float64], spread: float) -> str:
    """What a place is, by its slope and the eigenvalues of its Hessian, ascending."""
    if not steep <= FLAT * spread:
        return MOVING
    low, high = bends
    if min(abs(low), abs(high)) <= STRAIGHT * spread:
        return PLATEAU
    return MINIMUM if low > 0 else MAXIMUM if high < 0 else SADDLE


def hessian(slope: Slope, place: NDArray[np.float64], step: float) -> NDArray[np.float64]:
    """The Hessian (2, 2) at a place."""
    found = np.zeros((2, 2))
    for axis in (0, 1):
        aside = np.zeros(2)
        aside[axis] = step
        found[axis] = (slope(place + aside)[1] - slope(place - aside)[1]) / (2 * step)
    return (found + found.T) / 2


def of_grid(slope: Slope, losses: NDArray[np.float64], spread: float) -> list[Stationary]:
    """The minima, saddles and maxima near places of the grid (row, column) whose neighbours say that one may be there.

    Each is refined by Newton's method, with the Hessian of the grid, and counts if it stays within two cells.
    """
    side = len(losses)
    cell = 2 / (side - 1)
    down, right = np.gradient(losses, cell)
    steep = np.hypot(down, right)
    inner = np.zeros_like(losses, bool)
    inner[1:-1, 1:-1] = True
    # the slope is least among its neighbours there, and small enough for a zero within a cell
    least = np.array(
        [[steep[max(0, r - 1) : r + 2, max(0, c - 1) : c + 2].min() for c in range(side)] for r in range(side)]
    )
    (bend_down, _), (across, bend_right) = np.gradient(down, cell), np.gradient(right, cell)
    curved = np.abs(bend_down * bend_right - across**2)
    # how far Newton's method would step from there
    far = np.hypot(bend_right * down - across * right, bend_down * right - across * down) / np.maximum(curved, 1e-300)
    candidates = np.argwhere(inner & np.isfinite(losses) & (steep <= least) & (far <= 2 * cell)).tolist()
    candidates.sort(key=lambda one: float(losses[one[0], one[1]]))
    found: list[Stationary] = []
    for row, column in candidates[:MOST]:
        side_by_side = across[row, column]
        bend = np.array([[bend_right[row, column], side_by_side], [side_by_side, bend_down[row, column]]])
        place = _newton(slope, np.array([cell * column - 1, cell * row - 1]), bend, cell)
        if place is not None:
            found = with_one(found, look(slope, place, spread, cell / 2), cell)
    return found


def with_one(found: list[Stationary], one: Stationary, cell: float) -> list[Stationary]:
    """The places and another one, if it is a minimum, saddle or maximum more than a cell away from them."""
    known = any(np.abs(one.place - other.place).max() < cell for other in found)
    return found if known or one.kind not in (MINIMUM, SADDLE, MAXIMUM) else [*found, one]


def _newton(
    slope: Slope, start: NDArray[np.float64], bend: NDArray[np.float64], cell: float
) -> NDArray[np.float64] | None:
    """The stationary place near `start`, with the grid's Hessian there; None if it is more than two cells away."""
    if abs(np.linalg.det(bend)) < 1e-12:
        return None
    place = start
    for _ in range(REFINED):
        step = np.linalg.solve(bend, slope(place)[1])
        place = place - step
        if np.abs(place - start).max() > 2 * cell or np.abs(place).max() > 1:
            return None
        if np.abs(step).max() < cell / 20:
            break
    return place


def flat(losses: NDArray[np.float64], spread: float) -> NDArray[np.bool_]:
    """Which places of the grid (row, column) have next to no slope."""
    down, right = np.gradient(losses, 2 / (len(losses) - 1))
    return np.asarray(np.hypot(down, right) <= FLAT * spread)
