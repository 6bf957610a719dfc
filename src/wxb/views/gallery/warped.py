"""How layers of two units bend the plane of their inputs."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from wxb.text import one_line, plural
from wxb.views import layers
from wxb.views.drawing import COLOURS, QUIET, Panel, sheet
from wxb.views.plane import Plane, whole
from wxb.views.subject import as_batch, subject
from wxb.views.view import Axis, Values, View

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LINES = 17  # of the grid, each way


def warped(of: Any, x: Any = None, *, part: str | None = None) -> View:
    """Where a square grid of inputs goes in each layer that has two units, and where the examples go.

    `of` is a run, its folder, or a network of wxb with a data set `x` of two features. What no line divides in the
    input is divided by a line behind such layers if the network is right.

    Arrays: "input" (row, column, 2), the grid, and under the path of each layer of two units the same points there;
    with "examples of " before it (example, 2), where the examples of the part are; "given" (example,), the number of
    their class, or the first number that they are.
    """
    seen = subject(of, "warped")
    data = seen.data(x)
    rows, named = seen.rows(data, part)
    plane = _thinned(whole(seen, data, rows))
    grid = plane.inputs()
    batch = as_batch(grid.reshape(-1, 2).astype(np.float32))
    points = layers.passed(seen, batch)
    places = layers.passed(seen, as_batch(seen.examples(data)[plane.rows]))
    both = Axis("unit", ticks=("first", "second"))
    lines = (Axis("row", plane.names[1]), Axis("column", plane.names[0]), both)
    arrays = {
        "input": Values(grid, lines, "the grid of inputs"),
        "examples of input": Values(plane.examples, (Axis("example"), both), "the examples"),
    }
    for name, one in points.items():
        if name in layers.PREPARING or one.output.shape[1:] != (2,) or len(one.output) != len(batch):
            continue
        arrays[name] = Values(one.output.double().numpy().reshape(grid.shape), lines, f"the grid in {name}")
        there = places[name].output.double().numpy()
        arrays[f"examples of {name}"] = Values(there, (Axis("example"), both), f"the examples in {name}")
    units = data.targets_in_units()[plane.rows]
    arrays["given"] = Values(units if not units[0].ndim else units[:, 0], (Axis("example"),), "what they are")
    arrays["names"] = Values(np.array(data.classes), (Axis("output"),), "names of the classes, labels or targets")
    title = f"How the layers of {seen.name} bend the plane, with {plural(len(units), 'example')} of the {named} part"
    return View("warped", title, arrays, draw, {"part": named})


def _thinned(plane: Plane) -> Plane:
    return replace(plane, axes=tuple(np.linspace(axis[0], axis[-1], LINES) for axis in plane.axes))


def draw(view: View) -> Figure:
    """The grid and the examples, in the input and in each layer; of an FC and its activation behind the activation."""
    every = [name for name in view.arrays if f"examples of {name}" in view.arrays]
    names = [name for name, after in zip(every, [*every[1:], "FC"], strict=True) if name == "input" or "FC" in after]
    panels = [
        Panel(name, 2.5, partial(_grid, view=view, name=name), left=0.4, bottom=0.25, framed=True, width=3.0)
        for name in names
    ]
    return sheet(view.title, panels, [*view.notes, "Lines are those of a square grid of inputs; dots are examples."])


def _grid(axes: Axes, view: View, name: str) -> None:
    points, places, given = view[name], view[f"examples of {name}"], view["given"]
    for line in (*points, *np.swapaxes(points, 0, 1)):
        axes.plot(line[:, 0], line[:, 1], color=QUIET, linewidth=0.4)
    if given.dtype.kind == "i":
        names = view["names"].tolist()
        for place in np.unique(given)[:20]:
            of = given == place
            colour = COLOURS[int(place) % len(COLOURS)]
            label = one_line(names[int(place)])[:14]
            axes.scatter(
                places[of, 0], places[of, 1], s=4, color=colour, linewidths=0, label=label, zorder=3, rasterized=True
            )
        if name == "input":
            axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1), handletextpad=0.1)
    else:
        axes.scatter(places[:, 0], places[:, 1], s=4, c=given, cmap="viridis", linewidths=0, rasterized=True)
