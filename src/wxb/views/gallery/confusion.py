"""Where a classifier fails: which classes it confuses, and the mistakes it is most confident of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wxb.text import count, one_line, percent
from wxb.views.answered import answered
from wxb.views.drawing import Panel, named_tiles, picture_of, sheet, value_colours
from wxb.views.subject import subject
from wxb.views.view import Axis, Values, View

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CELLS = 24  # classes up to which cells have numbers,
NAMES = 40  # and up to which they have names
MISTAKES = 10  # that are drawn


def confusion(of: Any, x: Any = None, *, part: str | None = None) -> View:
    """How often each class is predicted as each, and every mistake with its confidence.

    `of` is a run, its folder, or a network of wxb with a data set `x`.

    Arrays: "counts" (given, predicted); "rows", "given", "predicted" and "confidence" (mistake,), the most confident
    first: the example's place in the data, the numbers of its classes, and the probability of the class predicted, or
    its lead over the second where the head has no probabilities. Of pictures "pictures" (mistake, channel, row,
    column), of the first ten.
    """
    seen = subject(of, "confusion")
    found = answered(seen, "confusion", x, part)
    data = seen.data(x)
    given, said = found.targets.astype(np.int64), found.predicted.values.astype(np.int64)
    names = data.classes
    counts = np.zeros((len(names), len(names)), np.int64)
    np.add.at(counts, (given, said), 1)
    wrong = np.flatnonzero(given != said)
    confidence = found.predicted.confidence
    wrong = wrong[np.argsort(-confidence[wrong], kind="stable")]
    mistake = Axis("mistake")
    arrays = {
        "counts": Values(
            counts, (Axis("given", ticks=names), Axis("predicted", ticks=names)), "how many examples", "examples"
        ),
        "rows": Values(found.rows[wrong], (mistake,), "places in the data"),
        "given": Values(given[wrong], (mistake,), "numbers of the classes given"),
        "predicted": Values(said[wrong], (mistake,), "numbers of the classes predicted"),
        "confidence": Values(confidence[wrong], (mistake,), "confidence in the class predicted"),
    }
    if len(data.shape) == 3 and len(wrong):
        axes = (mistake, *map(Axis, ("channel", "row", "column")))
        arrays["pictures"] = Values(data.examples[found.rows[wrong[:MISTAKES]]], axes, "the first mistakes")
    title = f"What {seen.name} confuses: {found.line} {found.part} examples right"
    return View("confusion", title, arrays, draw, {"examples": len(given), "mistakes": len(wrong)})


def draw(view: View) -> Figure:
    """The table of counts, the pairs that are confused most, and pictures of the most confident mistakes."""
    counts, names = view["counts"], view.arrays["counts"].axes[0].ticks
    panels = [_table(counts, names), _pairs(counts, names)]
    if "pictures" in view.arrays:
        panels.append(_mistakes(view, names))
    notes = ["The colour is the share of a row: of the examples of a class, how many are predicted as each."]
    return sheet(view.title, panels, [*view.notes, *notes])


def _table(counts: NDArray[Any], names: tuple[str, ...]) -> Panel:
    shares = counts / np.maximum(1, counts.sum(1, keepdims=True))
    few, named = len(names) <= CELLS, len(names) <= NAMES
    letters = min(14, max(len(name) for name in names))
    left = 0.2 + 0.065 * letters if named else 0.25
    size = min(4.56 - left, 0.32 * len(names) + 0.4 if few else 9)

    def paint(axes: Axes) -> None:
        axes.imshow(shares, cmap=value_colours(), vmin=0, vmax=1, aspect="auto")
        axes.spines[:].set_visible(False)
        axes.tick_params(length=0, top=True, labeltop=True, bottom=False, labelbottom=False, labelsize=6.5)
        short = [one_line(name)[:14] for name in names] if named else []
        upright = max((len(name) for name in short), default=0) * 0.07 > size / len(names)
        axes.set_xticks(range(len(short)), short, rotation=90 if upright else 0)
        axes.set_yticks(range(len(short)), short)
        axes.set_xlabel("predicted", labelpad=3)
        axes.set_ylabel("given", labelpad=3)
        axes.xaxis.set_label_position("bottom")
        if few:
            for (row, column), number in np.ndenumerate(counts):
                if number:
                    ink = "#000000" if shares[row, column] > 0.6 else "#ffffff"
                    text = count(int(number))
                    axes.text(
                        column, row, text, ha="center", va="center", fontsize=6 if len(names) > 12 else 7, color=ink
                    )

    upright = 0.1 + 0.065 * letters if letters * 0.07 > size / len(names) and named else 0.2
    return Panel("", size, paint, left=left, top=upright if named else 0.0, bottom=0.25, framed=True, width=size)


def _pairs(counts: NDArray[Any], names: tuple[str, ...]) -> Panel:
    """The pairs of classes that are confused most, one way."""
    off = counts.copy()
    np.fill_diagonal(off, 0)
    order = [divmod(int(one), len(names)) for one in np.argsort(-off, axis=None, kind="stable")[:5]]
    lines = [
        f"{one_line(names[given])[:24]} as {one_line(names[said])[:24]}: {count(int(off[given, said]))} "
        f"({percent(off[given, said] / max(1, counts[given].sum()))} of the class)"
        for given, said in order
        if off[given, said]
    ] or ["no mistake"]

    def paint(axes: Axes) -> None:
        axes.set_xlim(0, 1)
        axes.set_ylim(len(lines) - 0.5, -0.5)
        for row, text in enumerate(lines):
            axes.text(0, row, text, va="center", fontsize=7.5)

    return Panel("confused most", 0.18 * len(lines), paint)


def _mistakes(view: View, names: tuple[str, ...]) -> Panel:
    pictures = np.stack([picture_of(one) for one in view["pictures"]])
    if pictures.ndim == 3:
        pictures = np.repeat(pictures[..., None], 3, axis=3)
    pictures = np.concatenate([pictures, np.ones((*pictures.shape[:3], 1))], axis=3)
    said = [f"{one_line(names[given])[:6]} as {one_line(names[other])[:6]}"
            for given, other in zip(view["given"], view["predicted"], strict=True)]  # fmt: skip
    from dataclasses import replace

    return replace(named_tiles(pictures, said[: len(pictures)], 5), title="most confident mistakes: given as predicted")
