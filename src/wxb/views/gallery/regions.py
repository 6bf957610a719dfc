"""What the network says everywhere: of all points of one or two features, or of the plane through three examples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from wxb.network.build import Model
from wxb.tasks import TASKS
from wxb.text import one_line, plural
from wxb.views.drawing import COLOURS, INK, PAPER, QUIET, Panel, near, sheet
from wxb.views.plane import Plane, scores, through, whole
from wxb.views.subject import Subject, subject
from wxb.views.view import Axis, Values, View

DARK_INK = "#1b1b1e"  # on areas, which are as light in the dark

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from wxb.data.dataset import Dataset


def regions(of: Any, x: Any = None, *, part: str | None = None, examples: str | None = None) -> View:
    """The network's answer at every point of a line or a plane of inputs.

    `of` is a run, its folder, or a network of wxb with a data set `x`. Data of one or two features is shown whole, with
    the examples of a part. Of other data it is the plane through three examples of the part, by default three with
    different predictions: `examples` names them by their numbers, "0,5,9".

    Arrays: "scores" (row, column, output), or (point, output) of a line; "answers" (row, column), the number of the
    class predicted, where there are classes; "margins" (row, column), how far the greatest score is above the second;
    "probabilities" (row, column, output) if the head has any; "examples" (example, axis), where examples lie, and
    "given", what they are. Raises WxbError if the examples lie on a line.
    """
    seen = subject(of, "regions")
    data = seen.data(x)
    rows, named = seen.rows(data, part)
    flat = len(data.shape) == 1 and data.shape[0] <= 2
    plane = whole(seen, data, rows) if flat and examples is None else through(seen, data, rows, examples)
    arrays = answers(seen, data, plane)
    shown = f"with {plural(len(plane.rows), 'example')} of the {named} part"
    what = shown if flat and examples is None else f"on the plane of three {named} examples"
    return View("regions", f"What {seen.name} says, {what}", arrays, draw, {"part": named})


def answers(seen: Subject, data: Dataset, plane: Plane) -> dict[str, Values]:
    """The arrays of `regions` on a plane or a line."""
    found = scores(seen, plane.inputs())
    lines = tuple(
        Axis(kind, name) for kind, name in zip(("column", "row"), plane.names, strict=False)
    )[::-1]  # fmt: skip
    lines = lines if len(plane.axes) == 2 else (Axis("point", plane.names[0]),)
    outputs = Axis("output", ticks=data.classes)
    arrays = {"scores": Values(found, (*lines, outputs), "scores of the network")}
    flat = found.reshape(-1, found.shape[-1])
    said = seen.model.task.predict(flat) if isinstance(seen.model, Model) else flat.argmax(1)
    if said.ndim == 1:
        ordered = np.sort(found, axis=-1)
        margins = ordered[..., -1] - ordered[..., -2]
        arrays["answers"] = Values(said.reshape(found.shape[:-1]), lines, "number of the class predicted")
        arrays["margins"] = Values(margins, lines, "greatest score minus the second", "score")
    if isinstance(seen.model, Model):
        chances = seen.model.head.probabilities(torch.from_numpy(flat))
        if chances is not None:
            arrays["probabilities"] = Values(
                chances.numpy().reshape(found.shape), (*lines, outputs), "probabilities", "share"
            )
    for place, (name, values) in enumerate(zip(plane.names, plane.axes, strict=False)):
        arrays["xy"[place]] = Values(values, (Axis("point", name),), f"places along {name}")
    axes = Axis("axis", ticks=plane.names[: len(plane.axes)])
    arrays["examples"] = Values(plane.examples, (Axis("example"), axes), "where examples lie")
    units = data.targets_in_units()
    if said.ndim == 1 or units.ndim == 1:
        arrays["given"] = Values(units[plane.rows], (Axis("example"),), "what they are: the number of the class")
    else:
        arrays["given"] = Values(units[plane.rows], (Axis("example"), outputs), "what they are")
    words = np.array([TASKS[data.task].text(units[row], data.classes) for row in plane.rows])
    arrays["words"] = Values(words, (Axis("example"),), "what they are, in words")
    return arrays


def draw(view: View) -> Figure:
    """Classes as areas, lighter where the network is unsure; numbers as colours or as a curve."""
    if "y" not in view.arrays:
        return sheet(view.title, [line(view)], view.notes)
    panels = [areas(view, 3.4)] if "answers" in view.arrays else [values(view)]
    notes = list(view.notes)
    if "answers" in view.arrays:
        notes.append("An area has the colour of the class predicted; it is pale where the margin is small. The line is "
                     "where two classes have the same score.")  # fmt: skip
    return sheet(view.title, panels, notes)


def line(view: View) -> Panel:
    """The scores along a line, and the numbers given."""

    def paint(axes: Axes) -> None:
        given, found = view["given"], view["scores"]
        names = view.arrays["scores"].axes[1].ticks
        for place, name in enumerate(names[:6]):
            target = given[:, place] if given.ndim == 2 else (given == place).astype(float)
            if given.ndim == 2:
                axes.plot(view["examples"][:, 0], target, ".", color=QUIET, markersize=3)
            axes.plot(view["x"], found[:, place], color=COLOURS[place % len(COLOURS)], label=one_line(name))
        if given.ndim == 2:
            near(axes, given[:, : len(names[:6])])
        if len(names) > 1:
            axes.legend()
        axes.set_xlabel(view.arrays["x"].axes[0].unit)
        axes.set_ylabel(one_line(names[0]) if len(names) == 1 else "score")

    return Panel("", 2.8, paint, left=0.55, bottom=0.4, framed=True)


def areas(view: View, height: float) -> Panel:
    """The class predicted at each place, its borders, and the examples."""
    from matplotlib.colors import to_rgb

    x, y, said = view["x"], view["y"], view["answers"]
    margins, names = view["margins"], view.arrays["scores"].axes[2].ticks
    present = sorted({*np.unique(said).tolist(), *np.unique(view["given"]).tolist()})
    colours = np.zeros((len(names), 3))
    for place, one in enumerate(present):  # so that few classes of many have colours of their own
        colours[one] = to_rgb(COLOURS[place % len(COLOURS)])
    sure = np.clip(margins / (float(np.quantile(margins, 0.8)) or 1.0), 0, 1)[..., None]
    shown = colours[said] * (0.25 + 0.4 * sure) + (0.75 - 0.4 * sure)

    def paint(axes: Axes) -> None:
        axes.imshow(shown, extent=(x[0], x[-1], y[0], y[-1]), origin="lower", aspect="auto")
        areas = np.unique(said)
        for place in areas if len(areas) > 1 else ():
            rest = np.delete(view["scores"], place, axis=2).max(2)
            axes.contour(x, y, view["scores"][..., place] - rest, levels=[0.0], colors=DARK_INK, linewidths=0.8)
        _examples(axes, view, colours)
        axes.set_xlim(x[0], x[-1])
        axes.set_ylim(y[0], y[-1])
        axes.set_xlabel(one_line(view.arrays["x"].axes[0].unit))
        axes.set_ylabel(one_line(view.arrays["y"].axes[0].unit))
        for place in present[:10]:
            axes.plot([], [], "o", color=colours[place], label=one_line(names[place])[:14], markersize=5)
        axes.legend(loc="upper left", bbox_to_anchor=(0, -0.13), ncol=5, handletextpad=0.2, columnspacing=1)

    return Panel("", height, paint, left=0.55, bottom=0.75, framed=True)


def _examples(axes: Axes, view: View, colours: NDArray[Any]) -> None:
    points, given = view["examples"], view["given"]
    few = len(points) <= 3
    for place in np.unique(given):
        of = given == place
        axes.scatter(
            points[of, 0], points[of, 1], s=60 if few else 9, color=colours[int(place)], edgecolors="#fffffd",
            linewidths=0.8 if few else 0.3, zorder=3,
        )  # fmt: skip
    if few:
        for point, word in zip(points, view["words"], strict=True):
            axes.annotate(
                one_line(str(word)), point, xytext=(6, 5), textcoords="offset points", fontsize=7.5, color=DARK_INK
            )


def values(view: View) -> Panel:
    """The first number that the network predicts, as colours."""
    x, y, found = view["x"], view["y"], view["scores"][..., 0]
    name = view.arrays["scores"].axes[2].ticks[0]

    def paint(axes: Axes) -> None:
        shown = axes.imshow(found, extent=(x[0], x[-1], y[0], y[-1]), origin="lower", aspect="auto", cmap="viridis")
        bar = axes.figure.colorbar(shown, ax=axes, label=one_line(name))
        bar.outline.set_visible(False)
        axes.plot(*view["examples"].T, "o", markersize=4, color=PAPER, markeredgecolor=INK, markeredgewidth=0.5)
        axes.set_xlabel(one_line(view.arrays["x"].axes[0].unit))
        axes.set_ylabel(one_line(view.arrays["y"].axes[0].unit))

    return Panel("", 3.2, paint, left=0.55, bottom=0.4, framed=True, width=3.7)
