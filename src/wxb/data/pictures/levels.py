"""Greys of more than eight bits, and of floating point, as bytes: which of their values become 0 and 255."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from wxb.data.kinds import LARGEST
from wxb.text import first_of, percent, plural

MOST_BEYOND = 0.05  # of a picture's pixels beyond the levels of a run; one with more is of another scale
DARK = 1 / 16  # of the levels of a run; a picture whose values all lie below may be of another scale
MOST_REMARKS = 5  # on pictures of a folder that a note gives
DEEP_COLOURS = "colours of 16 bits: only the upper 8 were read"
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

    def __str__(self) -> str:
        """The first and the last value: "0 to 4,095"."""
        if self.low == 0 and self.high >= 256 and self.high.is_integer() and not int(self.high) & (int(self.high) - 1):
            return f"0 to {int(self.high) - 1:,}"
        return f"{number(self.low)} to {number(self.high)}"


def number(value: float) -> str:
    """A value of a picture for people: "65,280", "0.25"."""
    return f"{value:,.0f}" if value.is_integer() and abs(value) < 1e9 else f"{value:g}"


SIXTEEN_BITS = Levels(0.0, 65_536.0)


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


@dataclass(frozen=True)
class Fit:
    """How a picture lies in the levels of a run: the share of its pixels beyond, and its greatest value."""

    beyond: float
    high: float
    dark: bool

    def remark(self, levels: Levels) -> str:
        """What is strange in the picture; "" if it fits."""
        if self.beyond:
            share = percent(self.beyond) if self.beyond >= 0.001 else "less than 0.1 %"
            return f"{share} of its pixels lie beyond the run's range of {levels} and are clipped"
        if self.dark:
            return (
                f"its values go up to {number(self.high)} only, the run's range is {levels}: it may have another scale"
            )
        return ""


def fit_of(picture: Image.Image, levels: Levels) -> Fit:
    """How a deep picture lies in the levels of a run."""
    values = values_of(picture)
    known = values[~np.isnan(values)]
    if not known.size:
        return Fit(0.0, levels.low, dark=False)
    low, high = float(known.min()), float(known.max())
    beyond = np.mean((known < levels.low) | (known > levels.high))
    return Fit(float(beyond), high, low < high < levels.low + DARK * (levels.high - levels.low))


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
    remarks: tuple[str, ...] = ()  # on pictures that hardly fit the levels of a run, each after the picture's name

    def notes(self) -> Iterator[str]:
        """What became of their values."""
        if self.greys:
            levels = Levels(*self.levels) if self.levels else SIXTEEN_BITS
            are = "is of" if self.greys == 1 else "are of"
            yield (
                f"{plural(self.greys, 'picture')} {are} greys of more than 8 bits: "
                f"values from {levels} became 256 levels"
            )
        if self.remarks:
            fit = "hardly fits" if len(self.remarks) == 1 else "hardly fit"
            first = first_of(self.remarks, MOST_REMARKS, "\n  ")
            yield f"{plural(len(self.remarks), 'picture')} {fit} the run's range of values\n  {first}"
        if self.colours:
            are = "is of" if self.colours == 1 else "are of"
            yield f"{plural(self.colours, 'picture')} {are} {DEEP_COLOURS}"
