"""Anomalies on the disk: a table of all examples, the oddest first, and a sheet of the oddest."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from wxb import storage
from wxb.anomalies.anomalies import Anomalies, lines
from wxb.errors import FAILED, WxbError
from wxb.text import csv_text, utf8
from wxb.views import examples
from wxb.views.drawing import can_draw, png_of, row_of_differences, row_of_pictures, sheet, style
from wxb.views.view import Axis

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TABLE, SHEET = "anomalies.csv", "anomalies.png"
PICTURES, ROWS = 10, 20  # that are drawn


def write(found: Anomalies, folder: Path) -> list[Path]:
    """Write anomalies.csv and, with matplotlib, anomalies.png into a folder, and return their paths.

    anomalies.csv has a line for each example: its file or row, its score, error and distance, whether it is an alarm,
    and what is odd about it. Raises WxbError if they cannot be written.
    """
    rows = [("example", "score", "error", "distance", "alarm", "what is odd")]
    for place in found.order.tolist():
        error = "" if found.odd.error is None else f"{found.odd.error[place]:.6g}"
        numbers = (f"{found.odd.score[place]:.6g}", error, f"{found.odd.distance[place]:.6g}")
        alarm = "yes" if found.alarms[place] else "no"
        rows.append((utf8(found.name(place)), *numbers, alarm, utf8(found.why(place))))
    contents: dict[str, str | bytes] = {TABLE: csv_text(rows)}
    if can_draw():
        with style():
            contents[SHEET] = png_of(draw(found))
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
    most = PICTURES if found.data.spatial else ROWS
    notes = [f"{label}: {text}." for label, text in lines(found, most)[1:]]
    first = found.order[:most]
    if not found.data.spatial:
        captions = [_caption(found, int(one)) for one in first]
        listed = examples.listed(found.data, found.rows[first], Axis("example"))
        if found.data.columns is not None:  # the caption names the row
            values = listed[examples.COLUMNS]
            names = Axis("column", ticks=values.axes[1].ticks[1:])
            listed[examples.COLUMNS] = replace(values, array=values.array[:, 1:], axes=(values.axes[0], names))
        return sheet(title, examples.panels("", listed, captions), notes)
    shape = found.data.shape
    given = found.data.examples[found.rows[first]].astype(np.float64)
    panels = [row_of_pictures("given, the oddest first", np.clip(given, 0, None), PICTURES)]
    if found.odd.made is not None:
        made = found.odd.made[first].reshape(-1, *shape).astype(np.float64)
        panels.append(row_of_pictures("reconstructed", np.clip(made, 0, None), PICTURES))
        panels.append(row_of_differences("difference", made - given, PICTURES))
    return sheet(title, panels, notes)


def _caption(found: Anomalies, place: int) -> str:
    """An example's row, its score, whether it is an alarm, and what is odd about it."""
    score = f"{found.odd.score[place]:.{found.decimals(ROWS)}f}" + " alarm" * bool(found.alarms[place])
    return f"{found.name(place)}, {score}, {found.why(place)}"
