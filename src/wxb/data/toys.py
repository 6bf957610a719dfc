"""Toys: small data that are drawn, whose answer is known.

- Regions of the plane that no line separates: a ring, opposite quadrants, three modes. They are the "hard cases for a
  linear classifier" of Stanford's CS231n, lecture 2. Both classes are equally frequent, each uniform over its region of
  the square [-SIDE, SIDE]², so that the regions touch and only their shape tells them apart.
- A disc within a ring, with a gap between: the radius alone tells them apart, so that polar coordinates make it a
  linear case.
- Curves in the plane, one a class: two spirals, two half-moons.
- Functions of one number: a sine, steps, a noisy line.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wxb.randomness import generator

SIDE = 2.5  # half the side of the square
EXAMPLES = 8_000
MODES = 1.5 * np.array([[np.sin(turn), np.cos(turn)] for turn in 2 * np.pi * np.arange(3) / 3])  # centres, (3, 2)
MODE_RADIUS = 0.75
DISC_RADIUS = 1.0
AROUND = (1.5, 2.0)  # radii of the ring around the disc

TURNS = 1.5  # of a spiral
CENTRE = 0.1  # share of a spiral's radius around the origin where both arms would meet

Points = NDArray[np.float64]  # (n, 2)
Numbers = NDArray[np.float64]  # (n,)


@dataclass(frozen=True)
class Regions:
    """Two classes of the square: their names, which points are of the first, and of the second where not the rest."""

    classes: tuple[str, str]
    first: Callable[[Points], NDArray[np.bool_]]
    second: Callable[[Points], NDArray[np.bool_]] | None = None
    noise: float = 0.0  # standard deviation where none is asked for
    task: str = "classification"

    def of(self, number: int, points: Points) -> NDArray[np.bool_]:
        """Which points are of class 0 or 1."""
        if number == 0:
            return self.first(points)
        return ~self.first(points) if self.second is None else self.second(points)


@dataclass(frozen=True)
class Curves:
    """Two classes that are curves: their names, and the points of class 0 or 1 at places (n,) in [0, 1]."""

    classes: tuple[str, str]
    points: Callable[[Numbers, int], Points]
    noise: float
    task: str = "classification"


@dataclass(frozen=True)
class Function:
    """A function of one number from [-SIDE, SIDE]: what its value is called, and the value."""

    classes: tuple[str]
    value: Callable[[Numbers], Numbers]
    noise: float
    task: str = "regression"


Toy = Regions | Curves | Function


def _in_ring(points: Points) -> NDArray[np.bool_]:
    """1 <= L2 norm <= 2."""
    norm = np.hypot(points[:, 0], points[:, 1])
    return np.asarray((norm >= 1) & (norm <= 2))


def _in_disc(points: Points) -> NDArray[np.bool_]:
    """L2 norm <= DISC_RADIUS."""
    return np.asarray(np.hypot(points[:, 0], points[:, 1]) <= DISC_RADIUS)


def _around_disc(points: Points) -> NDArray[np.bool_]:
    """AROUND[0] <= L2 norm <= AROUND[1]."""
    norm = np.hypot(points[:, 0], points[:, 1])
    return np.asarray((norm >= AROUND[0]) & (norm <= AROUND[1]))


def _signs_equal(points: Points) -> NDArray[np.bool_]:
    """First and third quadrant."""
    return np.asarray((points[:, 0] >= 0) == (points[:, 1] >= 0))


def _in_modes(points: Points) -> NDArray[np.bool_]:
    """In one of three discs around the origin."""
    distance = np.hypot(*(points[:, None] - MODES).transpose(2, 0, 1))
    return np.asarray((distance <= MODE_RADIUS).any(axis=1))


def _spiral(places: Numbers, arm: int) -> Points:
    """An Archimedean spiral, its arms half a turn apart, as dense at its end as at its beginning."""
    share = np.sqrt(CENTRE**2 + (1 - CENTRE**2) * places)
    angle = np.pi * (2 * TURNS * share + arm)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1) * ((SIDE - 0.25) * share)[:, None]


def _moon(places: Numbers, moon: int) -> Points:
    """Half of the unit circle, open below and moved to the left, or open above and moved to the right."""
    angle = np.pi * places
    points = np.stack([np.cos(angle) - 0.5, np.sin(angle) - 0.25], axis=1)
    return points if moon == 0 else -points


TOYS: dict[str, Toy] = {
    "ring": Regions(("ring", "rest"), _in_ring),
    "quadrants": Regions(("equal signs", "different signs"), _signs_equal),
    "modes": Regions(("modes", "rest"), _in_modes),
    "disc": Regions(("disc", "ring"), _in_disc, _around_disc),
    "spirals": Curves(("first arm", "second arm"), _spiral, noise=0.05),
    "moons": Curves(("upper", "lower"), _moon, noise=0.1),
    "sine": Function(("sine",), lambda x: np.sin(np.pi * x), noise=0.1),
    "steps": Function(("step",), np.floor, noise=0.1),
    "noisy-line": Function(("line",), lambda x: x / 2, noise=0.5),
}


def draw(
    name: str, examples: int | None = None, noise: float | None = None, seed: int = 0
) -> tuple[NDArray[np.float32], NDArray[np.int64] | NDArray[np.float32]]:
    """Examples float32 and targets of a toy.

    Of two classes: points (examples, 2) and classes (examples,) int64, which take turns. Of a function: its arguments
    (examples, 1) and values (examples, 1) float32.

    `noise` is the standard deviation of a normal shift of every point after its class is known, in the plane's units,
    or of every value of a function; default: the toy's own.
    """
    toy = TOYS[name]
    examples = EXAMPLES if examples is None else examples
    noise = toy.noise if noise is None else noise
    random = generator(seed, "toy", name)
    if isinstance(toy, Function):
        arguments = random.uniform(-SIDE, SIDE, examples)
        values = toy.value(arguments) + noise * random.standard_normal(examples)
        return arguments[:, None].astype(np.float32), values[:, None].astype(np.float32)
    targets = np.arange(examples, dtype=np.int64) % 2
    points = np.empty((examples, 2))
    for number in (0, 1):
        rows = np.flatnonzero(targets == number)
        points[rows] = _of_class(toy, number, len(rows), random)
    points += noise * random.standard_normal(points.shape)
    return points.astype(np.float32), targets


def _of_class(toy: Regions | Curves, number: int, wanted: int, random: np.random.Generator) -> Points:
    """Points of class 0 or 1, uniform over their region or along their curve: (wanted, 2)."""
    if isinstance(toy, Curves):
        return toy.points(random.uniform(0, 1, wanted), number)
    found: list[Points] = []
    while sum(len(points) for points in found) < wanted:
        drawn = random.uniform(-SIDE, SIDE, (2 * wanted + 100, 2))
        found.append(drawn[toy.of(number, drawn)])
    return np.concatenate(found)[:wanted]
