"""Where a classifier fails: which classes it confuses, and the mistakes it is most confident of."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wxb.errors import WxbError
from wxb.text import count, one_line, percent, plural
from wxb.views import examples
from wxb.views.answered import answered
from wxb.views.drawing import BLUE, LINES, Panel, digits, sheet, value_colours
from wxb.views.outputs import output_of
from wxb.views.subject import subject
from wxb.views.view import Axis, Values, View

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CELLS = 24  # classes up to which cells have numbers,
NAMES = 40  # and up to which they have names
MISTAKES = 10  # that are drawn,
OF_A_CELL = 50  # and examples of one cell


def confusion(of: Any, x: Any = None, *, part: str | None = None, cell: str | None = None) -> View:
    """How often each class is predicted as each, every mistake with its confidence, and errors by the size of a class.

    `of` is a run, its folder, or a network of wxb with a data set `x`. `cell` names a class given and a class
    predicted, "cat,dog": then the examples of that cell are listed instead of all mistakes.

    Arrays: "counts" (given, predicted); "rows", "given", "predicted" and "confidence" (mistake,), the most confident
    first: the example's place in the data, the numbers of its classes, and the probability of the class predicted, or
    its lead over the second where the head has no probabilities; "pictures" (mistake, channel, row, column) or
    "columns" (mistake, column) of the first ten, or fifty of a cell; "class sizes" (class,), examples that were learned
    from, and "class errors" (class,), the share of a class that is predicted wrong. Raises WxbError if there is no such
    cell.
    """
    seen = subject(of, "confusion")
    found = answered(seen, "confusion", x, part)
    data = seen.data(x)
    given, said = found.targets.astype(np.int64), found.predicted.values.astype(np.int64)
    names = data.classes
    counts = np.zeros((len(names), len(names)), np.int64)
    np.add.at(counts, (given, said), 1)
    asked = None if cell is None else cell_of(cell, names)
    listed = np.flatnonzero(given != said if asked is None else (given == asked[0]) & (said == asked[1]))
    confidence = found.predicted.confidence
    listed = listed[np.argsort(-confidence[listed], kind="stable")]
    axis = Axis("mistake" if asked is None else "example")
    classes = (Axis("class", ticks=names),)
    learned = data.targets[seen.learned(data)].astype(np.int64)
    arrays = {
        "counts": Values(
            counts, (Axis("given", ticks=names), Axis("predicted", ticks=names)), "how many examples", "examples"
        ),
        "rows": Values(found.rows[listed], (axis,), "places in the data"),
        "given": Values(given[listed], (axis,), "numbers of the classes given"),
        "predicted": Values(said[listed], (axis,), "numbers of the classes predicted"),
        "confidence": Values(confidence[listed], (axis,), "confidence in the class predicted"),
        **examples.listed(data, found.rows[listed[: MISTAKES if asked is None else OF_A_CELL]], axis),
        "class sizes": Values(np.bincount(learned, minlength=len(names)), classes, "examples that were learned from"),
        "class errors": Values(
            1 - counts.diagonal() / np.maximum(1, counts.sum(1)), classes, "share predicted wrong", "share"
        ),
    }
    facts: dict[str, str | int | float] = {"examples": len(given), "mistakes": int((given != said).sum())}
    title = f"What {seen.name} confuses: {found.line} {found.part} examples right"
    if asked is not None:
        one, other = (names[place] for place in asked)
        facts |= {"given": one, "predicted": other}
        title = f"{plural(len(listed), f'{found.part} example')} of {one} that {seen.name} predicts as {other}"
    return View("confusion", title, arrays, draw, facts)


def cell_of(given: str, names: tuple[str, ...]) -> tuple[int, int]:
    """The numbers of two classes: "cat,dog". A name may hold commas. Raises WxbError if they are no two classes."""
    words = given.split(",")
    for place in range(1, len(words)):
        one, other = ",".join(words[:place]).strip(), ",".join(words[place:]).strip()
        if one in names and other in names:
            return names.index(one), names.index(other)
    if len(words) != 2:
        raise WxbError(f'`cell="{given}"`: expected a class given and a class predicted',
                       fix=f'`cell="{names[0]},{names[1]}"`')  # fmt: skip
    first, second = (output_of(word.strip(), names) for word in words)
    return first, second


def draw(view: View) -> Figure:
    """The table of counts, the pairs that are confused most, the most confident mistakes, and errors by size."""
    counts, names = view["counts"], view.arrays["counts"].axes[0].ticks
    count_shown = len(view[examples.PICTURES if examples.PICTURES in view.arrays else examples.COLUMNS])
    if "given" in view.facts:
        captions = [percent(float(one)) if one <= 1 else digits(float(one)) for one in view["confidence"][:count_shown]]
        notes = ["The most confident are first; the number is the confidence in the class predicted."]
        if count_shown < len(view["rows"]):
            notes.append(f"The first {count_shown} of {count(len(view['rows']))} are drawn.")
        shown = examples.panels("", view.arrays, captions) or [_lines("", ["no such example"])]
        return sheet(view.title, shown, [*view.notes, *notes])
    letters = 6 if examples.PICTURES in view.arrays else 24
    said = [
        f"{one_line(names[given])[:letters]} as {one_line(names[other])[:letters]}"
        for given, other in zip(view["given"][:count_shown], view["predicted"][:count_shown], strict=True)
    ]
    panels = [_table(counts, names), _pairs(counts, names)]
    panels += examples.panels("most confident mistakes: given as predicted", view.arrays, said)
    panels.append(
        Panel("wrong, % of a class, by its size", 1.7, partial(_sizes, view=view), left=0.5, bottom=0.4, framed=True)
    )
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

    return _lines("confused most", lines)


def _lines(title: str, lines: list[str]) -> Panel:
    def paint(axes: Axes) -> None:
        axes.set_xlim(0, 1)
        axes.set_ylim(len(lines) - 0.5, -0.5)
        for row, text in enumerate(lines):
            axes.text(0, row, text, va="center", fontsize=7.5)

    return Panel(title, 0.18 * len(lines), paint)


def _sizes(axes: Axes, view: View) -> None:
    sizes, errors = view["class sizes"], view["class errors"]
    axes.plot(sizes, 100 * errors, "o", color=BLUE, markersize=4)
    for place in np.argsort(-errors, kind="stable")[:5]:
        name = one_line(view.arrays["class sizes"].axes[0].ticks[place])[:16]
        axes.annotate(name, (sizes[place], 100 * errors[place]), xytext=(4, 2), textcoords="offset points", fontsize=7)
    axes.grid(True, color=LINES, linewidth=0.6)
    axes.set_xlabel("examples of the class that were learned from")
    axes.set_ylim(bottom=0)
