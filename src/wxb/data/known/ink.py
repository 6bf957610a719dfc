"""Conversion of handwritten digits to 16x16 squares of ink or paper, the input of a classic first network."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SIDE = 16
AT_ONCE = 10_000  # pictures converted at a time, to bound the memory of their float64 copies


def inked(pictures: NDArray[np.uint8], full: int) -> NDArray[np.uint8]:
    """Reduce pictures (n, 1, height, width), 0 (paper) to `full` (ink), to (n, 1, 16, 16), 1 for ink and 0 for paper.

    A square is ink if its mean over the part of the picture that it covers is at least half of `full`. Pixels on its
    border count by the share that lies inside.
    """
    down, across = (_shares(length) for length in pictures.shape[2:])
    squares = np.empty((len(pictures), 1, SIDE, SIDE), dtype=np.uint8)
    for start in range(0, len(pictures), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        means = down @ pictures[part, 0].astype(np.float64) @ across.T
        # sums in floating point may miss a mean of exactly a half by a rounding error
        squares[part, 0] = means >= full / 2 - 1e-9 * full
    return squares


def as_in_set(pictures: NDArray[np.uint8], full: int, ink: bool) -> NDArray[np.uint8]:
    """Scale bytes of picture files (n, 1, height, width) to the values of a set of handwriting.

    Values from 0 to 255 become values from 0 to `full`, rounded. With `ink` the pictures are then `inked`.
    """
    scaled = ((pictures.astype(np.uint16) * full + 127) // 255).astype(np.uint8)
    return inked(scaled, full) if ink else scaled


def _shares(length: int) -> NDArray[np.float64]:
    """The share of each of 16 squares in a row that each of `length` pixels covers: (16, length), rows sum to 1."""
    edges = np.arange(SIDE + 1) * length / SIDE
    pixels = np.arange(length)
    inside = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    return np.asarray(np.maximum(inside, 0) * SIDE / length)
