"""The loss over two weights, or over a plane of all weights, and gradient descent on it."""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from wxb.errors import WxbError, nearest
from wxb.network.build import Model
from wxb.randomness import generator
from wxb.text import plural
from wxb.views.answered import model_of
from wxb.views.drawing import ORANGE, PAPER, Panel, digits, sheet
from wxb.views.plane import prepared
from wxb.views.subject import subject
from wxb.views.view import Axis, Values, View

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIDE = 21  # points of each axis
EXAMPLES = 200  # of the training part, spread evenly
STARTS, STEPS = 4, 30  # of gradient descent
CHOSEN = re.compile(r"(?P<name>[^\[\]]+)\[(?P<places>\d+(?:,\d+)*)\]")


@dataclass(frozen=True, eq=False)
class Directions:
    """Two directions in the weights, each a tensor for each weight that it changes, and how far they are followed."""

    names: tuple[str, str]
    first: dict[str, Tensor]
    second: dict[str, Tensor]
    reach: tuple[float, float]
    at: tuple[float, float]  # the trained weights, on the axes


def surface(of: Any, x: Any = None, *, weights: str | None = None) -> View:
    """The mean loss of training examples at 21x21 places around the trained weights.

    `of` is a run, its folder, or a network of wxb with a data set `x`. `weights` names two weights, such as
    "1.FC-8.weight[0,0] 1.FC-8.weight[0,1]"; all others stay, and the axes are their values. Without it the plane is
    that of two random directions, each normalized to have the length of the weights of every filter or unit (Li et al.
    2018, arXiv:1712.09913); biases and normalizations stay. At most 200 examples are looked at, spread evenly.

    Arrays: "losses" (row, column), with "x" and "y", the places of columns and rows; "paths" (start, step, 2) and
    "path losses" (start, step): gradient descent within the plane from four corners. Raises WxbError if there is no
    such weight.
    """
    seen = subject(of, "surface")
    model = deepcopy(model_of(seen, "surface")).eval().requires_grad_(False)
    data = seen.data(x)
    rows, _ = seen.rows(data, "train")
    chosen = rows[np.linspace(0, len(rows) - 1, min(len(rows), EXAMPLES)).astype(np.int64)]
    inputs = prepared(seen, seen.examples(data)[chosen])
    if inputs.ndim == 4:  # as in training, which is faster
        inputs = inputs.contiguous(memory_format=torch.channels_last)
    targets = torch.from_numpy(np.asarray(seen.targets(data)[chosen]))
    plane = _random(model) if weights is None else _two(model, weights)
    loss = _loss(model, inputs, targets, plane)
    reach_x, reach_y = plane.reach
    xs, ys = np.linspace(-reach_x, reach_x, SIDE), np.linspace(-reach_y, reach_y, SIDE)
    with torch.no_grad():
        losses = np.array([[float(loss(torch.tensor([a, b], dtype=torch.float64))) for a in xs] for b in ys])
    paths, along, rate = _descents(loss, plane.reach)
    at = np.array(plane.at)
    axes = (Axis("row", plane.names[1]), Axis("column", plane.names[0]))
    arrays = {
        "losses": Values(losses, axes, "mean loss", "loss"),
        "x": Values(xs + at[0], (Axis("column"),), plane.names[0]),
        "y": Values(ys + at[1], (Axis("row"),), plane.names[1]),
        "paths": Values(
            paths + at, (Axis("start"), Axis("step", "steps"), Axis("axis", ticks=plane.names)), "descents"
        ),
        "path losses": Values(along, (Axis("start"), Axis("step", "steps")), "loss on the way", "loss"),
    }
    what = "two random directions" if weights is None else f"{plane.names[0]} and {plane.names[1]}"
    title = f"Loss of {seen.name} over {what}, {plural(len(chosen), 'training example')}"
    facts = {"rate": rate, "at x": plane.at[0], "at y": plane.at[1], "loss": losses[SIDE // 2, SIDE // 2]}
    return View("surface", title, arrays, draw, facts)


def _loss(model: Model, inputs: Tensor, targets: Tensor, plane: Directions) -> Callable[[Tensor], Tensor]:
    """The mean loss at a place of the plane (2,), whose gradient is that within the plane."""
    trained = {name: value for name, value in model.named_parameters() if name in plane.first or name in plane.second}

    def at(place: Tensor) -> Tensor:
        moved = {}
        for name, value in trained.items():
            total: Tensor = value
            for axis, direction in enumerate((plane.first, plane.second)):
                if name in direction:
                    total = total + place[axis].to(value.dtype) * direction[name]
            moved[name] = total
        scores = torch.func.functional_call(
            _Prepared(model), {f"model.{name}": one for name, one in moved.items()}, (inputs,)
        )
        return model.head.loss(scores, targets).mean()

    return at


class _Prepared(nn.Module):
    """A network that takes prepared inputs."""

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, …) → logits."""
        return self.model.after_preparation(x)


def _random(model: Model) -> Directions:
    """Two random directions, normalized filter by filter."""
    found: list[dict[str, Tensor]] = []
    for axis in (0, 1):
        rng = generator(0, f"direction {axis} of the loss surface")
        direction = {}
        for name, value in model.named_parameters():
            if value.ndim > 1:
                drawn = torch.from_numpy(rng.standard_normal(tuple(value.shape))).to(value.dtype)
                sizes = value.flatten(1).norm(dim=1) / drawn.flatten(1).norm(dim=1).clamp_min(1e-12)
                direction[name] = drawn * sizes.view(-1, *(1,) * (value.ndim - 1))
        found.append(direction)
    return Directions(("first direction", "second direction"), found[0], found[1], (1.0, 1.0), (0.0, 0.0))


def _two(model: Model, given: str) -> Directions:
    """The directions of two weights by their names."""
    words = given.split()
    if len(words) != 2:
        raise WxbError(f'`weights="{given}"`: expected two weights', fix=_example(model))
    known = dict(model.named_parameters())
    single, at, reach = [], [], []
    for word in words:
        match = CHOSEN.fullmatch(word)
        if match is None or match["name"] not in known:
            like = nearest(match["name"] if match else word, known)
            raise WxbError(f"{word} is no weight" + (f"; {like}[…] is" if like else ""), fix=_example(model))
        value, places = known[match["name"]], tuple(map(int, match["places"].split(",")))
        if len(places) != value.ndim or any(place >= size for place, size in zip(places, value.shape, strict=True)):
            shape = ", ".join(map(str, value.shape))
            raise WxbError(f"there is no {word}: {match['name']} has the shape ({shape})", fix=_example(model))
        direction = torch.zeros_like(value)
        direction[places] = 1
        single.append({match["name"]: direction})
        at.append(float(value[places]))
        reach.append(3 * max(float(value.square().mean().sqrt()), abs(float(value[places])), 0.1))
    if words[0] == words[1]:
        raise WxbError(f"{words[0]} is named twice", fix=_example(model))
    return Directions((words[0], words[1]), single[0], single[1], (reach[0], reach[1]), (at[0], at[1]))


def _example(model: Model) -> str:
    name, value = next((name, value) for name, value in model.named_parameters() if value.ndim > 1)
    zeros = ",".join("0" * value.ndim)
    last = ",".join(["0"] * (value.ndim - 1) + ["1" if value.shape[-1] > 1 else "0"])
    return f'`weights="{name}[{zeros}] {name}[{last}]"`'


def _descents(
    loss: Callable[[Tensor], Tensor], reach: tuple[float, float]
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Gradient descent from four corners.

    The rate is that at which the steepest first step is a twentieth of the plane's side. A step is taken in shares of
    the reach of each axis, so that axes of other scales count alike.
    """
    corners = torch.tensor([[-0.8, -0.8], [0.8, -0.8], [-0.8, 0.8], [0.8, 0.8]], dtype=torch.float64)
    scale = torch.tensor(reach, dtype=torch.float64)

    def slope(share: Tensor) -> tuple[float, Tensor]:
        share = share.detach().requires_grad_()
        value = loss(share * scale)
        (gradient,) = torch.autograd.grad(value, share)
        return float(value.detach()), torch.nan_to_num(gradient)

    steepest = max(float(slope(corner)[1].norm()) for corner in corners)
    rate = 0.1 / max(steepest, 1e-12)
    paths, along = np.zeros((STARTS, STEPS + 1, 2)), np.zeros((STARTS, STEPS + 1))
    for start, corner in enumerate(corners):
        share = corner.clone()
        for step in range(STEPS + 1):
            value, gradient = slope(share)
            paths[start, step], along[start, step] = (share * scale).detach().numpy(), value
            share = (share - rate * gradient).clamp(-1.0, 1.0)
    return paths, along, rate


def draw(view: View) -> Figure:
    """Lines of equal loss, the trained weights, and the descents."""
    losses, xs, ys = view["losses"], view["x"], view["y"]
    low, high = float(losses.min()), float(np.quantile(losses, 0.95))
    spread = max(high - low, 1e-12)
    # finer near the bottom
    levels = low + spread * np.linspace(0, 1, 13) ** 2
    levels = np.unique(levels)

    def paint(axes: Axes) -> None:
        shown = axes.contourf(xs, ys, np.minimum(losses, high), levels=levels, cmap="viridis", extend="max")
        axes.contour(xs, ys, np.minimum(losses, high), levels=levels, colors=PAPER, linewidths=0.3)
        bar = axes.figure.colorbar(shown, ax=axes, label="loss", format=lambda value, _: digits(float(f"{value:.3g}")))
        bar.outline.set_visible(False)
        for path in view["paths"]:
            axes.plot(*path.T, color="#fffffd", linewidth=2)
            axes.plot(*path.T, ".-", color=ORANGE, linewidth=1, markersize=3)
            axes.plot(*path[0], "o", color=ORANGE, markeredgecolor="#1b1b1e", markersize=5)
        axes.plot(
            view.facts["at x"], view.facts["at y"], "*", color="#fffffd", markeredgecolor="#1b1b1e", markersize=12
        )
        axes.set_xlabel(view.arrays["x"].about)
        axes.set_ylabel(view.arrays["y"].about)

    ends = ", ".join(digits(float(one)) for one in view["path losses"][:, -1])
    notes = [
        f"The star is the trained network, with a loss of {digits(float(view.facts['loss']))}.",
        f"Orange: gradient descent within the plane from four corners, {STEPS} steps; it ends at losses of {ends}.",
    ]
    panel = Panel("", 3.5, paint, left=0.6, bottom=0.4, framed=True, width=3.7)
    return sheet(view.title, [panel], [*view.notes, *notes])
