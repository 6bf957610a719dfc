"""Greys of more than eight bits, and of floating point, as bytes: which of their values become 0 and 255."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from wxb.data.kinds import LARGEST
from wxb.text import plural

NO_DATA = 42113  # the tag of a TIFF with the number that stands for "no data" (GDAL)


@dataclass(frozen=True)
class Levels:
    """The values that become 0, and the first beyond the range that becomes 255: 12 bits are 0 and 4096."""

    low: float
    high: float

    def bytes_of(self, values: NDArray[np.float64]) -> NDArray[np.uint8]:
        """The level of each value, 256 of the same width; "no data" (NaN) is 0."""
        levels = np.floor((values - self.low) * (256 / (self.high - self.low)))
        return np.nan_to_num(levels, nan=0.0).clip(0, 255).astype(np.uint8)


SIXTEEN_BITS = Levels(0, 65_536)


@dataclass(frozen=True)
class Range:
    """The smallest and the greatest value of pictures, and whether all are whole numbers."""

    low: float
    high: float
    whole: bool


def is_deep(picture: Image.Image) -> bool:
    """Whether a picture has one channel of more than eight bits, or of floating point."""
    return picture.mode.startswith(("I", "F"))


def values_of(picture: Image.Image) -> NDArray[np.float64]:
    """The values (height, width) of a deep picture; NaN where it has no data."""
    values = np.asarray(picture).astype(np.float64)
    values[~(np.abs(values) <= LARGEST)] = np.nan
    tags = getattr(picture, "tag_v2", {})
    with suppress(KeyError, ValueError):  # there is none
        values[values == float(str(tags[NO_DATA]).strip("\0 "))] = np.nan
    return values


def range_of(picture: Image.Image) -> Range | None:
    """The range of a deep picture; None if it has no data at all."""
    values = values_of(picture)
    known = values[~np.isnan(values)]
    return Range(float(known.min()), float(known.max()), picture.mode != "F") if known.size else None


def levels_for(ranges: Sequence[Range]) -> tuple[float, float] | None:
    """The `Levels` of all pictures with these ranges; None without any.

    Whole numbers begin at 0 and end with the last one of as many bits as the greatest needs, at least eight. Other
    numbers are taken from 0 to 1 or to 255 if they lie there. Anything else is taken from the smallest to the greatest.
    """
    if not ranges:
        return None
    low, high = min(one.low for one in ranges), max(one.high for one in ranges)
    if low >= 0 and all(one.whole for one in ranges):
        return 0.0, 2.0 ** max(8, int(high).bit_length())
    if low >= 0 and high <= 255:
        return 0.0, 1.0 if high <= 1 else 256.0
    return low, high if high > low else low + 1


@dataclass(frozen=True)
class Deep:
    """How many deep pictures a folder has, and their levels."""

    greys: int = 0
    colours: int = 0  # more than eight bits per colour
    levels: tuple[float, float] | None = None

    def notes(self) -> Iterator[str]:
        """What became of their values."""
        if self.greys:
            low, high = self.levels or (SIXTEEN_BITS.low, SIXTEEN_BITS.high)
            are = "is of" if self.greys == 1 else "are of"
            yield (
                f"{plural(self.greys, 'picture')} {are} greys of more than 8 bits: "
                f"values from {low:g} to {high:g} became 256 levels"
            )
        if self.colours:
            are = "is of" if self.colours == 1 else "are of"
            yield f"{plural(self.colours, 'picture')} {are} colours of 16 bits: only the upper 8 were read"
