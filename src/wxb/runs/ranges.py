"""The range of the numbers that a run was trained on, and new arrays whose numbers lie far outside of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from msgspec import UNSET
from numpy.typing import NDArray

from wxb.data.copies import pieces
from wxb.data.dataset import Dataset
from wxb.data.tables.columns import Number
from wxb.data.tables.novelty import FAR
from wxb.errors import WxbError
from wxb.text import count, first_of, plural

if TYPE_CHECKING:
    from wxb.runs.files import RunFiles

MOST_RANGES = 4_096  # that a run stores; of more features, and of pictures, one for all
LEVELS = 15  # of the brightest pixel, from which on pictures are no fractions from 0 to 1
LISTED = 3  # features in a remark

Ranges = tuple[tuple[float, float], ...]


def ranges_of(data: Dataset) -> Ranges | None:
    """The least and the greatest value of each feature of an array, or of all of its pictures; None for other data.

    The columns of a table, and of an array with offsets, hold their own.
    """
    if data.columns is not None or data.examples.dtype == np.uint8:
        return None
    low, high = np.inf, -np.inf
    for piece in pieces(data.examples):
        low, high = np.minimum(low, piece.min(axis=0)), np.maximum(high, piece.max(axis=0))
    if data.spatial or np.size(low) > MOST_RANGES:
        low, high = np.min(low), np.max(high)
    return tuple(zip(np.ravel(low).astype(float).tolist(), np.ravel(high).astype(float).tolist(), strict=True))


def refuse_bytes(run: RunFiles, array: NDArray[Any]) -> None:
    """Raise WxbError if a run was trained on fractions from 0 to 1, and an array holds bytes instead."""
    if array.dtype != np.uint8 or not array.size or (known := _known(run)) is None:
        return
    low, high = np.nanmin(known.low), np.nanmax(known.high)
    if low >= 0 and high <= 1 < array.max():
        raise WxbError(
            "the network was trained on fractions from 0 to 1; the examples are bytes",
            f"expected {low:g} to {high:g}, got {array.min()} to {array.max()}",
            "examples / 255",
        )


def far_outside(run: RunFiles, examples: NDArray[Any]) -> tuple[str, ...]:
    """The remark on numbers of examples (n, …) that lie beyond the range of training by more than its width.

    A feature that is narrower than most counts as wide as these: one that was always 0 says little of what it may be.
    Pictures from 0 to 1 are noted, too, if those of training had levels.
    """
    known = _known(run)
    if known is None or not examples.size:
        return ()
    values = examples.reshape(1 if examples.ndim == 1 else len(examples), -1)
    if len(known.names) not in (0, values.shape[1]):
        return ()
    if not known.names and known.low[0] >= 0 and known.high[0] >= LEVELS and 0 < values.max() <= 1:
        had = f"{known.low[0]:.6g} to {known.high[0]:.6g}"
        return (f"all values lie from {values.min():.6g} to {values.max():.6g}, those of training from {had}",)
    widths = known.high - known.low
    width = np.maximum(widths, np.nanmedian(widths)) * FAR
    far = (values < known.low - width) | (values > known.high + width)
    places = np.flatnonzero(far.any(axis=0))
    if not len(places):
        return ()
    said = []
    for place in places[: LISTED if known.names else 1]:
        of, lost = 0, plural(int(far.any(axis=1).sum()), "example")
        if known.names:
            of, lost = place, f"{known.names[place]}: {count(int(far[:, place].sum()))}"
        row = int(np.argmax(far[:, place]))
        had = f"{known.low[of]:.6g} to {known.high[of]:.6g}, such as {values[row, place]:.6g} (row {row})"
        said.append(f"{lost} far outside of the range that training had, {had}")
    return (first_of(said, LISTED, "; ", of=len(places) if known.names else 1),)


class _Known(NamedTuple):
    """The ranges that a run knows, each (features,) with the names of these, or (1,) for all without a name."""

    low: NDArray[np.float64]  # NaN where a feature is no number
    high: NDArray[np.float64]
    names: tuple[str, ...]


def _known(run: RunFiles) -> _Known | None:
    """The ranges of what a run was trained on; None if it does not know them, as of bytes."""
    if run.data.ranges is not UNSET:
        low, high = np.array(run.data.ranges, np.float64).T
        features = 0 if len(low) == 1 and run.summary.input != (1,) else len(low)
        return _Known(low, high, tuple(f"feature {place}" for place in range(1, features + 1)))
    if run.preparation is None:
        return None
    numbers = {one.name: (one.low, one.high) for one in run.preparation.used if isinstance(one, Number)}
    names = run.preparation.names
    if not numbers:
        return None
    low, high = np.array([numbers.get(name, (np.nan, np.nan)) for name in names], np.float64).T
    return _Known(low, high, names)
