"""The input that a unit or an output answers to most, found by gradient ascent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from wxb.errors import WxbError
from wxb.network.build import Model
from wxb.network.layers import Designed
from wxb.text import count, plural
from wxb.views import layers
from wxb.views.answered import model_of
from wxb.views.drawing import BLUE, LINES, NAMES, Panel, bars, digits, sheet, show_picture
from wxb.views.linear import MAPS
from wxb.views.outputs import output_of
from wxb.views.subject import subject
from wxb.views.view import Axis, Values, View

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

STEPS = 200
RATE = 0.05  # of Adam, in standard deviations of the input
REACH = 3.0  # standard deviations from the mean that numbers are kept within
DECAY = 0.01  # λ of λ·mean(z²), z the scaled input: it keeps numbers near the mean
VARIATION = 0.01  # λ of λ·mean|differences of neighbouring pixels|: it keeps pictures smooth
EDGE = 1e-4  # standard deviations from an end of the range that count as its end
MOST = 20  # features drawn


def maximizing(of: Any, *, output: str | None = None, layer: str | None = None, unit: int | None = None) -> View:
    """An input that makes an output, or the mean of a unit's map, as great as it can within bounds.

    `of` is a run, its folder, or a network of wxb. `output` is a class, label or target, by default the first; `layer`
    and `unit` name a unit instead. 200 steps of Adam start at the mean of the training part and maximize the value
    minus 0.01·mean(z²), z the scaled input, and of pictures minus 0.01·mean|difference of neighbours| (total variation,
    Mahendran and Vedaldi 2015, arXiv:1412.0035). Pictures of bytes stay within 0 and 255, other numbers within three
    standard deviations of the mean; a note says how many reach an end. What it finds depends on these terms: it is one
    input of many.

    Arrays: "input" (channel, row, column) or (feature,), scaled; "stored", the same in the numbers of the data;
    "values" (step,), what was maximized. Raises WxbError if there is no such output, layer or unit.
    """
    seen = subject(of, "maximizing")
    model = model_of(seen, "maximizing")
    if any(isinstance(one, Designed) for one in model.modules()):
        raise WxbError("designed features have no gradient")
    scale = model.scale
    shape = model.plan.input
    low, high = torch.full_like(scale.mean, -REACH), torch.full_like(scale.mean, REACH)
    within = f"{REACH:g} standard deviations of the mean"
    if seen.run is not None and seen.run.data.dtype == "uint8":
        low, high = (0 - scale.mean) / scale.std, (255 - scale.mean) / scale.std
        within = "0 and 255"
    value, what = _asked(seen.classes, model, output, layer, unit)
    z = torch.zeros(1, *shape, requires_grad=True)
    optimizer = torch.optim.Adam([z], lr=RATE)
    values = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        reached = value(z * scale.std + scale.mean)
        (-(reached - _penalty(z))).backward()
        optimizer.step()
        with torch.no_grad():
            z.copy_(torch.minimum(torch.maximum(z, low), high))
        values.append(float(reached.detach()))
    found = z.detach()[0]
    stored = (z.detach() * scale.std + scale.mean)[0]
    own = () if seen.run is None or seen.run.preparation is None else seen.run.preparation.features
    axes = tuple(map(Axis, MAPS)) if len(shape) == 3 else (Axis("feature", ticks=own),)
    arrays = {
        "input": Values(found.double().numpy(), axes, "the input found, scaled", "standard deviations"),
        "stored": Values(stored.double().numpy(), axes, "the input found, as the data holds it"),
        "values": Values(np.array(values), (Axis("step", "steps"),), f"value of {what}"),
    }
    ends = int(((found <= low + EDGE) | (found >= high - EDGE)).sum())
    at_end = f"{count(ends)} of {plural(found.numel(), 'number')} lie at the end" if ends else "none lies at the end"
    notes = (
        f"Adam, {STEPS} steps from the mean; minus {DECAY}·mean(z²)"
        + (f" and {VARIATION}·mean|difference of neighbours|." if len(shape) == 3 else "."),
        f"Numbers are kept within {within}; {at_end} of that range.",
    )
    title = f"An input that makes {what} of {seen.name} great: {digits(values[0])} to {digits(values[-1])}"
    return View("maximizing", title, arrays, draw, {"what": what, "at the end of the range": ends}, notes)


def _asked(names: tuple[str, ...], model: Model, output: str | None, layer: str | None, unit: int | None) -> Any:
    """What is maximized, as a function of prepared inputs (1, …), and its name."""
    model = model.eval()
    if layer is None:
        if unit is not None:
            raise WxbError("`unit` needs a `layer`", fix='`layer="1.CONV3-64"`')
        place = 0 if output is None else output_of(output, names)
        return (lambda x: model.after_preparation(x)[0, place]), f"the score of {names[place]}"
    path = layers.named(layer, [one.path for one in model.plan.layers])
    planned = next(one for one in model.plan.layers if one.path == path)
    number = unit or 0
    if number >= planned.output[0]:
        units = plural(planned.output[0], "unit")
        raise WxbError(
            f"there is no unit {number}: {path} has {units}", fix=f"a number from 0 to {planned.output[0] - 1}"
        )

    def value(x: Tensor) -> Tensor:
        given: list[Tensor] = []
        # a copy, since a RELU may overwrite the layer's output
        handle = model.get_submodule(path).register_forward_hook(lambda one, taken, out: given.append(out.clone()))
        try:
            model.after_preparation(x)
        finally:
            handle.remove()
        return given[0][:, number].mean()

    return value, f"unit {number} of {path}"


def _penalty(z: Tensor) -> Tensor:
    """The terms that keep an input plain."""
    total = DECAY * z.square().mean()
    if z.ndim == 4 and min(z.shape[2:]) > 1:
        down, right = (z[:, :, 1:] - z[:, :, :-1]).abs().mean(), (z[..., 1:] - z[..., :-1]).abs().mean()
        total = total + VARIATION * (down + right)
    return total


def draw(view: View) -> Figure:
    """The input found, and the value on the way."""
    found, stored = view["input"], view["stored"]
    if found.ndim == 3 and len(found) in (1, 3):
        panels = [Panel("the input found", 2.2, lambda axes: show_picture(axes, stored))]
    else:
        flat = found.reshape(-1)
        order = np.sort(np.argsort(-np.abs(flat), kind="stable")[:MOST])
        ticks = view.arrays["input"].axes[-1].ticks or tuple(str(place) for place in range(len(flat)))
        panels = [Panel("the input found, standard deviations from the mean", 0.17 * len(order),
                        lambda axes: bars(axes, [ticks[one] for one in order], flat[order]), left=NAMES)]  # fmt: skip

    def way(axes: Axes) -> None:
        axes.plot(np.arange(1, len(view["values"]) + 1), view["values"], color=BLUE)
        axes.grid(True, color=LINES, linewidth=0.6)
        axes.set_xlabel("step")

    panels.append(Panel(f"{view.facts['what']} on the way", 1.2, way, left=0.5, bottom=0.4, framed=True))
    return sheet(view.title, panels, view.notes)
