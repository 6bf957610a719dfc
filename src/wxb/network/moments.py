"""Moments and extremes of the numbers of examples, by channel or column; few numbers are summed at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from wxb.data.dataset import Inputs

    Numbers: TypeAlias = Inputs | NDArray[np.int64]

NUMBERS_AT_ONCE = 2**20  # numbers summed at a time: few enough for the cache, and no copy of all is made


def fitted_scale(
    examples: Numbers, rows: NDArray[np.int64], normalize: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The offset and the divisor of each channel or column of these rows for `normalize` "std" or "range"."""
    if normalize == "std":
        return moments(examples, rows)
    least, most = extremes(examples, rows)
    return least, _spread(most - least, least)


def moments(examples: Numbers, rows: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and standard deviation of each channel or column of these rows, in float64; 1 if it is constant."""
    axes = (0, *range(2, examples.ndim))
    parts = chunks(examples, rows)
    places = len(rows) * int(np.prod(examples.shape[2:]))
    if examples.dtype == np.uint8:
        # sums of bytes and of their squares are exact in any memory layout, and need only one pass
        total, squares = np.zeros((2, examples.shape[1]), dtype=object)
        for part in parts:
            pixels = examples[part]
            total += pixels.sum(axes, dtype=np.int64)
            squares += np.square(pixels, dtype=np.uint16).sum(axes, dtype=np.int64)
        mean = (total / places).astype(np.float64)
        variance = ((places * squares - total**2) / places**2).astype(np.float64)
        return mean, _spread(np.sqrt(variance), mean)
    mean = sum(examples[part].sum(axes, dtype=np.float64) for part in parts) / places
    centre = mean.reshape((-1,) + (1,) * (examples.ndim - 2))
    squares = sum(np.square(examples[part] - centre).sum(axes) for part in parts)
    return mean, _spread(np.sqrt(squares / places), mean)


def extremes(examples: Numbers, rows: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The least and the greatest number of each channel or column of these rows, in float64."""
    axes = (0, *range(2, examples.ndim))
    parts = chunks(examples, rows)
    least = np.min([examples[part].min(axes) for part in parts], axis=0)
    most = np.max([examples[part].max(axes) for part in parts], axis=0)
    return least.astype(np.float64), most.astype(np.float64)


def chunks(examples: Numbers, rows: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """The rows in pieces of about `NUMBERS_AT_ONCE` numbers."""
    step = max(1, NUMBERS_AT_ONCE // int(np.prod(examples.shape[1:])))
    return [rows[start : start + step] for start in range(0, len(rows), step)]


def _spread(width: NDArray[np.float64], centre: NDArray[np.float64]) -> NDArray[np.float64]:
    """The divisor of each channel or column: its width, or 1 if it is constant up to float32 rounding."""
    rounding = np.finfo(np.float32).eps * np.abs(centre)
    return np.where(width > rounding, width, 1.0)
