"""Designed features: the shapes of what they give. `wxb.network.layers.features` computes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ...text import shape as shape_text
from ..tree import PlannedLayer, Shape, replace
from .kind import Kind, Signal, Site

BINS = 16  # of HIST, per channel
CELL = 8  # pixels along a side of HOG's cells
BLOCK = 2  # cells along a side of HOG's blocks
ORIENTATIONS = 9
PATCH = 6  # pixels along a side of BOW's patches
QUADRANTS = 4


class Feature(NamedTuple):
    """A vector and what each of its numbers sees; field, jump and places are (height, width) as in `Signal`."""

    shape: Shape
    field: tuple[int, int]
    jump: tuple[int, int]
    places: tuple[int, int]


def pixels(shape: Shape, words: int = 0) -> Feature | str:
    """PIXELS: the input as a vector."""
    if len(shape) == 1:
        return Feature(shape, (1, 1), (1, 1), (1, shape[0]))
    channels, height, width = shape
    return Feature((channels * height * width,), (1, 1), (1, 1), (height, width))


def polar(shape: Shape, words: int = 0) -> Feature | str:
    """POLAR: two numbers from two."""
    if shape != (2,):
        return f"its input is {shape_text(shape)}, not a vector of x and y"
    return Feature((2,), (1, 2), (1, 1), (1, 1))


def powers(shape: Shape, degree: int = 0) -> Feature | str:
    """POLY: polynomials of each number, of every degree up to the greatest."""
    if len(shape) != 1:
        return f"it needs a vector, and its input is {shape_text(shape)}"
    return Feature((degree * shape[0],), (1, 1), (1, 1), (1, shape[0]))


def histogram(shape: Shape, words: int = 0) -> Feature | str:
    """HIST: a number per bin and channel."""
    if len(shape) == 1:
        return _needs_pictures(shape)
    channels, height, width = shape
    return Feature((BINS * channels,), (height, width), (1, 1), (1, 1))


def oriented_gradients(shape: Shape, words: int = 0) -> Feature | str:
    """HOG (Dalal, Triggs 2005): blocks of 2x2 cells of 8x8 pixels, a number per cell of a block and orientation."""
    if len(shape) == 1:
        return _needs_pictures(shape)
    _, height, width = shape
    down, across = height // CELL - BLOCK + 1, width // CELL - BLOCK + 1
    if min(down, across) < 1:
        return f"its input is {height}x{width}, and a block of cells is {BLOCK * CELL}x{BLOCK * CELL}"
    side = BLOCK * CELL + 2  # a gradient reads one more pixel on each side
    return Feature((down * across * BLOCK * BLOCK * ORIENTATIONS,), (side, side), (CELL, CELL), (down, across))


def bag_of_words(shape: Shape, words: int = 0) -> Feature | str:
    """BOW (Coates, Ng, Lee 2011): a number per quadrant and word."""
    if len(shape) == 1:
        return _needs_pictures(shape)
    _, height, width = shape
    if min(height, width) <= PATCH:
        return f"its input is {height}x{width}, and each quadrant needs a patch of {PATCH}x{PATCH}"
    places = (height - PATCH + 1, width - PATCH + 1)
    half = (-(-places[0] // 2) + PATCH - 1, -(-places[1] // 2) + PATCH - 1)
    return Feature((QUADRANTS * words,), half, (places[0] // 2, places[1] // 2), (2, 2))


def _needs_pictures(shape: Shape) -> str:
    return f"it needs pictures, and its input is a vector of {shape[0]} numbers"


def _kind(means: str, feature: Callable[[Shape, int], Feature | str], width: int | None = None) -> Kind:
    def rule(site: Site) -> tuple[PlannedLayer, Signal]:
        vector = feature(site.signal.shape, site.width)
        if isinstance(vector, str):
            raise site.misfit(f"{site.layer.name} does not fit: {vector}", "another first layer")
        planned = replace(site.planned, output=vector.shape, receptive_field=vector.field, jump=vector.jump)
        return site.result(planned, vector.places)

    return Kind("feature", means, rule, width=width)


FEATURES = {
    "PIXELS": _kind("designed feature: the input as a vector", pixels),
    "POLAR": _kind("designed feature: (x, y) as (r, θ)", polar),
    "POLY": _kind(
        "designed feature: polynomials of each number up to degree 3, over the range of the training part",
        powers,
        width=3,
    ),
    "HIST": _kind("designed feature: a histogram of 16 bins for each channel, as shares", histogram),
    "HOG": _kind(
        "designed feature: histograms of oriented gradients (Dalal, Triggs 2005), cells of 8×8 pixels, "
        "9 orientations, blocks of 2×2 cells",
        oriented_gradients,
    ),
    "BOW": _kind(
        "designed feature: a bag of 256 visual words of 6×6 pixels, pooled over quadrants (Coates, Ng, Lee 2011)",
        bag_of_words,
        width=256,
    ),
}
