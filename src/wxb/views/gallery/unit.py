"""The arithmetic of one unit at one place: what it sees, its weights, the products, their sum, and what follows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from wxb.errors import WxbError
from wxb.network.layers.pooling import GlobalAverage
from wxb.text import plural
from wxb.views import layers
from wxb.views.drawing import BLUE, VERMILION, Panel, digits, heat, sheet, show_picture, tiles
from wxb.views.layers import Passed
from wxb.views.place import cut, fields, place_of
from wxb.views.subject import Subject, subject
from wxb.views.view import Axis, Values, View

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.Dropout, nn.Dropout2d)
MOST_CELLS = 9  # rows and columns of a window whose numbers are drawn,
MOST_CHANNELS = 3  # and its channels
MOST_TERMS = 12  # products of a unit that are drawn, the largest


@dataclass(frozen=True, eq=False)
class Sum:
    """The terms of one unit: its inputs and weights, in the same shape, and its bias."""

    inputs: NDArray[np.float64]
    weights: NDArray[np.float64]
    bias: float | None
    how: str  # "sum", "greatest" or "mean"
    value: float


def unit(
    of: Any,
    x: Any = None,
    *,
    example: int | None = None,
    part: str | None = None,
    layer: str | None = None,
    unit: int | None = None,
    place: str | None = None,
) -> View:
    """How one unit of a layer comes to its value for an example.

    `of`, `x`, `example` and `part` are those of `maps`. `layer` is a CONV, an FC or a pooling; by default the first.
    `unit` is its number from 0; by default the one with the greatest value. `place` is the row and the column in its
    map; by default where its value is greatest.

    Arrays: "inputs", "weights" and "products" (channel, row, column) of what the unit sees, with zeros for padding, or
    (feature,); "after" (step,): the sum with the bias, then the value after each activation or normalization that
    follows. Of a pooling the weights are 1 where the greatest value is, or the share of each in the mean. Raises
    WxbError if there is no such layer, unit or place.
    """
    seen = subject(of, "unit")
    shown = seen.example(x, example, part)
    found = layers.passed(seen, shown.batch)
    weighing = {name: one for name, one in layers.single(found).items() if weighs(one)}
    if not weighing:
        raise WxbError(f"no layer of {seen.name} weighs its inputs")
    if layer is not None:
        layers.need_single(layer, found)
    name = next(iter(weighing)) if layer is None else layers.named(layer, weighing, "a layer that weighs its inputs")
    one = found[name]
    output = one.output[0].double().numpy()
    number, where = _chosen(output, unit, place)
    terms = arithmetic(one, number, where)
    steps = [(name, terms.value), *_followers(found, name, (number, *where))]
    kind = ("channel", "row", "column") if terms.inputs.ndim == 3 else ("feature",)
    axes = tuple(map(Axis, kind))
    arrays = {
        "inputs": Values(terms.inputs, axes, "what the unit sees"),
        "weights": Values(terms.weights, axes, "its weights"),
        "products": Values(terms.inputs * terms.weights, axes, "inputs times weights"),
        "after": Values(
            np.array([value for _, value in steps]), (Axis("step", ticks=tuple(step for step, _ in steps)),), "values"
        ),
    }
    facts: dict[str, str | int | float] = {**shown.facts, "layer": name, "unit": number, "how": terms.how}
    if where:
        facts |= {"row": where[0], "column": where[1]}
    if terms.bias is not None:
        facts["bias"] = terms.bias
    box = _box(seen, name, where, shown.picture)
    if shown.picture is not None and box is not None:
        arrays["picture"] = Values(shown.picture, tuple(map(Axis, ("channel", "row", "column"))), "the example")
        arrays["box"] = Values(np.array(box), (Axis("side", ticks=("top", "left", "bottom", "right")),), "what it sees")
    at = f", row {where[0]}, column {where[1]}" if where else ""
    title = f"Unit {number} of {name}{at}, for {shown.sentence}"
    return View("unit", title, arrays, draw, facts)


def weighs(one: Passed) -> bool:
    """Whether a layer's units weigh what they see."""
    kinds = (nn.Conv2d, nn.Linear, nn.MaxPool2d, nn.AvgPool2d, GlobalAverage)
    return (
        isinstance(one.module, kinds) and one.input is not None and len(one.output) == 1 and one.output.ndim in (2, 4)
    )


def arithmetic(one: Passed, unit: int, place: tuple[int, ...]) -> Sum:
    """The terms of a unit at a place; in float64, of the numbers that the layer took."""
    assert one.input is not None
    module, taken = one.module, one.input[0].double().numpy()
    if isinstance(module, nn.Linear):
        weights = module.weight[unit].detach().double().numpy()
        bias = bias_of(module, unit)
        inputs = taken.reshape(-1)
        if taken.ndim == 3:
            inputs, weights = taken, weights.reshape(taken.shape)
        return Sum(inputs, weights, bias, "sum", float((inputs * weights).sum() + (bias or 0.0)))
    if isinstance(module, GlobalAverage):
        inputs = taken[unit : unit + 1]
        return Sum(inputs, np.full(inputs.shape, 1 / inputs.size), None, "mean", float(inputs.mean()))
    high, wide = _pair(module.kernel_size)
    down, right = _pair(module.stride)
    pad = _pair(module.padding)
    gap = _pair(getattr(module, "dilation", 1)) if not isinstance(module, nn.AvgPool2d) else (1, 1)
    top, left = place[0] * down - pad[0], place[1] * right - pad[1]
    box = (top, left, top + (high - 1) * gap[0] + 1, left + (wide - 1) * gap[1] + 1)
    if isinstance(module, nn.Conv2d):
        members = module.in_channels // module.groups
        first = unit // (module.out_channels // module.groups) * members
        inputs = cut(taken[first : first + members], box)[:, :: gap[0], :: gap[1]]
        weights = module.weight[unit].detach().double().numpy()
        return Sum(inputs, weights, own := bias_of(module, unit), "sum", float((inputs * weights).sum() + (own or 0.0)))
    there = cut(np.ones_like(taken[unit : unit + 1]), box)[:, :: gap[0], :: gap[1]] > 0
    inputs = cut(taken[unit : unit + 1], box)[:, :: gap[0], :: gap[1]]
    if isinstance(module, nn.MaxPool2d):
        best = np.unravel_index(np.where(there, inputs, -np.inf).argmax(), inputs.shape)
        weights = np.zeros(inputs.shape)
        weights[best] = 1
        return Sum(inputs, weights, None, "greatest", float(inputs[best]))
    whole = getattr(module, "count_include_pad", True)
    weights = (np.ones(inputs.shape) if whole else there.astype(np.float64)) / (inputs.size if whole else there.sum())
    return Sum(inputs, weights, None, "mean", float((inputs * weights).sum()))


def bias_of(module: nn.Conv2d | nn.Linear, unit: int) -> float | None:
    """The bias of a unit; None if its layer has none."""
    return None if module.bias is None else float(module.bias[unit].detach())


def _pair(value: Any) -> tuple[int, int]:
    return (int(value[0]), int(value[1])) if isinstance(value, tuple) else (int(value), int(value))


def _chosen(output: NDArray[np.float64], unit: int | None, place: str | None) -> tuple[int, tuple[int, ...]]:
    """The number of a unit and its place, () of features; both where the value is greatest if nobody says otherwise."""
    if unit is not None and not 0 <= unit < len(output):
        raise WxbError(
            f"there is no unit {unit}: the layer has {plural(len(output), 'unit')}",
            fix=f"a number from 0 to {len(output) - 1}",
        )
    if output.ndim == 1:
        if place is not None:
            raise WxbError("a feature has no place", fix="leave out `place`")
        return (int(output.argmax()) if unit is None else unit), ()
    where = None if place is None else place_of(place, *output.shape[1:])
    if unit is None:
        unit = int((output.max((1, 2)) if where is None else output[:, where[0], where[1]]).argmax())
    if where is None:
        row, column = np.unravel_index(output[unit].argmax(), output.shape[1:])
        where = int(row), int(column)
    return unit, where


def _followers(found: Mapping[str, Passed], name: str, at: tuple[int, ...]) -> list[tuple[str, float]]:
    """The value at a place after each layer that follows and changes each number by itself."""
    names = list(found)
    values = []
    before = found[name].output
    for follower in names[names.index(name) + 1 :]:
        one = found[follower]
        alone = one.module.__class__.__module__.endswith("activation") or isinstance(one.module, NORMS)
        if one.input is None or not (alone and one.input.shape == before.shape == one.output.shape):
            break
        if not torch.equal(one.input, before):
            break
        before = one.output
        values.append((follower, float(before[0][at])))
    return values


def _box(
    seen: Subject, name: str, where: tuple[int, ...], picture: NDArray[Any] | None
) -> tuple[int, int, int, int] | None:
    """What the unit sees of the example, cut at its border; None if nobody knows."""
    if seen.plan is None or picture is None:
        return None
    high, wide = picture.shape[1:]
    if not where or name not in (known := fields(seen.plan)):
        return 0, 0, high, wide
    top, left, bottom, right = known[name].box((where[0], where[1]))
    return max(0, top), max(0, left), min(high, bottom), min(wide, right)


# --- drawing ---------------------------------------------------------------------------------------------------------


def draw(view: View) -> Figure:
    """The example with what the unit sees, the terms, and the sum as a line of arithmetic."""
    panels = []
    if "box" in view.arrays:
        panels.append(Panel("what the unit sees of the example", 1.1, lambda axes: _seen(axes, view)))
    inputs, weights, products = view["inputs"], view["weights"], view["products"]
    small = inputs.ndim == 3 and max(inputs.shape[1:]) <= MOST_CELLS and len(inputs) <= MOST_CHANNELS
    if small:
        for title, values in (("inputs", inputs), ("weights", weights), ("inputs times weights", products)):
            panels.append(_numbers(title, values))
    elif inputs.ndim == 3:
        for title, values in (("inputs", inputs), ("weights", weights), ("inputs times weights", products)):
            panels.append(_maps(title, values))
    else:
        panels.append(_terms(inputs, weights, products))
    return sheet(view.title, panels, [*_lines(view), *view.notes])


def _lines(view: View) -> list[str]:
    values = view["after"]
    steps = view.arrays["after"].axes[0].ticks
    total = float(view["products"].sum())
    if view.facts["how"] == "sum":
        bias = view.facts.get("bias")
        first = f"Sum of the products: {digits(total)}"
        first += "" if bias is None else f", plus the bias {digits(float(bias))}"
        lines = [f"{first}: {digits(float(values[0]))}."]
    else:
        lines = [f"The {view.facts['how']} of the inputs: {digits(float(values[0]))}."]
    lines += [f"After {step}: {digits(float(value))}." for step, value in zip(steps[1:], values[1:], strict=True)]
    return lines


def _seen(axes: Axes, view: View) -> None:
    from matplotlib.patches import Rectangle

    top, left, bottom, right = view["box"].tolist()
    show_picture(axes, view["picture"])
    size = (right - left, bottom - top)
    axes.add_patch(Rectangle((left - 0.5, top - 0.5), *size, fill=False, edgecolor=VERMILION, linewidth=1.5))


def _numbers(title: str, values: NDArray[Any]) -> Panel:
    """Channels side by side, each cell with its number."""
    channels, high, wide = values.shape
    tiled = tiles(values, channels, 1)
    texts = [[digits(float(value)) if np.isfinite(value) else "" for value in row] for row in tiled]
    longest = max(len(text) for row in texts for text in row)
    cell = min(4.56 / tiled.shape[1], 0.62)
    size = min(8.0, 72 * cell / (0.66 * max(longest, 3)))
    most = float(np.abs(values).max()) or 1.0

    def paint(axes: Axes) -> None:
        heat(axes, tiled, aspect="auto")
        signed = bool((values < 0).any())
        for (row, column), value in np.ndenumerate(tiled):
            share = abs(value) / most if np.isfinite(value) else 0
            ink = "#ffffff" if (share > 0.45 if signed else share < 0.6) else "#000000"
            axes.text(column, row, texts[row][column], ha="center", va="center", fontsize=size, color=ink)

    return Panel(f"{title}, {channels}x{high}x{wide}", cell * 0.8 * high, paint, width=cell * tiled.shape[1])


def _maps(title: str, values: NDArray[Any]) -> Panel:
    shown = values[:32]
    tiled = tiles(shown, min(len(shown), 8), 1)
    more = "" if len(shown) == len(values) else f", the first {len(shown)} channels"
    width = 4.56 * min(1.0, max(len(shown), 2) / 8)
    height = width * tiled.shape[0] / tiled.shape[1]
    text = f"{title}, {'x'.join(map(str, values.shape))}{more}: {digits(float(values.sum()))} together"
    return Panel(text, height, lambda axes: heat(axes, tiled), width=width)


def _terms(inputs: NDArray[Any], weights: NDArray[Any], products: NDArray[Any]) -> Panel:
    """The largest products, each as inputs times weights and as a bar."""
    order = np.argsort(-np.abs(products), kind="stable")[:MOST_TERMS]
    order = np.sort(order) if len(products) <= MOST_TERMS else order
    rest = len(products) - len(order)
    title = "feature: input times weight" + (f", the largest {len(order)} of {len(products)}" if rest else "")

    def paint(axes: Axes) -> None:
        axes.set_xlim(0, 4.56)
        axes.set_ylim(len(order) - 0.5, -0.5)
        most = float(np.abs(products).max()) or 1.0
        for row, place in enumerate(order):
            product = float(products[place])
            said = f"{place}:  {digits(float(inputs[place]))} · {digits(float(weights[place]))} = {digits(product)}"
            axes.text(0, row, said, va="center", fontsize=7.5)
            axes.barh(row, 0.85 * product / most, left=3.65, height=0.6, color=BLUE if product >= 0 else VERMILION)

    return Panel(title, 0.19 * len(order), paint)
