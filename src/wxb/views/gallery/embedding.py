"""Where examples lie in the features of a layer: its two principal components."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wxb.text import count, one_line, percent
from wxb.views import layers
from wxb.views.answered import answered
from wxb.views.drawing import COLOURS, INK, QUIET, Panel, sheet
from wxb.views.subject import Subject, as_batch, subject
from wxb.views.view import Axis, Values, View

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

EXAMPLES = 2_000  # that are shown, spread evenly over the part
AT_ONCE = 100
NUMBERS = 2**26  # features of all examples together; of wider layers fewer examples are shown
MARKS = "osD^vP*X"


def embedding(of: Any, x: Any = None, *, part: str | None = None, layer: str | None = None) -> View:
    """The outputs of a layer for the examples of a part, projected on their two principal components.

    `of` is a run, its folder, or a network of wxb with a data set `x`. `layer` is by default the last hidden one, whose
    features the last layer weighs. At most 2,000 examples are shown, spread evenly.

    Arrays: "points" (example, 2); "explained" (2,), the share of the variance along each component; "rows" (example,),
    places in the data; "given" (example,) or (example, target); "wrong" (example,), whether the network is wrong, where
    there are classes. Raises WxbError if there is no such layer.
    """
    seen = subject(of, "embedding")
    data = seen.data(x)
    found = answered(seen, "embedding", data, part)
    first = layers.passed(seen, as_batch(seen.examples(data)[found.rows[:1]]))
    name = layers.hidden(first) if layer is None else layers.named(layer, first)
    width = first[name].output.numel()
    most = max(2, min(EXAMPLES, NUMBERS // max(width, 1)))
    chosen = np.linspace(0, len(found.rows) - 1, min(len(found.rows), most)).astype(np.int64)
    rows = found.rows[chosen]
    points, explained = principal(_features(seen, seen.examples(data)[rows], name))
    units = data.targets_in_units()[rows]
    example = Axis("example")
    arrays = {
        "points": Values(points, (example, Axis("component", ticks=("first", "second"))), f"places in {name}"),
        "explained": Values(explained, (Axis("component"),), "share of the variance", "share"),
        "rows": Values(rows, (example,), "places in the data"),
    }
    names = Axis("output", ticks=data.classes)
    arrays["given"] = Values(units, (example, names) if units[0].ndim else (example,), "what they are")
    said = found.predicted.values[chosen]
    if not units[0].ndim:
        arrays["wrong"] = Values(said != found.targets[chosen], (example,), "whether the network is wrong")
    title = f"{count(len(rows))} {found.part} examples in {name} of {seen.name}: {found.line}"
    arrays["names"] = Values(np.array(data.classes), (Axis("output"),), "names of the classes, labels or targets")
    facts = {"layer": name}
    return View("embedding", title, arrays, draw, facts)


def _features(seen: Subject, examples: NDArray[Any], name: str) -> NDArray[np.float64]:
    """What a layer gives for examples (n, …), flat: (n, features). Members of a TEAM stand side by side."""
    found = []
    only = name.partition(" (")[0]
    for start in range(0, len(examples), AT_ONCE):
        part = examples[start : start + AT_ONCE]
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


def draw(view: View) -> Figure:
    """A dot for each example in the colour of its class, with a ring if it is a mistake; of numbers dark to light."""
    points, given = view["points"], view["given"]
    names = view["names"].tolist()
    shares = view["explained"]

    def paint(axes: Axes) -> None:
        if given.ndim == 1:
            _classes(axes, points, given.astype(int), names)
            wrong = view["wrong"]
            axes.scatter(
                points[wrong, 0],
                points[wrong, 1],
                s=26,
                facecolors="none",
                edgecolors=INK,
                linewidths=0.8,
                label="a mistake",
            )
            axes.legend(loc="upper left", bbox_to_anchor=(0, -0.12), ncol=5, handletextpad=0.2, columnspacing=1)
        else:
            shown = axes.scatter(points[:, 0], points[:, 1], c=given[:, 0], s=8, cmap="viridis")
            bar = axes.figure.colorbar(shown, ax=axes, label=one_line(names[0]))
            bar.outline.set_visible(False)
        axes.set_xlabel(f"first component, {percent(float(shares[0]))} of the variance")
        axes.set_ylabel(f"second component, {percent(float(shares[1]))}")
        axes.axhline(0, color=QUIET, linewidth=0.4)
        axes.axvline(0, color=QUIET, linewidth=0.4)

    lines = -(-min(len(names), 20) // 5) if given.ndim == 1 else 0
    notes = [] if given.ndim == 1 else [f"The colour is {names[0]}."]
    below = 0.45 + 0.2 * (lines + 1) * bool(lines)
    panel = Panel("", 3.6, paint, left=0.55, bottom=below, framed=True, width=None if lines else 3.75)
    return sheet(view.title, [panel], [*view.notes, *notes])


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
