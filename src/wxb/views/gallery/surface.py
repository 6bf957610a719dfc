"""The loss around the trained weights: over two of them, over a random plane, or over that of the training's path."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from wxb.data.split import spread
from wxb.errors import WxbError
from wxb.network.build import Model
from wxb.progress import of_parts
from wxb.runs.snapshots import need_snapshot
from wxb.settings.setting import Bounds, Setting
from wxb.text import count, percent, plural
from wxb.views import stationary
from wxb.views.answered import model_of
from wxb.views.directions import Directions, along_path, random, two_weights
from wxb.views.drawing import BLUE, GREEN, ORANGE, PAPER, PURPLE, VERMILION, Panel, digits, sheet
from wxb.views.kept import KeptRows
from wxb.views.landscape import Landscape
from wxb.views.plane import prepared
from wxb.views.subject import Subject, subject
from wxb.views.view import Axis, Values, View

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

STARTS, STEPS = 4, 30  # of gradient descent
# places of each axis and examples: the first whose work is affordable, else the last
CHOICES = ((51, 1_000), (51, 500), (51, 200), (31, 200), (21, 200))
AFFORDABLE = 1.2e12  # multiply-adds, about half a minute of two cores,
WRITTEN = 4e10  # and numbers that layers give, which take as long: a look-up of words multiplies nothing
GRID = Setting("grid", int, None, "Places of each axis", "view", Bounds(5, 301))
MOST = Setting("most", int, None, "Most examples", "view", Bounds(1, 10**9))
MARKS = {
    stationary.MINIMUM: ("v", GREEN),
    stationary.SADDLE: ("X", PURPLE),
    stationary.MAXIMUM: ("^", VERMILION),
    stationary.PLATEAU: ("s", BLUE),
    stationary.MOVING: (">", ORANGE),
}


def surface(
    of: Any,
    x: Any = None,
    *,
    plane: str | None = None,
    weights: str | None = None,
    grid: int | None = None,
    most: int | None = None,
) -> View:
    """The mean loss of training examples over a plane of weights.

    `of` is a run, its folder, or a network of wxb with a data set `x`. `weights` names two weights, such as
    "1.FC-8.weight[0,0] 1.FC-8.weight[0,1]"; all others stay, and the axes are their values. `plane="path"` is the plane
    that comes closest to the run's snapshots; by default it is that of two random directions, each normalized to have
    the length of the weights of every filter or unit (Li et al. 2018, arXiv:1712.09913). On every plane the running
    statistics of normalization are those of the network. `grid` is the number of places of each axis, and `most` that
    of the examples, which are spread evenly over the training part; what is not given is chosen by the work: 51 places
    and 1,000 examples if the network is small.

    The rows of a run are kept in its folder: a view that was interrupted goes on with the next row.

    Arrays: "losses" (row, column), with "x" and "y", the places of columns and rows; "flat" (row, column), where the
    slope is next to nothing; "stationary" (place, 2), their "kinds" and "bends" (place, 2), the eigenvalues of the
    Hessian.
    "paths" (start, step, 2), "path losses" (start, step) and "ends" (start,): gradient descent within the plane from
    four corners, and what is at its end. Of the plane of the path in their place "path" (snapshot, 2), "path losses"
    (snapshot,) on the plane, "snapshot losses" (snapshot,) of the snapshots themselves, "off plane" (snapshot,) and
    "steps" (snapshot,). What counts as what is defined in `wxb.views.stationary`. Raises WxbError if there is no such
    weight, or the run has no snapshots.
    """
    seen = subject(of, "surface")
    model = deepcopy(model_of(seen, "surface")).eval().requires_grad_(False)
    if plane == "path" and weights is not None:
        raise WxbError('`plane="path"` and `weights` name two planes', fix="one of them")
    side, examples = affordable(model, grid, most)
    data = seen.data(x)
    rows, _ = seen.rows(data, "train")
    chosen = spread(rows, examples)
    inputs = prepared(seen, seen.examples(data)[chosen])
    targets = torch.from_numpy(np.asarray(seen.targets(data)[chosen]))
    steps: tuple[int, ...] = ()
    if plane == "path":
        model, directions, steps = path_of(seen, model)
    else:
        directions = random(model) if weights is None else two_weights(model, weights)
    landscape = Landscape(model, inputs, targets, directions)
    losses = heights(landscape, seen, side)
    found = Found(seen, landscape, losses)
    return found.of_path(steps) if plane == "path" else found.of_starts(weights)


def affordable(model: Model, grid: int | None, most: int | None) -> tuple[int, int]:
    """The places of each axis and the examples: those given, else the first of CHOICES with so much work at most."""
    grid = None if grid is None else GRID.validate(grid)
    most = None if most is None else MOST.validate(most)
    chosen = [(grid or side, most or examples) for side, examples in CHOICES]
    written = sum(math.prod(layer.output) * layer.members for layer in model.plan.layers)
    most_passes = min(AFFORDABLE / max(1, model.plan.multiply_adds), WRITTEN / max(1, written))
    return next((one for one in chosen if one[0] ** 2 * one[1] <= most_passes), chosen[-1])


def path_of(seen: Subject, model: Model) -> tuple[Model, Directions, tuple[int, ...]]:
    """The network of the last snapshot, the plane of all, and their steps."""
    if seen.run is None:
        raise WxbError('`plane="path"` needs a run with snapshots', fix='`plane="random"`')
    if seen.run.step is not None:
        raise WxbError('`plane="path"` is that of all snapshots, and `at` names one', fix="leave one of them out")
    steps = seen.run.snapshots
    if not steps:
        need_snapshot(seen.run.path, steps, 0)
    snapshots = [seen.run.at(step).weights() for step in steps]
    last = seen.run.at(steps[-1]).model().requires_grad_(True)
    return last, along_path(last, snapshots), steps


def heights(landscape: Landscape, seen: Subject, side: int) -> NDArray[np.float64]:
    """The losses (row, column) of a grid; rows that a run's folder has are not computed again."""
    xs, ys = landscape.plane.axes(side)
    kept = KeptRows(seen.run, "surface", landscape.key(xs, ys))
    found = kept.read(side)
    missing = {number: float(y) for number, y in enumerate(ys) if number not in found}
    with of_parts("rows", side) as progress:
        try:
            for number, losses in landscape.rows(xs, missing):
                found[number] = losses
                kept.add(number, losses)
                progress.show(len(found))
        except KeyboardInterrupt:
            if kept.path is None or not found:
                raise
            said = f"stopped; {len(found)} of {side} rows are kept, and the same command goes on from there"
            raise KeyboardInterrupt(said) from None
    return np.stack([found[number] for number in range(side)])


class Found:
    """What is on a surface, as a view."""

    def __init__(self, seen: Subject, landscape: Landscape, losses: NDArray[np.float64]) -> None:
        self.seen = seen
        self.landscape = landscape
        self.plane = plane = landscape.plane
        self.losses = losses
        self.spread = stationary.range_of(losses)
        self.middle = (np.array(plane.low) + np.array(plane.high)) / 2
        self.half = (np.array(plane.high) - np.array(plane.low)) / 2
        self.axes = (Axis("row", plane.names[1]), Axis("column", plane.names[0]))
        self.both = Axis("axis", ticks=plane.names)

    def slope(self, share: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """The loss and its gradient in shares of the plane."""
        a, b = self.middle + share * self.half
        loss, gradient = self.landscape.slope(float(a), float(b))
        return loss, gradient * self.half

    def read(self, shares: NDArray[np.float64]) -> NDArray[np.float64]:
        """Places in shares of the plane as they are read on its axes."""
        return np.asarray(self.middle + shares * self.half + np.array(self.plane.at))

    def arrays(self, ends: Sequence[stationary.Stationary] = ()) -> dict[str, Values]:
        """The arrays of every plane; `ends` are those of descents."""
        xs, ys = self.plane.axes(len(self.losses))
        places = stationary.of_grid(self.slope, self.losses, self.spread)
        for end in ends:
            places = stationary.with_one(places, end, 2 / (len(self.losses) - 1))
        at = np.array([one.place for one in places]).reshape(-1, 2)
        bends = np.array([one.bends for one in places]).reshape(-1, 2)
        axis = Axis("place")
        return {
            "losses": Values(self.losses, self.axes, "mean loss", "loss"),
            "x": Values(xs + self.plane.at[0], (Axis("column"),), self.plane.names[0]),
            "y": Values(ys + self.plane.at[1], (Axis("row"),), self.plane.names[1]),
            "flat": Values(
                stationary.flat(self.losses, self.spread), self.axes, "whether the slope is next to nothing"
            ),
            "stationary": Values(self.read(at), (axis, self.both), "places without slope"),
            "kinds": Values(np.array([one.kind for one in places], str), (axis,), "what they are"),
            "bends": Values(
                bends, (axis, Axis("direction")), "eigenvalues of the Hessian in shares of the plane", "loss"
            ),
        }

    def of_starts(self, weights: str | None) -> View:
        """The view of two weights or two random directions, with gradient descent from four corners."""
        paths, along, rate = self.descents()
        step = 1 / (len(self.losses) - 1)
        looked = [stationary.look(self.slope, path[-1], self.spread, step) for path in paths]
        ends = [one.kind for one in looked]
        start = (Axis("start"), Axis("step", "steps"))
        arrays = self.arrays(looked) | {
            "paths": Values(self.read(paths), (*start, self.both), "descents"),
            "path losses": Values(along, start, "loss on the way", "loss"),
            "ends": Values(np.array(ends), (Axis("start"),), "what is at the end"),
        }
        home = self.landscape.slope(0.0, 0.0)[0]
        facts = {"rate": rate, "at x": self.plane.at[0], "at y": self.plane.at[1], "loss": home}
        what = "two random directions" if weights is None else " and ".join(self.plane.names)
        notes = [f"The star is the trained network, with a loss of {digits(home)}."]
        if weights is None:
            notes.append(
                "Each direction has the norm of the network's filters, filter by filter; biases, and the scales and "
                "running statistics of normalization, stay."
            )
        reached = ", ".join(f"{digits(float(loss))} ({kind})" for loss, kind in zip(along[:, -1], ends, strict=True))
        notes.append(
            f"Orange: gradient descent within the plane from four corners, {STEPS} steps, at a rate that is halved "
            f"where a step would go up; it ends at losses of {reached}."
        )
        return self.view(what, arrays, facts, notes)

    def of_path(self, steps: tuple[int, ...]) -> View:
        """The view of the plane of a training's path."""
        plane, run = self.plane, self.seen.run
        assert run is not None  # it has snapshots
        on = np.array([self.landscape.loss(a, b) for a, b in plane.path])
        own = np.array([self.landscape.own(run.at(step).weights()) for step in steps])
        axis = (Axis("snapshot", ticks=tuple(str(step) for step in steps)),)
        arrays = self.arrays() | {
            "path": Values(plane.path, (*axis, self.both), "places of the snapshots on the plane"),
            "path losses": Values(on, axis, "loss at these places", "loss"),
            "snapshot losses": Values(own, axis, "loss of the snapshots themselves", "loss"),
            "off plane": Values(plane.off, axis, "distance of the snapshots from the plane", "norm of weights"),
            "steps": Values(np.array(steps), axis, "steps of the snapshots", "steps"),
        }
        shares = plane.off[:-1] / np.maximum(plane.away[:-1], 1e-300)
        worst = int(np.argmax(plane.off))
        explained = 1 - float((plane.off**2).sum() / (plane.away**2).sum())
        facts = {
            "explained": explained,
            "farthest off plane": float(plane.off[worst]),
            "farthest at step": steps[worst],
            "loss": float(on[-1]),
            "at x": 0.0,
            "at y": 0.0,
        }
        notes = [
            f"The star is the network of the last snapshot, step {count(steps[-1])}, with a loss of "
            f"{digits(float(on[-1]))}; white: the path of the training over {plural(len(steps), 'snapshot')} from step "
            f"{count(steps[0])} on, orange.",
            f"The plane holds {percent(explained)} of their squared distances from the last one. The snapshot of step "
            f"{count(steps[worst])} is farthest off the plane: {digits(float(plane.off[worst]))}, with a distance of "
            f"{digits(float(plane.away[worst]))} from the last. Half of them are off by more than "
            f"{percent(float(np.median(shares)))} of their distance.",
            f"The first snapshot has a loss of {digits(float(own[0]))}, its place on the plane one of "
            f"{digits(float(on[0]))}. Running statistics of normalization are those of the last snapshot everywhere.",
        ]
        return self.view("the plane of its path", arrays, facts, notes)

    def view(self, what: str, arrays: dict[str, Values], facts: dict[str, Any], notes: list[str]) -> View:
        """The view, with the notes on its marks."""
        kinds = Counter(str(kind) for kind in arrays["kinds"].array)
        if kinds:
            signs = {stationary.MINIMUM: "▼", stationary.SADDLE: "✖", stationary.MAXIMUM: "▲"}
            nouns = {stationary.MINIMUM: "minima", stationary.MAXIMUM: "maxima"}
            marked = ", ".join(
                f"{signs[kind]} {plural(number, kind, nouns.get(kind, ''))}" for kind, number in kinds.items()
            )
            notes.append(
                f"Marked: {marked}, where the slope is below a hundredth of the "
                "losses' range per half of the plane, by the signs of the eigenvalues of the Hessian within the plane."
            )
        share = float(arrays["flat"].array.mean())
        if share >= 0.01:
            notes.append(f"Dotted: plateaus, {percent(share)} of the places, with so small a slope.")
        title = f"Loss of {self.seen.name} over {what}, {plural(self.landscape.examples, 'training example')}"
        return View("surface", title, arrays, draw, facts, tuple(notes))

    def descents(self) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
        """Gradient descent from four corners, in shares of the plane.

        The rate is that at which the steepest first step is an eighth of the plane's side; where a step would go up,
        it is halved and the place stays.
        """
        corners = np.array([[-0.8, -0.8], [0.8, -0.8], [-0.8, 0.8], [0.8, 0.8]])
        first = [self.slope(corner) for corner in corners]
        rate = 0.25 / max(*(float(np.linalg.norm(gradient)) for _, gradient in first), 1e-12)
        paths, along = np.zeros((STARTS, STEPS + 1, 2)), np.zeros((STARTS, STEPS + 1))
        for start, (share, (value, gradient)) in enumerate(zip(corners, first, strict=True)):
            own = rate
            for step in range(STEPS + 1):
                paths[start, step], along[start, step] = share, value
                if step < STEPS:
                    ahead = np.clip(share - own * gradient, -1.0, 1.0)
                    there = self.slope(ahead)
                    if there[0] <= value:
                        share, (value, gradient) = ahead, there
                    else:
                        own /= 2
        return paths, along, rate


def draw(view: View) -> Figure:
    """Lines of equal loss, the trained weights, and the ways to them."""
    losses, xs, ys = view["losses"], view["x"], view["y"]
    finite = losses[np.isfinite(losses)]
    low, high = float(finite.min()), float(np.quantile(finite, 0.95))
    spread = max(high - low, 1e-12)
    # finer near the bottom
    levels = np.unique(low + spread * np.linspace(0, 1, 13) ** 2)
    shown = np.minimum(np.nan_to_num(losses, nan=high, posinf=high), high)

    def paint(axes: Axes) -> None:
        filled = axes.contourf(xs, ys, shown, levels=levels, cmap="viridis", extend="max")
        axes.contour(xs, ys, shown, levels=levels, colors=PAPER, linewidths=0.3)
        texts = {digits(float(f"{level:.3g}")): level for level in reversed(levels)}  # one place for each text
        bar = axes.figure.colorbar(filled, ax=axes, label="loss")
        bar.set_ticks(list(texts.values()), labels=list(texts))
        bar.outline.set_visible(False)
        if view["flat"].mean() >= 0.01:
            axes.contourf(xs, ys, view["flat"].astype(float), levels=[0.5, 1.5], colors="none", hatches=[".."])
        if "path" in view.arrays:
            axes.plot(*view["path"].T, ".-", color="#fffffd", linewidth=1.2, markersize=4)
            axes.plot(*view["path"][0], "o", color=ORANGE, markeredgecolor="#1b1b1e", markersize=6)
        for path, end in zip(view["paths"], view["ends"], strict=True) if "paths" in view.arrays else ():
            axes.plot(*path.T, color="#fffffd", linewidth=2)
            axes.plot(*path.T, ".-", color=ORANGE, linewidth=1, markersize=3)
            axes.plot(*path[0], "o", color=ORANGE, markeredgecolor="#1b1b1e", markersize=5)
            if end == stationary.PLATEAU:
                _mark(axes, path[-1], end)
        axes.plot(
            view.facts["at x"], view.facts["at y"], "*", color="#fffffd", markeredgecolor="#1b1b1e", markersize=12
        )
        for place, kind in zip(view["stationary"], view["kinds"], strict=True):
            _mark(axes, place, kind)
        axes.set_xlim(xs[0], xs[-1])
        axes.set_ylim(ys[0], ys[-1])
        axes.set_xlabel(view.arrays["x"].about)
        axes.set_ylabel(view.arrays["y"].about)

    panel = Panel("", 3.5, paint, left=0.6, bottom=0.4, framed=True, width=3.7)
    return sheet(view.title, [panel], view.notes)


def _mark(axes: Axes, place: NDArray[np.float64], kind: str) -> None:
    marker, colour = MARKS[kind]
    axes.plot(*place, marker, color=colour, markeredgecolor="#fffffd", markersize=8)
