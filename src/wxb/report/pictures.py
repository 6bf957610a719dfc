"""Pictures of a report: PNG within the page, so that it stays one file."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from wxb.views.drawing import tiles

IN_A_ROW = 8  # filters
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


def signed_tiles(pictures: NDArray[Any]) -> str:
    """Weights (n, height, width) side by side as a PNG data URI, orange below 0 and blue above it, or colours (n,
    height, width, 4); between them it is transparent.
    """
    if pictures.ndim == 3:
        most = float(np.abs(pictures).max()) or 1.0
        shares = (np.asarray(pictures, np.float64) / most)[..., None]
        ends = np.where(shares < 0, np.array([213, 94, 0]), np.array([0, 114, 178]))  # Okabe and Ito's
        levels = 247 + (ends - 247) * np.abs(shares)
        pictures = np.concatenate([levels / 255, np.ones_like(shares)], axis=3)
    side = min(len(pictures), IN_A_ROW)
    zoom = max(1, round(SIDE / 2 / max(pictures.shape[1:3])))
    tiled = tiles(np.repeat(np.repeat(pictures, zoom, 1), zoom, 2), side, gap=4)
    return png_uri(Image.fromarray((255 * tiled).round().astype(np.uint8)))


def png_uri(image: Image.Image) -> str:
    """A Pillow image as a data URI."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
