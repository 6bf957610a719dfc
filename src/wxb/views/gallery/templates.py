"""The weights of a linear classifier: a template for each class, or the weight of each feature."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wxb.views.drawing import Panel, coloured, digits, heat, named_tiles, range_text, sheet
from wxb.views.linear import linear
from wxb.views.subject import subject
from wxb.views.view import Values, View

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST = 50  # outputs drawn,
MOST_FEATURES = 40  # and features, those with the largest weights


def templates(of: Any) -> View:
    """The weights of a linear network, in the shape of its input: the picture that each class looks for.

    `of` is a run, its folder, or a module nn.Linear. The network multiplies the input after it has scaled it to mean 0
    and standard deviation 1; so a weight is what one standard deviation adds to the score.

    Arrays: "templates" (output, channel, row, column) or (output, feature), and "biases" (output,).
    """
    seen = subject(of, "templates")
    found = linear(seen)
    arrays = {
        "templates": Values(found.weights, found.axes, "weights of the scaled input", "score per standard deviation"),
        "biases": Values(found.biases, found.axes[:1], "biases", "score"),
    }
    return View("templates", f"Weights of {seen.name}, {range_text(found.weights)}", arrays, draw)


def draw(view: View) -> Figure:
    """A picture for each class; of rows of numbers a table of weights."""
    weights, names = view["templates"], view.arrays["templates"].axes[0].ticks
    if weights.ndim == 4:
        notes = [] if len(weights) <= MOST else [f"The first {MOST} of {len(weights)} classes are drawn."]
        return sheet(view.title, [pictures(weights[:MOST], names)], [*view.notes, said(weights), *notes])
    features = view.arrays["templates"].axes[1].ticks or tuple(str(place) for place in range(weights.shape[1]))
    return sheet(view.title, [table(weights, names, features)], [*view.notes, said(weights)])


def said(weights: NDArray[Any]) -> str:
    """How the colours are to be read."""
    if weights.ndim == 4 and weights.shape[1] == 3:
        return "Grey is a weight of 0; a colour is what raises the score of the class."
    return "Blue raises the score, orange lowers it."


def pictures(weights: NDArray[Any], names: tuple[str, ...]) -> Panel:
    """Weights (output, channel, row, column) as a picture for each output under its name."""
    if weights.shape[1] == 3:
        return named_tiles(np.stack([coloured(one) for one in weights]), names, 5)
    return named_tiles(weights.sum(1), names, 5)


def table(weights: NDArray[Any], names: tuple[str, ...], features: tuple[str, ...]) -> Panel:
    """Weights (output, feature) as a cell each, with its number where there is room."""
    outputs = min(len(weights), 12)
    order = np.argsort(-np.abs(weights[:outputs]).max(0), kind="stable")[:MOST_FEATURES]
    order = np.sort(order) if weights.shape[1] <= MOST_FEATURES else order
    cells = weights[:outputs, order].T

    def paint(axes: Axes) -> None:
        heat(axes, cells, aspect="auto")
        axes.set_yticks(range(len(order)), [_short(features[place], 18) for place in order])
        axes.set_xticks(range(outputs), [_short(name, max(3, 40 // outputs)) for name in names[:outputs]])
        axes.tick_params(length=0, top=True, labeltop=True, bottom=False, labelbottom=False)
        axes.spines[:].set_visible(False)
        most = float(np.abs(cells).max()) or 1.0
        for (row, column), value in np.ndenumerate(cells):
            if outputs <= 8:
                ink = "#ffffff" if abs(value) > 0.45 * most else "#000000"
                axes.text(column, row, digits(float(value)), ha="center", va="center", fontsize=6.5, color=ink)

    return Panel("", 0.19 * len(order), paint, left=1.25, top=0.2, framed=True)


def _short(name: str, most: int) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}…"
