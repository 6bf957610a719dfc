"""Arrays for the browser: so many numbers, and so many of their digits, as a screen can show."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wxb.views.view import listed

MOST_LAYERS, MOST_MAPS, MOST_NUMBERS = 24, 16, 400_000  # of an example's way through the network


def numbers(array: NDArray[Any]) -> Any:
    """The first maps of a layer's output, with four digits."""
    shown = array[:MOST_MAPS] if array.ndim == 3 else array
    if shown.size > MOST_NUMBERS:
        return None
    return rounded(shown)


def rounded(array: NDArray[Any]) -> Any:
    """Numbers as nested lists, to a ten-thousandth of the greatest of them: more than a screen can show."""
    exact = array.astype(np.float64)
    finite = np.isfinite(exact)
    most = float(np.abs(exact[finite]).max()) if finite.any() else 0.0
    if most:
        exact = np.round(exact, max(0, 4 - math.floor(math.log10(most))))
    return listed(exact)
