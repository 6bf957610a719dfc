"""Sample weights: how much each example counts in the loss and in the scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wxb.data.kinds import LARGEST
from wxb.errors import WxbError
from wxb.text import count, plural

if TYPE_CHECKING:
    from wxb.data.dataset import Dataset

Floats = NDArray[np.float64]


def weights_of_array(values: NDArray[Any]) -> Floats:
    """Weights from an array (n,). Raises WxbError unless it holds numbers that can be weights."""
    if values.ndim != 1 or values.dtype.kind not in "iuf":
        raise WxbError(
            f"an array of shape {values.shape} and dtype {values.dtype} holds no weights",
            "expected one number of at least 0 for each example, (n,)",
        )
    return checked(values.astype(np.float64), "the array", np.arange(len(values)))


def checked(weights: Floats, called: str, rows: NDArray[np.int64]) -> Floats:
    """The weights (n,) of examples. Raises WxbError if one is missing, beyond 1e30 or negative, or all are 0.

    `rows` (n,) are the numbers of the rows where they come from, for messages.
    """
    for wrong, what in ((~(np.abs(weights) <= LARGEST), f"no number up to {LARGEST:g}"), (weights < 0, "negative")):
        if wrong.any():
            number, first = int(wrong.sum()), int(rows[np.flatnonzero(wrong)[0]])
            raise WxbError(
                f"{plural(number, 'weight')} of {called} {'is' if number == 1 else 'are'} {what}, "
                f"the first in row {count(first)}",
                "a weight says how much its row counts: 0 for not at all, 2 as much as two rows",
                "numbers of at least 0 in each row, or rows without a weight left out",
            )
    if not weights.any():
        raise nothing_counts(f"all weights of {called} are 0")
    return weights


def nothing_counts(what: str) -> WxbError:
    """The error for examples none of which counts."""
    return WxbError(what, "so that no row counts", "a weight above 0 for the rows that count")


def need_weight(data: Dataset) -> None:
    """Raise WxbError if all examples of a part have the weight 0."""
    if data.weights is None:
        return
    for part in ("train", "validation", "test"):
        rows = data.split.part(part)
        if len(rows) and not data.weights[rows].any():
            raise nothing_counts(f"all weights of {data.weight_name} in the {part} part of {data.name} are 0")
