"""The weights of a layer that looks at maps, each unit as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from wxb.errors import WxbError
from wxb.text import plural
from wxb.views import layers
from wxb.views.drawing import Panel, coloured, heat, range_text, sheet, tiles
from wxb.views.subject import Subject, subject
from wxb.views.view import Axis, Values, View

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST = 64  # units drawn,
MOST_CHANNELS = 16  # and channels of each where they are drawn one by one
IN_A_ROW = 8


def filters(of: Any, *, layer: str | None = None) -> View:
    """The weights of the units of a layer that looks at maps: by default the first of the network.

    `of` is a run, its folder, or a module of torch; `layer` names a CONV, or an FC behind maps, whose weights have the
    place of the pixel that they weigh.

    Arrays: "weights" (unit, channel, row, column) and "biases" (unit,), if there are any. Raises WxbError if there is
    no such layer.
    """
    seen = subject(of, "filters")
    weights = looking(seen)
    if not weights:
        raise WxbError(f"filters shows weights as pictures, and no layer of {seen.name} looks at maps")
    name = next(iter(weights)) if layer is None else layers.named(layer, weights, "a layer with weights over maps")
    array, bias = weights[name]
    arrays = {
        "weights": Values(array, tuple(map(Axis, ("unit", "channel", "row", "column"))), f"weights of {name}", "weight")
    }
    if bias is not None:
        arrays["biases"] = Values(bias, (Axis("unit"),), f"biases of {name}", "bias")
    title = f"Weights of {name} in {seen.name}: {plural(len(array), 'unit')} of {'x'.join(map(str, array.shape[1:]))}"
    colours = array.shape[1] == 3 and name == next(iter(weights))
    facts = {"layer": name, "shown as": "colours" if colours else "weights"}
    notes = []
    if facts["shown as"] == "colours":
        notes.append("Red, green and blue are the weights of the three channels, grey where they are 0.")
    else:
        notes.append("Blue weights are above 0, orange ones below it.")
    return View("filters", title, arrays, draw, facts, tuple(notes))


def looking(seen: Subject) -> dict[str, tuple[NDArray[np.float32], NDArray[np.float32] | None]]:
    """Weights (unit, channel, row, column) and biases of every layer that looks at maps, by its path."""
    found = {}
    shapes = {} if seen.plan is None else {layer.path: layer.input for layer in seen.plan.layers}
    for name, module in seen.model.named_modules():
        shape = shapes.get(name, ())
        if isinstance(module, nn.Conv2d):
            array = module.weight
        elif isinstance(module, nn.Linear) and len(shape) == 3:
            array = module.weight.unflatten(1, shape)
        else:
            continue
        bias = None if module.bias is None else module.bias.detach().float().cpu().numpy().copy()
        found[name] = (array.detach().float().cpu().numpy().copy(), bias)
    return found


def draw(view: View) -> Figure:
    """Units side by side; of several channels that are no colours, a row of channels for each unit."""
    weights = view["weights"]
    notes = list(view.notes)
    _, channels, high, _ = weights.shape
    gap = max(1, high // 5)
    if channels == 1 or view.facts["shown as"] == "colours":
        if len(weights) > MOST:
            notes.append(f"The first {MOST} units are drawn.")
        pictures = weights[:MOST, 0] if channels == 1 else np.stack([coloured(one) for one in weights[:MOST]])
        tiled = tiles(pictures, IN_A_ROW, gap)
        title = f"{range_text(weights)}, units from 0 on"
        return sheet(view.title, [_panel(title, tiled, min(len(pictures), IN_A_ROW) / IN_A_ROW)], notes)
    if len(weights) > MOST_CHANNELS or channels > MOST_CHANNELS:
        notes.append(f"The first {MOST_CHANNELS} units and channels are drawn.")
    shown = weights[:MOST_CHANNELS, :MOST_CHANNELS]
    tiled = tiles(shown.reshape(-1, *shown.shape[2:]), shown.shape[1], gap)
    title = f"{range_text(weights)}, a row for each unit, a column for each channel of its input"
    return sheet(view.title, [_panel(title, tiled, shown.shape[1] / MOST_CHANNELS)], notes)


def _panel(title: str, tiled: NDArray[Any], share: float) -> Panel:
    width = 4.56 * max(share, 0.12)
    return Panel(title, width * tiled.shape[0] / tiled.shape[1], lambda axes: heat(axes, tiled), width=width)
