"""A linear classifier from three viewpoints on one sheet: algebraic, visual, geometric."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from wxb.text import one_line
from wxb.views.drawing import Panel, digits, sheet
from wxb.views.gallery.regions import answers, areas, line
from wxb.views.gallery.regions import values as as_values
from wxb.views.gallery.templates import pictures, said, table
from wxb.views.linear import linear, scaled
from wxb.views.plane import through, whole
from wxb.views.subject import subject
from wxb.views.view import Values, View

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

OUTPUTS, NUMBERS = 5, 2  # rows of W, and numbers of each, that are written out


def viewpoints(
    of: Any, x: Any = None, *, example: int | None = None, part: str | None = None, examples: str | None = None
) -> View:
    """A linear network as the arithmetic Wx + b of one example, as templates, and as borders in a plane.

    `of` is a run or its folder, or a linear network of wxb with a data set `x`. `example` and `part` choose the
    example as in `maps`, `examples` the plane as in `regions`.

    Arrays: "weights" (output, …), "input" (…) as the network has scaled it, "biases" and "scores" (output,), and those
    of `regions` on a plane, with "plane " before their names.
    """
    seen = subject(of, "viewpoints")
    found = linear(seen)
    data = seen.data(x)
    shown = seen.example(data, example, part)
    rows, _ = seen.rows(data, part)
    flat = len(data.shape) == 1 and data.shape[0] <= 2
    plane = whole(seen, data, rows) if flat and examples is None else through(seen, data, rows, examples)
    taken = scaled(seen, shown.batch)
    scores = (found.weights * taken).reshape(len(found.weights), -1).sum(1) + found.biases
    arrays = {
        "weights": Values(found.weights, found.axes, "W"),
        "input": Values(taken, found.inner, "x, scaled"),
        "biases": Values(found.biases, found.axes[:1], "b"),
        "scores": Values(scores, found.axes[:1], "Wx + b"),
    }
    for name, one in answers(seen, data, plane).items():
        arrays[f"plane {name}"] = one
    title = f"{seen.name} from three viewpoints: {shown.sentence}"
    return View("viewpoints", title, arrays, draw, shown.facts)


def draw(view: View) -> Figure:
    """The arithmetic, the templates and the plane."""
    weights, names = view["weights"], view.arrays["scores"].axes[0].ticks
    features = view.arrays["weights"].axes[-1].ticks or tuple(str(place) for place in range(weights.shape[-1]))
    visual = pictures(weights[:50], names) if weights.ndim == 4 else table(weights, names, features)
    plane = View("regions", "", {name[6:]: one for name, one in view.arrays.items() if name.startswith("plane ")}, draw)
    geometric = line(plane) if "y" not in plane.arrays else (
        areas(plane, 3.0) if "answers" in plane.arrays else as_values(plane)
    )  # fmt: skip
    heads = (
        "Algebraic: scores = W x + b, x scaled to mean 0",
        "Visual: a row of W in the shape of the input",
        "Geometric: the scores are equal on straight borders",
    )
    panels = [_arithmetic(view), visual, geometric]
    titled = [replace(one, title=head) for head, one in zip(heads, panels, strict=True)]
    return sheet(view.title, titled, [*view.notes, said(weights)])


def _arithmetic(view: View) -> Panel:
    """Rows of W times x plus b, with dots for what is left out."""
    scores = view["scores"]
    weights, taken = view["weights"].reshape(len(scores), -1), view["input"].reshape(-1)
    names = view.arrays["scores"].axes[0].ticks
    shown = list(np.sort(np.argsort(-scores, kind="stable")[:OUTPUTS]))
    lines = []
    for place in shown:
        pairs = zip(weights[place][:NUMBERS], taken[:NUMBERS], strict=True)
        terms = " + ".join(f"{_short(weight)}·{_short(value)}" for weight, value in pairs)
        dots = " + …" if len(taken) > NUMBERS else ""
        name = one_line(names[place])
        lines.append((name if len(name) <= 14 else f"{name[:13]}…", f"{terms}{dots} + {_short(view['biases'][place])}",
                      digits(float(scores[place]))))  # fmt: skip
    rest = len(scores) - len(shown)

    def paint(axes: Axes) -> None:
        axes.set_xlim(0, 4.56)
        axes.set_ylim(len(lines) - 0.5 + bool(rest), -0.5)
        for row, (name, terms, score) in enumerate(lines):
            bold = "bold" if scores[shown[row]] == scores.max() else "normal"
            axes.text(0, row, name, va="center", fontsize=7, fontweight=bold)
            axes.text(1.0, row, terms, va="center", fontsize=7)
            axes.text(4.56, row, f"= {score}", va="center", ha="right", fontsize=7, fontweight=bold)
        if rest:
            axes.text(0, len(lines), f"and {rest} lower scores", va="center", fontsize=7)

    return Panel("", 0.19 * (len(lines) + bool(rest)), paint)


def _short(value: float) -> str:
    text = digits(round(float(value), 3))
    return f"({text})" if value < 0 else text
