"""Toys: small synthetic data sets with a known solution.

- Regions of the plane that no line separates: a ring, opposite quadrants, three modes. They are the "hard cases for a
  linear classifier" of Stanford's CS231n, lecture 2. Both classes are equally frequent, each uniform over its region of
  the square [-SIDE, SIDE]², so that the regions touch and only their shapes differ.
- A disc inside a ring, with a gap between them: the radius alone separates them, so they are linearly separable in
  polar coordinates.
- Curves in the plane, one per class: two spirals, two half-moons.
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
CENTRE = 0.1  # share of a spiral's radius that is left out around the origin, where both arms would meet

Points = NDArray[np.float64]  # (n, 2)
Numbers = NDArray[np.float64]  # (n,)


@dataclass(frozen=True)
class Regions:
    """Two classes that are regions of the square: their names, and functions that select their points."""

    classes: tuple[str, str]
    first: Callable[[Points], NDArray[np.bool_]]
    second: Callable[[Points], NDArray[np.bool_]] | None = None  # None: the rest
    noise: float = 0.0  # default standard deviation
    task: str = "classification"

    def of(self, number: int, points: Points) -> NDArray[np.bool_]:
        """A mask of the points that belong to class 0 or 1."""
        if number == 0:
            return self.first(points)
        return ~self.first(points) if self.second is None else self.second(points)


@dataclass(frozen=True)
class Curves:
    """Two classes that are curves: their names, and a function from places (n,) in [0, 1] to points of class 0 or 1."""

    classes: tuple[str, str]
    points: Callable[[Numbers, int], Points]
    noise: float
    task: str = "classification"


@dataclass(frozen=True)
class Function:
    """A function of one number in [-SIDE, SIDE], with a name for its value."""

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
    """The first and the third quadrant."""
    return np.asarray((points[:, 0] >= 0) == (points[:, 1] >= 0))


def _in_modes(points: Points) -> NDArray[np.bool_]:
    """Three discs around the origin."""
    distance = np.hypot(*(points[:, None] - MODES).transpose(2, 0, 1))
    return np.asarray((distance <= MODE_RADIUS).any(axis=1))


def _spiral(places: Numbers, arm: int) -> Points:
    """An Archimedean spiral of constant density, with arms half a turn apart."""
    share = np.sqrt(CENTRE**2 + (1 - CENTRE**2) * places)
    angle = np.pi * (2 * TURNS * share + arm)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1) * ((SIDE - 0.25) * share)[:, None]


def _moon(places: Numbers, moon: int) -> Points:
    """Half of the unit circle: open at the bottom and shifted left, or open at the top and shifted right."""
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
    """Draw the examples and targets of a toy.

    Two classes give points (examples, 2) float32 and alternating classes (examples,) int64. A function gives arguments
    (examples, 1) and values (examples, 1), float32.

    `noise` is the standard deviation of normal noise that is added to every point after its class is determined, in the
    plane's units, or to every value of a function; the default depends on the toy.
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


def _of_class(toy: Regions | Curves, number: int, count: int, random: np.random.Generator) -> Points:
    """Points (count, 2) of class 0 or 1, uniform over its region or along its curve."""
    if isinstance(toy, Curves):
        return toy.points(random.uniform(0, 1, count), number)
    points = np.empty((0, 2))
    while len(points) < count:
        drawn = random.uniform(-SIDE, SIDE, (2 * count + 100, 2))
        points = np.concatenate([points, drawn[toy.of(number, drawn)]])
    return points[:count]
