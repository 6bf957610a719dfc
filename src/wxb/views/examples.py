"""Examples of a data set as arrays, and as panels that show them: pictures side by side, rows as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wxb.data.dataset import Dataset
from wxb.text import one_line, rounded, shortened
from wxb.views.drawing import Panel, named_tiles, picture_of
from wxb.views.linear import MAPS
from wxb.views.view import Axis, Values

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PICTURES, COLUMNS = "pictures", "columns"
KEPT = 100  # columns of a row that an array keeps,
LETTERS = 92  # and letters of them that a line of a figure has
IN_A_ROW = 5  # pictures


def listed(data: Dataset, rows: NDArray[np.int64], axis: Axis) -> dict[str, Values]:
    """The examples in some rows (n,), under the name of what they are.

    "pictures" are (n, channel, row, column); "columns" (n, column) the first hundred, of a table as texts as they stand
    in it, after the number of the row, of other data as numbers. `axis` is what counts the rows.
    """
    if data.spatial:
        return {PICTURES: Values(data.examples[rows], (axis, *map(Axis, MAPS)), "the examples as the data holds them")}
    if data.columns is None:
        values = data.examples[rows][:, :KEPT]
        return {COLUMNS: Values(values, (axis, Axis("column")), "the examples as the data holds them")}
    names = ("row", *(column.name for column in data.columns.held))[:KEPT]
    words = [[str(data.row_number(int(row))), *data.columns.words(data.examples[row]).values()][:KEPT] for row in rows]
    texts = np.array(words, dtype=np.str_).reshape(len(rows), len(names))
    return {COLUMNS: Values(texts, (axis, Axis("column", ticks=names)), "the examples as the table has them")}


def panels(title: str, arrays: Mapping[str, Values], captions: Sequence[str]) -> list[Panel]:
    """A panel with as many of the examples of `listed` as there are captions, each with its own; none if none is."""
    count = len(captions)
    if not count:
        return []
    if PICTURES in arrays:
        shown = np.stack([picture_of(one) for one in arrays[PICTURES].array[:count]])
        if shown.ndim == 3:
            shown = np.repeat(shown[..., None], 3, axis=3)
        shown = np.concatenate([shown, np.ones((*shown.shape[:3], 1))], axis=3)
        return [replace(named_tiles(shown, captions, IN_A_ROW), title=title)]
    values = arrays[COLUMNS]
    names = values.axes[1].ticks
    lines = [f"{caption}: {_row(row, names)}" for caption, row in zip(captions, values.array[:count], strict=True)]

    def paint(axes: Axes) -> None:
        axes.set_xlim(0, 1)
        axes.set_ylim(len(lines) - 0.5, -0.5)
        for place, text in enumerate(lines):
            axes.text(0, place, shortened(one_line(text), LETTERS), va="center", fontsize=7)

    return [Panel(title, 0.17 * len(lines), paint)]


def _row(row: NDArray[np.generic], names: Sequence[str]) -> str:
    """A row in words: "size 1.2, colour red"; of numbers without names "1.2, 3"."""
    texts = [rounded(float(one), 3) if row.dtype.kind != "U" else str(one) for one in row]
    return ", ".join(f"{name} {text}" for name, text in zip(names, texts, strict=True)) if names else ", ".join(texts)
