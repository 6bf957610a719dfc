"""Where examples lie in the features of a layer: by its two principal components, or by t-SNE."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wxb.data.dataset import Dataset
from wxb.data.split import spread
from wxb.errors import WxbError
from wxb.notation.vocabulary import SELF
from wxb.tasks import TASKS
from wxb.text import count, one_line, percent
from wxb.views import examples, layers, tsne
from wxb.views.answered import answered
from wxb.views.drawing import COLOURS, INK, QUIET, Panel, digits, sheet
from wxb.views.subject import Subject, as_batch, subject
from wxb.views.view import Axis, Values, View

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

EXAMPLES = 2_000  # that are shown, spread evenly over the part
AT_ONCE = 100
NUMBERS = 2**26  # features of all examples together; of wider layers fewer examples are shown
MARKS = "osD^vP*X"
NEIGHBOURS = 9
METHODS = ("pca", "tsne")


def embedding(
    of: Any,
    x: Any = None,
    *,
    example: int | None = None,
    part: str | None = None,
    layer: str | None = None,
    method: str | None = None,
) -> View:
    """The outputs of a layer for the examples of a part, in two dimensions: their principal components, and t-SNE.

    `of` is a run, its folder, or a network of wxb with a data set `x`. `layer` is by default the last hidden one, whose
    features the last layer weighs, of a TEAM that of its first group; of an autoencoder it is its code. `method` is
    "pca", or "tsne" for both. `example` is the number of one in the part, whose nearest neighbours in the layer's
    features are listed. At most 2,000 examples are shown, spread evenly.

    Arrays: "points" (example, 2), the principal components; "explained" (2,), the share of the variance along each;
    with "tsne" its places, "tsne" (example, 2); "rows" (example,), places in the data; "given" (example,) or (example,
    target); "wrong" (example,), whether the network is wrong, where there are classes. With `example`, "neighbours"
    (rank,) are places in "rows", the example itself first; "distances" (rank,), Euclidean, of the features; "pictures"
    (rank, channel, row, column) or "columns" (rank, column), the neighbours themselves, and "captions" (rank,). Raises
    WxbError if there is no such layer or example, or if t-SNE is not installed.
    """
    if method is not None and method not in METHODS:
        raise WxbError(f"{method} is not a method of embedding", fix=f"one of {', '.join(METHODS)}")
    seen = subject(of, "embedding")
    data = seen.data(x)
    found = answered(seen, "embedding", data, part)
    first = layers.passed(seen, as_batch(seen.examples(data)[found.rows[:1]]))
    name = _default(seen, first) if layer is None else layers.named(layer, first)
    chosen = _chosen(seen, found.rows, found.part, first[name].output.numel(), example)
    rows = found.rows[chosen]
    features = features_of(seen, seen.examples(data)[rows], name)
    points, explained = principal(features)
    told = data.told
    units = told.targets[rows]
    axis = Axis("example")
    arrays = {
        "points": Values(points, (axis, Axis("component", ticks=("first", "second"))), f"places in {name}"),
        "explained": Values(explained, (Axis("component"),), "share of the variance", "share"),
        "rows": Values(rows, (axis,), "places in the data"),
    }
    if method == "tsne":
        arrays["tsne"] = Values(tsne.places(features, points), (axis, Axis("dimension")), f"t-SNE of {name}")
    names = Axis("output", ticks=told.names)
    arrays["given"] = Values(units, (axis, names) if units[0].ndim else (axis,), "what they are")
    said = found.predicted.values[chosen]
    if not units[0].ndim:
        wrong = said != found.targets[chosen] if TASKS[data.task].exclusive else np.zeros(len(rows), np.bool_)
        arrays["wrong"] = Values(wrong, (axis,), "whether the network is wrong")
    arrays["names"] = Values(np.array(told.names), (Axis("output"),), "names of the classes, labels or targets")
    facts: dict[str, str | int | float] = {"layer": name, "features": features.shape[1]}
    notes = []
    if len(rows) < len(found.rows):
        notes.append(f"{count(len(rows))} of {count(len(found.rows))} examples are shown, spread evenly over the part.")
    if group := layers.group_text([name], list(first)):
        facts["group"] = group
        notes.append(f"{name} is of {group} of the TEAM; the features of its members stand side by side.")
    if example is not None:
        facts["example"] = example
        arrays |= _neighbours(data, rows, features, int(np.flatnonzero(chosen == example)[0]), said)
    title = f"{count(len(rows))} {found.part} examples in {name} of {seen.name}: {found.line}"
    return View("embedding", title, arrays, draw, facts, tuple(notes))


def _default(seen: Subject, first: Mapping[str, layers.Passed]) -> str:
    """The code of an autoencoder, else the last hidden layer."""
    return seen.plan.code_item.path if seen.plan and seen.plan.head == SELF else layers.hidden(first)


def _chosen(seen: Subject, rows: NDArray[np.int64], part: str, width: int, example: int | None) -> NDArray[np.int64]:
    """The places in the part of the examples that are shown, ascending; that of `example` among them."""
    most = max(2, min(EXAMPLES, NUMBERS // max(width, 1)))
    chosen = spread(np.arange(len(rows)), most)
    if example is None:
        return chosen
    seen.place(example, len(rows), f"the {part} part")
    chosen[np.abs(chosen - example).argmin()] = example
    return chosen


def features_of(seen: Subject, rows: NDArray[Any], name: str) -> NDArray[np.float64]:
    """What a layer gives for examples (n, …), flat: (n, features). Members of a TEAM stand side by side."""
    found = []
    only = name.partition(" (")[0]
    for start in range(0, len(rows), AT_ONCE):
        part = rows[start : start + AT_ONCE]
        output = layers.passed(seen, as_batch(part), only)[name].output.double()
        found.append(output.reshape(len(part), -1).numpy())
    return np.concatenate(found)


def principal(features: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Places (n, 2) along the two principal components, and the share of the variance (2,) that each explains.

    The sign of a component is that which makes its greatest weight positive. A single feature has a second place of 0.
    """
    centred = features - features.mean(0)
    _, sizes, components = np.linalg.svd(centred, full_matrices=False)
    components = (
        components[:2] * np.sign(components[:2][range(len(components[:2])), np.abs(components[:2]).argmax(1)])[:, None]
    )
    points = np.zeros((len(features), 2))
    points[:, : len(components)] = centred @ components.T
    shares = np.zeros(2)
    shares[: len(components)] = (sizes**2 / ((sizes**2).sum() or 1.0))[: len(components)]
    return points, shares


def _neighbours(
    data: Dataset, rows: NDArray[np.int64], features: NDArray[np.float64], of: int, said: NDArray[Any]
) -> dict[str, Values]:
    """The example at a place and those nearest to it in their features, with what they are."""
    distances = np.sqrt(((features - features[of]) ** 2).sum(1))
    distances[of] = -1  # before copies of it
    nearest = np.argsort(distances, kind="stable")[: NEIGHBOURS + 1]
    distances[of] = 0
    rank = Axis("rank")
    told = data.told
    task, units = TASKS[told.task], told.targets
    captions = [
        task.text(units[rows[one]], told.names)
        if data.labels or not TASKS[data.task].exclusive or said[one] == units[rows[one]]
        else f"{task.text(units[rows[one]], told.names)}, as {task.text(said[one], told.names)}"
        for one in nearest
    ]
    return {
        "neighbours": Values(nearest, (rank,), "places of the nearest among the examples"),
        "distances": Values(distances[nearest], (rank,), "Euclidean distance of the features"),
        "captions": Values(np.array(captions), (rank,), "what they are, and what a mistake takes them for"),
        **examples.listed(data, rows[nearest], rank),
    }


# --- drawing ---------------------------------------------------------------------------------------------------------


def draw(view: View) -> Figure:
    """A dot for each example in the colour of its class, with a ring if it is a mistake; of numbers dark to light."""
    given, names, shares = view["given"], view["names"].tolist(), view["explained"]
    words = (
        f"first component, {percent(float(shares[0]))} of the variance",
        f"second component, {percent(float(shares[1]))}",
    )
    maps = [("t-SNE", "tsne", ("", ""))] if "tsne" in view.arrays else []
    maps.append(("principal components" if maps else "", "points", words))
    lines = -(-min(len(names), 20) // 5) if given.ndim == 1 else 0
    panels = []
    for place, (title, array, labels) in enumerate(maps):
        last = place == len(maps) - 1
        room = 0.45 * bool(labels[0]) + 0.2 * (lines + 1) * bool(lines and last)
        paint = partial(_map, view=view, points=view[array], labels=labels, legend=last)
        panels.append(
            Panel(title, 3.6, paint, left=0.55, bottom=room or 0.2, framed=True, width=None if lines else 3.75)
        )
    if "neighbours" in view.arrays:
        panels += _listed(view)
    notes = [] if given.ndim == 1 else [f"The colour is {names[0]}."]
    if "tsne" in view.arrays:
        notes.append("t-SNE keeps neighbours together; distances between groups and the sizes of groups mean nothing.")
    return sheet(view.title, panels, [*view.notes, *notes])


def _map(axes: Axes, view: View, points: NDArray[Any], labels: tuple[str, str], legend: bool) -> None:
    given, names = view["given"], view["names"].tolist()
    if given.ndim == 1:
        _classes(axes, points, given.astype(int), names)
        wrong = points[view["wrong"]]
        axes.plot(wrong[:, 0], wrong[:, 1], "o", fillstyle="none", color=INK, markersize=5.1, markeredgewidth=0.8,
                  label="a mistake")  # fmt: skip
    else:
        shown = axes.scatter(points[:, 0], points[:, 1], c=given[:, 0], s=8, cmap="viridis")
        bar = axes.figure.colorbar(shown, ax=axes, label=one_line(names[0]))
        bar.outline.set_visible(False)
    if "neighbours" in view.arrays:
        here, *others = points[view["neighbours"]]
        axes.plot(*np.array(others).T, "+", color=INK, markersize=6, markeredgewidth=0.9, label="a neighbour")
        axes.plot(*here, "X", color=INK, markersize=9, markeredgecolor="#ffffff", label=f"example {_number(view)}")
    if given.ndim == 1 and legend:
        below = -0.12 if labels[0] else -0.02
        axes.legend(loc="upper left", bbox_to_anchor=(0, below), ncol=5, handletextpad=0.2, columnspacing=1)
    if labels[0]:
        axes.set_xlabel(labels[0])
        axes.set_ylabel(labels[1])
        axes.axhline(0, color=QUIET, linewidth=0.4)
        axes.axvline(0, color=QUIET, linewidth=0.4)
    else:
        axes.set_xticks([])
        axes.set_yticks([])


def _number(view: View) -> int:
    return int(view.facts["example"])


def _listed(view: View) -> list[Panel]:
    said = [f"{_number(view)}: {view['captions'][0]}"] + [
        f"{digits(round(float(far), 2))}: {what}"
        for far, what in zip(view["distances"][1:], view["captions"][1:], strict=True)
    ]
    title = f"example {_number(view)}, and its nearest of the shown ones with their distances"
    return examples.panels(title, view.arrays, said)


def _classes(axes: Axes, points: NDArray[Any], given: NDArray[Any], names: list[str]) -> None:
    for place, name in enumerate(names[:20]):
        of = given == place
        # another mark where colours begin again
        mark = MARKS[place // len(COLOURS) % len(MARKS)]
        axes.scatter(points[of, 0], points[of, 1], s=8, color=COLOURS[place % len(COLOURS)], marker=mark, linewidths=0,
                     label=one_line(name)[:14], rasterized=True)  # fmt: skip
    rest = given >= 20
    if rest.any():
        axes.scatter(points[rest, 0], points[rest, 1], s=8, color=QUIET, linewidths=0, label="others")
