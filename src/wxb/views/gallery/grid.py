"""A picture as its numbers."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wxb.errors import WxbError
from wxb.text import rounded
from wxb.text import shape as shape_text
from wxb.views.drawing import Panel, picture_of, sheet, show_picture
from wxb.views.place import place_of
from wxb.views.subject import subject
from wxb.views.view import Axis, Values, View

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST = 28  # rows and columns whose numbers are drawn
WIDE = 4.56  # inches
CHANNELS = ("red", "green", "blue")


def grid(
    of: Any, x: Any = None, *, example: int | None = None, part: str | None = None, place: str | None = None
) -> View:
    """A picture as the grid of its numbers, as the data holds them.

    `of` is a run, its folder, or a module of torch; `x`, `example` and `part` choose the picture as in `maps`. `place`
    is the row and the column where a window of 28x28 numbers begins; by default the window is in the middle.

    Arrays: "picture" (channel, row, column), all of it, and "window", the numbers that are drawn. Raises WxbError if
    the example is no picture.
    """
    seen = subject(of, "grid")
    shown = seen.example(x, example, part)
    values = shown.values
    if values is None or values.ndim != 3:
        raise WxbError("grid is for pictures (channels, height, width)")
    _, high, wide = values.shape
    rows, columns = min(high, MOST), min(wide, MOST)
    top, left = (high - rows) // 2, (wide - columns) // 2
    if place is not None:
        top, left = place_of(place, high, wide)
    window = values[:, top : top + rows, left : left + columns]
    named = [
        Axis("channel", ticks=CHANNELS if len(values) == 3 else ()),
        Axis("row", "pixels", tuple(str(top + one) for one in range(window.shape[1]))),
        Axis("column", "pixels", tuple(str(left + one) for one in range(window.shape[2]))),
    ]
    arrays = {
        "picture": Values(values, (named[0], Axis("row", "pixels"), Axis("column", "pixels")), "the picture"),
        "window": Values(window, tuple(named), "the numbers that are drawn"),
    }
    count = f"{shape_text(values.shape)} = {values.size:,} numbers"
    title = f"{shown.sentence}: {count}, {rounded(float(values.min()))} to {rounded(float(values.max()))}"
    facts = {**shown.facts, "top": top, "left": left}
    return View("grid", title, arrays, draw, facts)


def draw(view: View) -> Figure:
    """The picture with the window marked, then the numbers of each channel on its greys."""
    picture, window = view["picture"], view["window"]
    top, left = int(view.facts["top"]), int(view.facts["left"])
    channels, rows, columns = window.shape
    names = view.arrays["window"].axes[0].ticks or tuple(f"channel {one}" for one in range(channels))

    def whole(axes: Axes) -> None:
        from matplotlib.patches import Rectangle

        shown = picture if channels in (1, 3) else picture[:1]
        show_picture(axes, shown)
        if window.shape != picture.shape:
            axes.add_patch(
                Rectangle((left - 0.5, top - 0.5), columns, rows, fill=False, edgecolor="#D55E00", linewidth=1.5)
            )

    cell = min(WIDE / columns, 0.42)
    where = f"rows {top} to {top + rows - 1}, columns {left} to {left + columns - 1}"
    panels = [Panel("", 1.2, whole)]
    for name, values in zip(names, window, strict=True):
        title = f"{name}, {where}" if channels > 1 else where
        panels.append(Panel(title, cell * rows, partial(numbers, values=values, cell=cell), width=cell * columns))
    return sheet(view.title, panels, view.notes)


def numbers(axes: Axes, values: NDArray[Any], cell: float) -> None:
    """Numbers (row, column) on greys as light as they are; `cell` is a cell's width in inches."""
    axes.set_axis_off()
    shares = picture_of(values[None])
    axes.imshow(shares, cmap="gray", vmin=0, vmax=1, aspect="auto")
    texts = [[rounded(float(value), 3) for value in row] for row in values]
    longest = max(len(text) for row in texts for text in row)
    size = min(9.0, 72 * cell / (0.66 * max(longest, 2)))
    for (row, column), share in np.ndenumerate(shares):
        ink = "#000000" if share > 0.55 else "#ffffff"
        axes.text(column, row, texts[row][column], ha="center", va="center", fontsize=size, color=ink)
