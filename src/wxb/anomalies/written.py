"""Anomalies on the disk: a table of all examples, the oddest first, and a sheet of the oddest."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wxb import storage
from wxb.anomalies.anomalies import Anomalies, lines
from wxb.errors import FAILED, WxbError
from wxb.text import utf8
from wxb.views import examples
from wxb.views.drawing import Panel, heat, picture_of, png_of, sheet, style, tiles
from wxb.views.view import Axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TABLE, SHEET = "anomalies.csv", "anomalies.png"
PICTURES, ROWS = 10, 20  # that are drawn


def write(found: Anomalies, folder: Path) -> list[Path]:
    """Write anomalies.csv and anomalies.png into a folder, and return their paths.

    anomalies.csv has a line for each example: its file or row, its score, error and distance, and whether it is above
    the threshold. Raises WxbError if they cannot be written.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["example", "score", "error", "distance", "flagged"])
    for place in found.order.tolist():
        error = "" if found.odd.error is None else f"{found.odd.error[place]:.6g}"
        numbers = (f"{found.odd.score[place]:.6g}", error, f"{found.odd.distance[place]:.6g}")
        writer.writerow([utf8(found.name(place)), *numbers, "yes" if found.flagged[place] else "no"])
    with style():
        drawn = png_of(draw(found))
    contents: dict[str, str | bytes] = {TABLE: out.getvalue(), SHEET: drawn}
    for name, content in contents.items():
        try:
            folder.mkdir(parents=True, exist_ok=True)
            storage.write(folder / name, content)
        except OSError as error:
            why = error.strerror or str(error)
            raise WxbError(
                f"{folder / name} cannot be written: {why}", fix="another `out`", exit_code=FAILED
            ) from error
    return [folder / name for name in contents]


def draw(found: Anomalies) -> Figure:
    """The oddest examples; pictures above what the network makes of them and where both differ."""
    title = f"The oddest examples of {found.data.name} for {found.run.name}"
    notes = [f"{label}: {text}." for label, text in lines(found)[1:]]
    first = found.order[: PICTURES if found.data.spatial else ROWS]
    if not found.data.spatial:
        captions = [f"{found.name(int(one))} ({found.odd.score[one]:.1f}), {found.why(int(one))}" for one in first]
        listed = examples.listed(found.data, found.rows[first], Axis("example"))
        return sheet(title, examples.panels("", listed, captions), notes)
    shape = found.data.shape
    given = found.data.examples[found.rows[first]].astype(np.float64)
    panels = [_pictures("given, the oddest first", given)]
    if found.odd.made is not None:
        made = found.odd.made[first].reshape(-1, *shape).astype(np.float64)
        panels += [_pictures("reconstructed", made), _difference("difference", made - given)]
    return sheet(title, panels, notes)


def _pictures(title: str, values: NDArray[np.float64]) -> Panel:
    shown = np.stack([picture_of(np.clip(one, 0, None)) for one in values])
    if shown.ndim == 4:
        shown = np.concatenate([shown, np.ones((*shown.shape[:3], 1))], axis=3)
    tiled = tiles(shown, PICTURES, gap=max(1, shown.shape[2] // 14))
    return _panel(
        title, tiled, len(values), lambda axes: axes.imshow(tiled, cmap="gray", vmin=0, vmax=1, aspect="auto")
    )


def _difference(title: str, values: NDArray[np.float64]) -> Panel:
    tiled = tiles(values.mean(axis=1), PICTURES, gap=max(1, values.shape[-1] // 14))
    return _panel(title, tiled, len(values), lambda axes: heat(axes, tiled, aspect="auto"))


def _panel(title: str, tiled: NDArray[np.float64], number: int, paint: object) -> Panel:
    high, wide = tiled.shape[:2]
    width = 4.56 * number / PICTURES

    def draw_it(axes: Axes) -> None:
        paint(axes)  # type: ignore[operator]

    return Panel(title, width * high / wide, draw_it, width=width)
