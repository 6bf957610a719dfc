"""Handwritten digits as 16x16 squares of ink and no ink, the input of a classic first network for them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SIDE = 16
AT_ONCE = 10_000  # pictures; bounds the memory that float copies take


def inked(pictures: NDArray[np.uint8], full: int) -> NDArray[np.uint8]:
    """Pictures (n, 1, height, width), 0 for paper and `full` for ink, as (n, 1, 16, 16) of ink 1 and no ink 0.

    Each of the 16x16 squares covers a part of the picture; it is ink where the mean over that part is at least half of
    `full`. Pixels on its border count by the share that lies inside.
    """
    down, across = (_shares(length) for length in pictures.shape[2:])
    found = np.empty((len(pictures), 1, SIDE, SIDE), dtype=np.uint8)
    for start in range(0, len(pictures), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        means = down @ pictures[part, 0].astype(np.float64) @ across.T
        # sums in floating point may miss a mean of exactly a half by a rounding error
        found[part, 0] = means >= full / 2 - 1e-9 * full
    return found


def as_in_set(pictures: NDArray[np.uint8], full: int, ink: bool) -> NDArray[np.uint8]:
    """Bytes of picture files (n, 1, height, width) as a set of handwriting has them, whose `full` ink is not 255.

    Values 0–255 become 0–`full`, rounded; with `ink` the pictures then become `inked`.
    """
    scaled = ((pictures.astype(np.uint16) * full + 127) // 255).astype(np.uint8)
    return inked(scaled, full) if ink else scaled


def _shares(length: int) -> NDArray[np.float64]:
    """What share of each of 16 squares in a row each of `length` pixels is: (16, length), rows of sum 1."""
    edges = np.arange(SIDE + 1) * length / SIDE
    pixels = np.arange(length)
    inside = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    return np.asarray(np.maximum(inside, 0) * SIDE / length)
