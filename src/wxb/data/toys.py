"""Toys in the plane that no linear classifier solves: a ring, opposite quadrants, three modes.

They are the "hard cases for a linear classifier" of Stanford's CS231n, lecture 2. Both classes are equally frequent,
each uniform over its region of the square [-SIDE, SIDE]², so that the regions touch and only
their shape tells them apart.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wxb.errors import WxbError
from wxb.numbers import count
from wxb.randomness import generator

SIDE = 2.5  # half the side of the square
EXAMPLES = 8_000
LEAST, MOST = 20, 10_000_000
MODES = 1.5 * np.array([[np.sin(turn), np.cos(turn)] for turn in 2 * np.pi * np.arange(3) / 3])  # centres, (3, 2)
MODE_RADIUS = 0.75

Points = NDArray[np.float64]  # (n, 2)


@dataclass(frozen=True)
class Toy:
    """Names of the two classes, and which points of the plane are of the first."""

    classes: tuple[str, str]
    first: Callable[[Points], NDArray[np.bool_]]


def _in_ring(points: Points) -> NDArray[np.bool_]:
    """1 <= L2 norm <= 2."""
    norm = np.hypot(points[:, 0], points[:, 1])
    return np.asarray((norm >= 1) & (norm <= 2))


def _signs_equal(points: Points) -> NDArray[np.bool_]:
    """First and third quadrant."""
    return np.asarray((points[:, 0] >= 0) == (points[:, 1] >= 0))


def _in_modes(points: Points) -> NDArray[np.bool_]:
    """In one of three discs around the origin."""
    distance = np.hypot(*(points[:, None] - MODES).transpose(2, 0, 1))
    return np.asarray((distance <= MODE_RADIUS).any(axis=1))


TOYS = {
    "ring": Toy(("ring", "rest"), _in_ring),
    "quadrants": Toy(("equal signs", "different signs"), _signs_equal),
    "modes": Toy(("modes", "rest"), _in_modes),
}


def draw(
    name: str, examples: int | None = None, noise: float | None = None, seed: int = 0
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Points (examples, 2) float32 and classes (examples,) int64 of a toy; the classes take turns.

    `noise` is the standard deviation of a normal shift of every point after its class is known, in the plane's units.
    Raises WxbError for sizes or a noise that make no sense.
    """
    examples = EXAMPLES if examples is None else examples
    noise = 0.0 if noise is None else noise
    if not LEAST <= examples <= MOST:
        raise WxbError(f"{count(examples)} examples of {name}", f"expected {LEAST} to {count(MOST)}", "--examples 8000")
    if not 0 <= noise <= 100:
        raise WxbError(f"noise {noise:g}", "expected a standard deviation from 0 to 100", "--noise 0.1")
    toy = TOYS[name]
    random = generator(seed, "toy", name)
    targets = np.arange(examples, dtype=np.int64) % 2
    points = np.empty((examples, 2))
    for number in (0, 1):
        rows = np.flatnonzero(targets == number)
        points[rows] = _uniform(len(rows), lambda drawn, n=number: toy.first(drawn) == (n == 0), random)  # type: ignore[misc]
    points += noise * random.standard_normal(points.shape)
    return points.astype(np.float32), targets


def _uniform(wanted: int, inside: Callable[[Points], NDArray[np.bool_]], random: np.random.Generator) -> Points:
    """Points uniform over a region of the square, by rejection: (wanted, 2)."""
    found: list[Points] = []
    while sum(len(points) for points in found) < wanted:
        drawn = random.uniform(-SIDE, SIDE, (2 * wanted + 100, 2))
        found.append(drawn[inside(drawn)])
    return np.concatenate(found)[:wanted]
