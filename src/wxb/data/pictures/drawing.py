"""Drawings of examples with characters, and tables of their numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from wxb.data.dataset import Dataset
from wxb.data.kinds import KINDS
from wxb.errors import WxbError
from wxb.tasks import TASKS
from wxb.text import OWN_ESCAPE, count, plural, shape, shortened

RAMP = " .:-=+*#%@"  # from dark to bright
HALF = "▀"  # the foreground is the upper pixel, the background the lower one
LEAST, MOST = 16, 32  # columns of a drawing: smaller pictures are enlarged, larger ones reduced
WINDOW = (16, 24)  # rows and columns of a large picture whose numbers are shown
GAP = "  "

Picture = NDArray[np.uint8] | NDArray[np.float32]  # (channels, height, width)


def draw_picture(picture: Picture, scale: tuple[float, float], colour: bool = False) -> list[str]:
    """Draw a picture as lines, with one character per column and two rows.

    `scale` holds the values that are drawn black and white. Brightness is a character of RAMP; with `colour`, pixels
    are half blocks in 24-bit colours (for terminals that support them). Three channels are red, green and blue; any
    other number of channels is averaged.
    """
    low, high = scale
    light = ((picture.astype(np.float64) - low) / ((high - low) or 1)).clip(0, 1)
    if len(light) != 3:
        light = light.mean(axis=0, keepdims=True)
    light = _resized(light)
    if light.shape[1] % 2:
        light = np.concatenate([light, np.zeros_like(light[:, :1])], axis=1)
    if colour:
        levels = np.broadcast_to((light * 255).round().astype(int), (3, *light.shape[1:]))
        return [_coloured(levels[:, row], levels[:, row + 1]) for row in range(0, light.shape[1], 2)]
    # Rec. 601: the brightness of red, green and blue to the eye
    grey = light[0] if len(light) == 1 else np.tensordot([0.299, 0.587, 0.114], light, axes=1)
    pairs = (grey[0::2] + grey[1::2]) / 2
    numbers = (pairs * (len(RAMP) - 1)).round().astype(int)
    return ["".join(RAMP[number] for number in row).rstrip() for row in numbers]


def draw_examples(data: Dataset, most: int = 10, width: int = 80, colour: bool = False) -> list[str]:
    """Draw the first training picture of each class, at most `most`, side by side under their names, `width` wide.

    Rows of numbers are written as numbers.
    """
    rows = _samples(data)[:most]
    if not data.spatial:
        return [f"{_caption(data, row)}: {_in_short(data, row)}" for row in rows]
    flat = data.examples[rows]
    full_range = data.examples.dtype == np.uint8 and data.examples.max() > 16
    scale = (0.0, 255.0) if full_range else (float(flat.min()), float(flat.max()))
    drawings = [draw_picture(data.examples[row], scale, colour) for row in rows]
    columns = _resized(np.zeros((1, *data.shape[1:]))).shape[2]
    across = max(1, (width + len(GAP)) // (columns + len(GAP)))
    out: list[str] = []
    for start in range(0, len(rows), across):
        group = range(start, min(start + across, len(rows)))
        captions = GAP.join(_caption(data, rows[i])[:columns].ljust(columns) for i in group)
        out += [] if start == 0 else [""]
        out.append(captions.rstrip())
        for pieces in zip(*(drawings[i] for i in group), strict=True):
            line = GAP.join(piece if colour else piece.ljust(columns) for piece in pieces)
            out.append(line if colour else line.rstrip())
    return out


def grid(data: Dataset, number: int, window: tuple[int, int] = WINDOW) -> list[str]:
    """The numbers of example `number` (0-based row): one table per channel, of the middle `window` of a large picture.

    Raises WxbError if there is no such row.
    """
    if not 0 <= number < len(data.examples):
        raise WxbError(
            f"{data.name} has no example {number}",
            f"expected 0 to {count(len(data.examples) - 1)}",
            "another number",
        )
    example = data.inputs[number]
    head = f"example {count(number)} of {data.name}, {_caption(data, number)}"
    if not data.spatial:
        return [f"{head}, {plural(data.shape[0], 'feature')}", *_lines_of_numbers(example, window[1])]
    head += f", {shape(data.shape)}"
    _, height, width = data.shape
    top, left = max(0, (height - window[0]) // 2), max(0, (width - window[1]) // 2)
    shown = example[:, top : top + window[0], left : left + window[1]]
    if shown.shape != example.shape:
        bottom, right = top + shown.shape[1] - 1, left + shown.shape[2] - 1
        head += f"; rows {top} to {bottom}, columns {left} to {right}"
    names = {1: ("",), 3: ("red", "green", "blue")}.get(len(shown), tuple(f"channel {i}" for i in range(len(shown))))
    cells = [[[_text(value) for value in row] for row in channel] for channel in shown]
    wide = max(len(text) for channel in cells for row in channel for text in row)
    out = [head]
    for name, channel in zip(names, cells, strict=True):
        out += [name] if name else []
        out += [" ".join(text.rjust(wide) for text in row) for row in channel]
    return out


def _resized(light: NDArray[np.float64]) -> NDArray[np.float64]:
    """Enlarge (channels, height, width) by an integer to at least LEAST columns, or average it to at most MOST."""
    width = light.shape[2]
    if width < LEAST:
        times = -(-LEAST // width)
        return light.repeat(times, axis=1).repeat(times, axis=2)
    if width <= MOST:
        return light
    return _averaged(_averaged(light, 2, MOST), 1, max(1, round(light.shape[1] * MOST / width)))


def _averaged(light: NDArray[np.float64], axis: int, length: int) -> NDArray[np.float64]:
    """Reduce one axis to `length` places, each the mean of the old places that it covers."""
    edges = np.linspace(0, light.shape[axis], length + 1).astype(int)
    starts, ends = edges[:-1], np.maximum(edges[1:], edges[:-1] + 1)
    sums = np.add.reduceat(light, starts, axis=axis)
    sizes = (ends - starts).reshape([-1 if i == axis else 1 for i in range(light.ndim)])
    return np.asarray(sums / sizes)


def _coloured(upper: NDArray[np.int64], lower: NDArray[np.int64]) -> str:
    """Draw two rows of pixels (3, width), levels 0–255, as half blocks in ISO 8613-6 direct colours, and reset them."""
    cells = zip(upper.T.tolist(), lower.T.tolist(), strict=True)
    return (
        "".join(f"{OWN_ESCAPE}[38;2;{r};{g};{b};48;2;{x};{y};{z}m{HALF}" for (r, g, b), (x, y, z) in cells)
        + f"{OWN_ESCAPE}[0m"
    )


def _samples(data: Dataset) -> list[int]:
    """The rows of a few typical examples, from the training part if there is one."""
    rows = data.split.train if len(data.split.train) else np.arange(len(data.examples))
    return [int(rows[place]) for place in TASKS[data.task].samples(data.targets[rows], data.classes)]


def _caption(data: Dataset, row: int) -> str:
    """The target of an example: its class, its labels, or its numbers."""
    return TASKS[data.task].text(data.targets[row], data.classes)


def _in_short(data: Dataset, row: int) -> str:
    """An example that is no picture: the texts of a sentence, the first numbers of a row."""
    if data.columns is not None and not KINDS[data.kind].scaled:
        return shortened("  ".join(data.columns.words(data.examples[row]).values()), 70)
    return _row_of_numbers(data.inputs[row])


def _row_of_numbers(example: NDArray[np.generic], most: int = 8) -> str:
    return " ".join(_text(value) for value in example[:most]) + " …" * (len(example) > most)


def _lines_of_numbers(example: NDArray[np.generic], across: int) -> list[str]:
    texts = [_text(value) for value in example]
    wide = max(len(text) for text in texts)
    rows: list[Sequence[str]] = [texts[i : i + across] for i in range(0, len(texts), across)]
    return [" ".join(text.rjust(wide) for text in row) for row in rows]


def _text(value: np.generic) -> str:
    return f"{value.item():.4g}"
