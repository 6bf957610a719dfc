"""Output shapes of the designed features; how they are computed is the network's matter."""

from __future__ import annotations

from typing import NamedTuple

from ..text import shape as shape_text
from .tree import Shape

BINS = 16  # of HIST, a channel
CELL = 8  # pixels of a side of HOG's cells
BLOCK = 2  # cells of a side of HOG's blocks
ORIENTATIONS = 9
PATCH = 6  # pixels of a side of BOW's patches
QUADRANTS = 4


class Feature(NamedTuple):
    """A vector and what each number sees: receptive field and jump in pixels, and places along (height, width)."""

    shape: Shape
    field: tuple[int, int]
    jump: tuple[int, int]
    spread: tuple[int, int]


def feature(name: str, shape: Shape, words: int = 0) -> Feature | str:
    """What the designed feature `name` gives for inputs of `shape`, or why it does not fit; `words` is BOW's width.

    HOG: Dalal, Triggs 2005, blocks of 2x2 cells of 8x8 pixels. BOW: Coates, Ng, Lee 2011, pooled over quadrants.
    """
    if name == "POLAR":
        if shape != (2,):
            return f"its input is {shape_text(shape)}, not a vector of x and y"
        return Feature((2,), (1, 2), (1, 1), (1, 1))
    if len(shape) != 3:
        if name == "PIXELS":
            return Feature(shape, (1, 1), (1, 1), (1, shape[0]))
        return f"it needs pictures, and its input is a vector of {shape[0]} numbers"
    channels, height, width = shape
    whole = (height, width)
    if name == "PIXELS":
        return Feature((channels * height * width,), (1, 1), (1, 1), whole)
    if name == "HIST":
        return Feature((BINS * channels,), whole, (1, 1), (1, 1))
    if name == "HOG":
        down, across = height // CELL - BLOCK + 1, width // CELL - BLOCK + 1
        if min(down, across) < 1:
            return f"its input is {height}x{width}, and a block of cells is {BLOCK * CELL}x{BLOCK * CELL}"
        side = BLOCK * CELL + 2  # a gradient takes a pixel on each side
        numbers = down * across * BLOCK * BLOCK * ORIENTATIONS
        return Feature((numbers,), (side, side), (CELL, CELL), (down, across))
    if min(height, width) <= PATCH:
        return f"its input is {height}x{width}, and each quadrant needs a patch of {PATCH}x{PATCH}"
    places = (height - PATCH + 1, width - PATCH + 1)
    half = (-(-places[0] // 2) + PATCH - 1, -(-places[1] // 2) + PATCH - 1)
    return Feature((QUADRANTS * words,), half, (places[0] // 2, places[1] // 2), (2, 2))
