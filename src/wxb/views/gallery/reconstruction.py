"""Examples beside what an autoencoder makes of them, and where the two differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wxb.data.dataset import Dataset
from wxb.data.split import spread
from wxb.text import count
from wxb.views.answered import answered
from wxb.views.drawing import Panel, heat, row_of_differences, row_of_pictures, sheet
from wxb.views.linear import MAPS
from wxb.views.subject import Subject, subject
from wxb.views.view import Axis, Values, View

if TYPE_CHECKING:
    from matplotlib.figure import Figure

EXAMPLES = 10  # pictures that are drawn,
ROWS = 30  # and rows
GIVEN, MADE, ERROR = "given", "reconstructed", "difference"
PARTS = {GIVEN: "the examples", MADE: "what comes out of the network", ERROR: "the second less the first"}


def reconstruction(of: Any, x: Any = None, *, part: str | None = None, example: int | None = None) -> View:
    """Examples of a part, what the network makes of them, and the difference.

    `of` is a run, its folder, or a network of wxb with a data set `x`. Examples are spread evenly over the part;
    `example` is the number of the only one that is wanted.

    Arrays: "given", "reconstructed" and "difference", (example, channel, row, column) of pictures, else (example,
    feature), in standard deviations of the part; "rows" (example,), places in the data. Raises WxbError if there is no
    such example.
    """
    seen = subject(of, "reconstruction")
    data = seen.data(x)
    found = answered(seen, "reconstruction", data, part)
    places = spread(np.arange(len(found.rows)), EXAMPLES if data.spatial else ROWS)
    if example is not None:
        places = np.array([seen.place(example, len(found.rows), f"the {found.part} part")])
    given, made = found.targets[places].astype(np.float64), found.predicted.values[places].astype(np.float64)
    if data.spatial:
        axes = (Axis("example"), *map(Axis, MAPS))
        given, made = (one.reshape(len(places), *data.shape) for one in (given, made))
    else:
        axes = (Axis("example"), Axis("feature", ticks=data.classes))
        mean, std = found.targets.mean(axis=0), found.targets.std(axis=0)
        given, made = ((one - mean) / np.where(std > 0, std, 1) for one in (given, made))
    unit = "" if data.spatial else "standard deviations"
    pairs = zip(PARTS.items(), (given, made, made - given), strict=True)
    arrays = {name: Values(array, axes, about, unit) for (name, about), array in pairs}
    arrays["rows"] = Values(found.rows[places], (Axis("example"),), "places in the data")
    title = (
        f"{count(len(places))} of {count(len(found.rows))} {found.part} examples, and what {seen.name} makes of them"
    )
    facts: dict[str, str | int | float] = {"test": found.line, "code": _code(seen, data)}
    notes = (f"The code has {facts['code']}. In the difference blue is above 0, orange below it.",)
    return View("reconstruction", f"{title}: {found.line}", arrays, draw, facts, notes)


def _code(seen: Subject, data: Dataset) -> str:
    """How large the code is: "16 numbers, for 64 of an example"."""
    code = 0 if seen.plan is None else seen.plan.code
    return f"{count(code)} numbers, for {count(data.outputs)} of an example"


def draw(view: View) -> Figure:
    """Three lines of pictures, or three fields of rows and features."""
    if view[GIVEN].ndim == 4:
        return sheet(view.title, [_pictures(name, view[name]) for name in PARTS], view.notes)
    most = float(np.abs(view[GIVEN]).max()) or 1.0
    return sheet(view.title, [_rows(name, view[name], most) for name in PARTS], view.notes)


def _pictures(name: str, values: NDArray[Any]) -> Panel:
    if name == ERROR:
        return row_of_differences(name, values, EXAMPLES)
    return row_of_pictures(name, np.clip(values, 0, None), EXAMPLES)


def _rows(name: str, values: NDArray[Any], most: float) -> Panel:
    return Panel(
        f"{name}, {len(values)} rows of {values.shape[1]} features, in standard deviations",
        min(1.5, 0.06 * len(values)),
        lambda axes: heat(axes, values, most=most, aspect="auto"),
    )
