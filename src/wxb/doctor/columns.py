"""What single columns say, and how pixels lie: measurements of plain arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SAME = 0.9995  # |r| of two columns that are one
MOST_COLUMNS = 500  # whose correlations are looked at
ALONE = 0.995  # score of a single column that is the target


def correlated(sample: Floats) -> NDArray[np.int64]:
    """The columns (…) of a sample (n, columns) that repeat an earlier one, up to scale and offset."""
    some = sample[:, :MOST_COLUMNS]
    deviation = some.std(axis=0)
    moving = np.flatnonzero(deviation > 0)
    if len(moving) < 2:
        return moving[:0]
    standard = (some[:, moving] - some[:, moving].mean(axis=0)) / deviation[moving]
    r = np.abs(standard.T @ standard) / len(some)
    double: NDArray[np.bool_] = (np.triu(r, 1) > SAME).any(axis=0)
    return moving[double]


def labels_alone(sample: Floats, targets: NDArray[np.generic], classes: bool) -> tuple[float, int | None]:
    """The best score of a single column (n, columns) that is the target itself, and its place; None if none is.

    Of classes, a column with about one value for each class; of numbers, one that is correlated by 0.9995.
    """
    if classes:
        best, found = 0.0, None
        number = len(np.unique(targets))
        for place in range(sample.shape[1]):
            values, which = np.unique(sample[:, place], return_inverse=True)
            if not number <= len(values) <= 2 * number:
                continue
            counts = np.zeros((len(values), int(targets.max()) + 1))
            np.add.at(counts, (which, targets.astype(np.int64)), 1)
            score = float(counts.max(axis=1).sum() / len(targets))
            if score > max(best, ALONE):
                best, found = score, place
        return best, found
    columns = targets.reshape(len(targets), -1).astype(np.float64)
    if columns.shape[1] != 1 or len(columns) < 10:
        return 0.0, None
    given = columns[:, 0]
    deviation = sample.std(axis=0) * given.std()
    covariance = ((sample - sample.mean(axis=0)) * (given - given.mean())[:, None]).mean(axis=0)
    r = np.abs(np.divide(covariance, deviation, out=np.zeros_like(deviation), where=deviation > 0))
    place = int(r.argmax())
    return float(r[place]), place if r[place] > SAME else None


def neighbours_agree(pictures: Floats) -> float:
    """The mean correlation of each pixel with the one to its right, over pictures (n, channels, height, width)."""
    if pictures.shape[3] < 2:
        return 1.0
    left, right = pictures[..., :-1].reshape(len(pictures), -1), pictures[..., 1:].reshape(len(pictures), -1)
    left, right = left - left.mean(), right - right.mean()
    spread = np.sqrt((left**2).mean() * (right**2).mean())
    return float((left * right).mean() / spread) if spread > 0 else 1.0


def shifted_channels(pictures: Floats) -> tuple[float, float]:
    """How far neighbouring pixels agree, as the pictures are, and if they are read again with channels last."""
    count, channels, height, width = pictures.shape
    if channels == 1:
        return 1.0, 1.0
    again = np.ascontiguousarray(pictures).reshape(count, height, width, channels).transpose(0, 3, 1, 2)
    return neighbours_agree(pictures), neighbours_agree(again)
