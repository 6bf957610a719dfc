"""Pictures of a report: PNG within the page, so that it stays one file."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE = 96  # pixels of the longer side at most; a report holds a few dozen


def picture(example: NDArray[Any], white: float = 255.0) -> str:
    """A picture (channels, height, width) as a PNG data URI: of 3 channels in colour, else its first in grey.

    `white` is the value shown at full brightness; below 0 is black.
    """
    shown = example if example.shape[0] == 3 else example[:1]
    levels = np.clip(np.asarray(shown, np.float64) * (255 / white if white > 0 else 1), 0, 255).round().astype(np.uint8)
    image = Image.fromarray(np.moveaxis(levels, 0, -1) if len(levels) == 3 else levels[0])
    if max(image.size) > SIDE:
        image.thumbnail((SIDE, SIDE))
    return png_uri(image)


def png_uri(image: Image.Image) -> str:
    """A Pillow image as a data URI."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
