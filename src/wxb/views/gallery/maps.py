"""What every layer makes of an example: its activation maps.

Zeiler and Fergus (2014, arXiv:1311.2901) show them of a ConvNet.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wxb.tasks import TASKS
from wxb.tasks.tags import NO_SCORE
from wxb.text import shape as shape_text
from wxb.views import layers
from wxb.views.drawing import NAMES, Panel, bars, heat, range_text, sheet, show_picture, tiles
from wxb.views.subject import subject
from wxb.views.view import Axis, Values, View

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MAPS = 16  # drawn of each layer where many layers are,
MOST_MAPS = 256  # and of one layer alone
LAYERS = 24  # drawn at most
IN_A_ROW = 8
UNITS_IN_A_ROW = 32
MOST_UNITS = 512  # of a layer whose members stand in rows
INPUT = "input"
MOST_NAMES = 20  # outputs that are drawn as bars with their names


def maps(
    of: Any, x: Any = None, *, example: int | None = None, part: str | None = None, layer: str | None = None
) -> View:
    """The output of every layer of a network for one example.

    `of` is a run, its folder, or a module of torch; `x` an array or a tensor of examples, a file or a data set, without
    which the example is number `example` of a `part` of the run's data. `layer` names the one layer that is wanted.

    Arrays: "input", the example as it is stored, and under the path of each layer its output: maps (channel, row,
    column) or features (feature,), those of a TEAM with a first axis of members. Raises WxbError if there is no such
    example or layer.
    """
    seen = subject(of, "maps")
    shown = seen.example(x, example, part)
    found = layers.passed(seen, shown.batch)
    if layer is not None:
        found = {(name := layers.named(layer, found)): found[name]}
    words = seen.about is not None and TASKS[seen.about.task].of_words
    arrays = {} if shown.values is None else {INPUT: _values(np.asarray(shown.values), "the example")}
    for name, one in found.items():
        output = one.output.float().cpu().numpy()
        if words and output.ndim == 3 and (output <= NO_SCORE).any():  # places behind the end of the sentence
            output = output[:, :, (output > NO_SCORE).any(axis=(0, 1))]
        arrays[name] = _values(output[0] if len(output) == 1 else output, f"what {name} gives", len(output) > 1)
    if layer is None and arrays[name].array.shape == (len(seen.classes),):
        arrays[name] = replace(arrays[name], axes=(Axis("output", ticks=seen.classes),))
    notes = ["Blue is above 0, orange below it; where nothing is below 0, dark is 0 and yellow the layer's greatest."]
    return View("maps", f"Activation maps of {seen.name}: {shown.sentence}", arrays, draw, shown.facts, tuple(notes))


def _values(array: NDArray[Any], about: str, members: bool = False) -> Values:
    names = {1: ("feature",), 2: ("token", "feature"), 3: ("channel", "row", "column")}
    own = array.ndim - members
    axes = names.get(own, tuple(f"axis {place}" for place in range(own)))
    return Values(array, tuple(Axis(name) for name in (("member",) if members else ()) + axes), about, "activation")


def draw(view: View) -> Figure:
    """The example, then the first maps of each layer; of many layers some, spread evenly, of a TEAM one group."""
    every = [name for name in view.arrays if name != INPUT]
    names = layers.of_one_group(every)
    shown = [names[round(place)] for place in np.linspace(0, len(names) - 1, min(len(names), LAYERS))]
    most = MOST_MAPS if len(names) == 1 else MAPS
    notes = list(view.notes)
    if len(names) < len(every):
        notes.append(
            f"Of the TEAM the layers of {layers.group_text(names, every)} are drawn; its members stand in rows."
        )
    if len(shown) < len(names):
        notes.append(f"{len(shown)} of {len(names)} layers are drawn.")
    if any(len(view[name]) > most and view[name].ndim >= 3 for name in shown):
        notes.append(f"The first {most} maps of a layer are drawn.")
    panels = [_panel(name, view[name], most, view.arrays[name].axes[-1].ticks) for name in shown]
    if INPUT in view.arrays:
        panels.insert(0, _input(view[INPUT]))
    return sheet(view.title, panels, notes)


def _input(values: NDArray[Any]) -> Panel:
    if values.ndim == 3 and len(values) in (1, 3):
        return Panel(f"input, {shape_text(values.shape)}", 0.9, lambda axes: show_picture(axes, values))
    return _panel(INPUT, values.astype(np.float64), MAPS)


def _panel(name: str, values: NDArray[Any], most: int, names: tuple[str, ...] = ()) -> Panel:
    title = f"{name}, {shape_text(values.shape)}, {range_text(values)}"
    if values.ndim == 2:
        high, wide = len(values), min(values.shape[1], MOST_UNITS)
        width = 4.56 * min(1.0, wide / UNITS_IN_A_ROW)

        def members(axes: Axes) -> None:
            heat(axes, values[:, :wide], aspect="auto")

        return Panel(title, min(0.09 * high, 4.0), members, width=width)
    if values.ndim >= 3:
        pictures = values.reshape(-1, *values.shape[-2:])[:most]
        tiled = tiles(pictures, IN_A_ROW, gap=max(1, pictures.shape[-1] // 14))
        high, wide = tiled.shape
        # a layer of few maps does not fill the width: its maps are as large as those of the others
        share = min(1.0, len(pictures) / IN_A_ROW)
        width = 4.56 * share
        return Panel(title, max(width * high / wide, 0.08), lambda axes: heat(axes, tiled, aspect="auto"), width=width)
    flat = values.reshape(-1)
    rows = -(-min(len(flat), most * UNITS_IN_A_ROW) // UNITS_IN_A_ROW)
    wide = min(len(flat), UNITS_IN_A_ROW)
    strip = np.full(rows * wide, np.nan)
    strip[: len(flat)] = flat[: len(strip)]
    if 0 < len(names) <= MOST_NAMES:
        return Panel(title, 0.17 * len(names), lambda axes: bars(axes, names, flat), left=NAMES)

    def units(axes: Axes) -> None:
        heat(axes, strip.reshape(rows, wide), aspect="auto")

    return Panel(title, 0.145 * rows, units, width=4.56 * wide / UNITS_IN_A_ROW)
