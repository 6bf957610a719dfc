"""Runs beside each other: their differences with intervals, settings, curves, and the examples that changed sides."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wxb.data.dataset import Dataset
from wxb.errors import WxbError
from wxb.runs.compare import Change, Comparison, compare
from wxb.runs.run import Run
from wxb.tasks import TASKS
from wxb.tasks.measure import Measure
from wxb.text import count, one_line, plural
from wxb.views import examples
from wxb.views.drawing import COLOURS, INK, LETTER, LINES, QUIET, Panel, middle_cut, near, sheet
from wxb.views.gallery.curves import history_panels
from wxb.views.history import histories, runs_of
from wxb.views.plane import scores, whole
from wxb.views.subject import Subject
from wxb.views.table import about_run
from wxb.views.view import Axis, Values, View

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BETTER = (True, False)
LEFT = 1.5  # inches for the names of runs and settings
LONG = 50  # letters of a setting's value that has a row of its own


def comparison(of: Any, x: Any = None, *, against: str | None = None) -> View:
    """A run and others, each compared with the first on the same test examples.

    `of` is a run or its folder, `against` the folder of another one, or several with a comma between them; `x` is the
    data set that they were trained on, if it cannot be loaded again. The numbers are those of `wxb compare`.

    Arrays: "differences" (pair, measure) with their "intervals" (pair, measure, 2), and of classes "p" (pair,) of
    McNemar's exact test; "better" and "worse" (pair,), how many examples a run answers better or worse than the first;
    "settings" (setting, run), those that differ, as texts; the histories of `curves` (run, epoch). Of the examples that
    changed, ten of each kind and pair: "changed pair", "changed better" and "rows" (change,), "words" (change, 3), what
    is given and what the first and the other run say, and "pictures" (change, channel, row, column) or "columns"
    (change, column). Of data of one feature "x" (point,), and "fits" (run, point, output), what each run says there.
    Raises WxbError without another run, and if runs were not tested on the same examples.
    """
    runs = runs_of("comparison", of, against)
    if len(runs) < 2:
        raise WxbError("comparison needs another run", fix='`against="runs/digits-3f2a"`')
    data = runs[0].unchanged_data() if x is None else x
    found = compare(runs, data)
    names = tuple(run.name for run in runs)
    arrays = (
        _differences(found, names[1:]) | _settings(found, names) | histories(runs) | _changes(found, data, names[1:])
    )
    if data.shape == (1,):
        arrays |= _fits(runs, data)
    title = f"{names[0]} against {', '.join(names[1:])}: the same {plural(found.examples, 'test example')}"
    facts: dict[str, str | int | float] = {"task": found.task, "examples": found.examples}
    facts |= {f"test of {name}": str(score) for name, score in zip(names, found.scores, strict=True)}
    return View("comparison", title, arrays, draw, facts)


def _differences(found: Comparison, others: tuple[str, ...]) -> dict[str, Values]:
    measures = tuple(found.pairs[0].differences)
    pair, measure = Axis("pair", ticks=others), Axis("measure", ticks=measures)
    differences = [[one.differences[name] for name in measures] for one in found.pairs]
    values = np.array([[one.value for one in some] for some in differences])
    intervals = np.array([[one.interval for one in some] for some in differences])
    arrays = {
        "differences": Values(values, (pair, measure), "the run minus the first"),
        "intervals": Values(intervals, (pair, measure, Axis("end", ticks=("low", "high"))), "of 95 %"),
        "better": Values(np.array([one.better for one in found.pairs]), (pair,), "answered better", "examples"),
        "worse": Values(np.array([one.worse for one in found.pairs]), (pair,), "answered worse", "examples"),
    }
    if all(one.p is not None for one in found.pairs):
        arrays["p"] = Values(np.array([one.p for one in found.pairs], float), (pair,), "McNemar's exact test")
    return arrays


def _settings(found: Comparison, names: tuple[str, ...]) -> dict[str, Values]:
    texts = [["-" if one is None else one_line(str(one)) for one in values] for values in found.settings.values()]
    table = np.array(texts, dtype=np.str_).reshape(len(texts), len(names))
    axes = (Axis("setting", ticks=tuple(found.settings)), Axis("run", ticks=names))
    return {"settings": Values(table, axes, "settings that differ; - where a run has none")}


def _changes(found: Comparison, data: Dataset, others: tuple[str, ...]) -> dict[str, Values]:
    """The examples that changed sides, by pair, the better ones first."""
    listed: list[tuple[int, bool, Change]] = [
        (pair, better, change)
        for pair, one in enumerate(found.pairs)
        for better in BETTER
        for change in (one.now_right if better else one.now_wrong)
    ]
    axis = Axis("change")
    rows = np.array([_place(data, change.row) for _, _, change in listed], np.int64)
    words = [(change.given, change.first, change.other) for _, _, change in listed]
    said = np.array(words, dtype=np.str_).reshape(len(listed), 3)
    return {
        "changed pair": Values(np.array([pair for pair, _, _ in listed], np.int64), (axis,), "number of the pair"),
        "changed better": Values(np.array([better for _, better, _ in listed], bool), (axis,), "or else worse"),
        "rows": Values(rows, (axis,), "places in the data"),
        "words": Values(said, (axis, Axis("who", ticks=("given", "first", "other"))), "what is said of it"),
        **(examples.listed(data, rows, axis) if len(rows) else {}),
    }


def _place(data: Dataset, number: int) -> int:
    """The place in the data of an example by its number where the data came from."""
    return number if data.row_numbers is None else int(np.flatnonzero(data.row_numbers == number)[0])


def _fits(runs: Sequence[Run], data: Dataset) -> dict[str, Values]:
    """What each run says along the one feature of the data, and the training examples of the first."""
    subjects = [Subject(run.model(), run.name, about_run(run), run) for run in runs]
    plane = whole(subjects[0], data, runs[0].split.train)
    fits = np.stack([scores(one, plane.inputs()) for one in subjects])
    point, example = Axis("point", plane.names[0]), Axis("example")
    outputs = Axis("output", ticks=data.classes)
    given = data.targets_in_units()[plane.rows]
    return {
        "x": Values(plane.axes[0], (point,), "places along the feature"),
        "fits": Values(fits, (Axis("run", ticks=tuple(run.name for run in runs)), point, outputs), "scores"),
        "examples": Values(plane.examples[:, 0], (example,), "places of training examples of the first run"),
        "given": Values(given, (example, outputs) if given.ndim == 2 else (example,), "what they are"),
    }


# --- drawing ---------------------------------------------------------------------------------------------------------


def draw(view: View) -> Figure:
    """Differences, fits in one dimension, settings, curves, and the examples that changed sides."""
    task = TASKS[str(view.facts["task"])]
    measures = {one.name: one for one in task.measures}
    names = view.arrays["differences"].axes[1].ticks
    panels = [_intervals(view, place, measures[name]) for place, name in enumerate(names)]
    if "fits" in view.arrays:
        panels.append(Panel("what each run says", 2.6, partial(_lines, view=view), left=0.6, bottom=0.4, framed=True))
    panels.append(_table(view))
    panels += history_panels(view, rates=False)
    others = view.arrays["differences"].axes[0].ticks
    for pair, other in enumerate(others):
        for better, word in zip(BETTER, task.changed, strict=True):
            panels += _examples(view, pair, better, f"{one_line(other)}, {word}")
    return sheet(view.title, panels, view.notes)


def _intervals(view: View, place: int, measure: Measure) -> Panel:
    """A row for each pair: the difference of a measure with its interval about 0."""
    others = view.arrays["differences"].axes[0].ticks
    factor = 100 if measure.form == "share" else 1
    values, ends = factor * view["differences"][:, place], factor * view["intervals"][:, place]

    def paint(axes: Axes) -> None:
        rows = range(len(others))
        axes.axvline(0, color=QUIET, linewidth=0.8)
        axes.hlines(rows, ends[:, 0], ends[:, 1], color=INK, linewidth=1.2)
        axes.scatter(values, rows, s=22, color=[_colour(row + 1) for row in rows], zorder=3)
        axes.set_ylim(len(others) - 0.3, -0.7)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        for row, name in enumerate(others):
            difference = measure.difference_text(values[row] / factor, tuple(ends[row] / factor))
            p = f", p = {view['p'][row]:.2g}" if "p" in view.arrays else ""
            counts = f"{count(int(view['better'][row]))} better, {count(int(view['worse'][row]))} worse"
            axes.annotate(middle_cut(name, 23), (0, row), xycoords=("axes fraction", "data"), xytext=(-4, 0),
                          textcoords="offset points", ha="right", va="center", fontsize=7)  # fmt: skip
            axes.annotate(f"{difference}{p}; {counts}", (0, row), xycoords=("axes fraction", "data"), xytext=(0, 9),
                          textcoords="offset points", va="center", fontsize=7)  # fmt: skip
        axes.grid(True, axis="x", color=LINES, linewidth=0.6)

    unit = "points" if measure.form == "share" else "in the units of the measure"
    return Panel(f"{measure.title}: difference from the first, {unit}", 0.42 * len(others), paint, left=LEFT,
                 bottom=0.25, framed=True)  # fmt: skip


def _table(view: View) -> Panel:
    """The settings that differ: a row each, or where values are long a row for each run."""
    texts = view["settings"]
    settings, names = (axis.ticks for axis in view.arrays["settings"].axes)
    wide = (4.56 - LEFT) / len(names)
    letters = int(wide / LETTER) - 1
    rows: list[list[tuple[float, str, str]]] = [
        [(LEFT + column * wide, middle_cut(name, letters), _colour(column)) for column, name in enumerate(names)]
    ]
    for setting, values in zip(settings, texts, strict=True):
        named = (0.0, middle_cut(setting, 23), INK)
        if max(len(value) for value in values) <= letters:
            rows.append([named, *((LEFT + column * wide, str(one), INK) for column, one in enumerate(values))])
            continue
        long = [(LEFT, middle_cut(str(one), LONG), _colour(column)) for column, one in enumerate(values)]
        rows += [[named, long[0]], *([one] for one in long[1:])]
    if not len(settings):
        rows = [[(0.0, "none", INK)]]

    def paint(axes: Axes) -> None:
        axes.set_xlim(0, 4.56)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        for row, cells in enumerate(rows):
            for x, text, colour in cells:
                axes.text(x, row, text, va="center", fontsize=7, color=colour)

    return Panel("settings that differ", 0.16 * len(rows), paint)


def _colour(run: int) -> str:
    return COLOURS[run % len(COLOURS)]


def _lines(axes: Axes, view: View) -> None:
    """The first output of each run along the feature, with training examples of the first."""
    names, given = view.arrays["fits"].axes[0].ticks, view["given"]
    outputs = view.arrays["fits"].axes[2].ticks
    if given.ndim == 2:
        axes.plot(view["examples"], given[:, 0], ".", color=QUIET, markersize=3)
    for row, name in enumerate(names):
        axes.plot(view["x"], view["fits"][row, :, 0], color=_colour(row), label=middle_cut(name, 30))
    if given.ndim == 2:
        near(axes, given[:, 0])
    axes.grid(True, color=LINES, linewidth=0.6)
    axes.set_xlabel(one_line(view.arrays["x"].axes[0].unit))
    axes.set_ylabel(one_line(outputs[0]) if given.ndim == 2 else f"score of {one_line(outputs[0])}")
    axes.legend()


def _examples(view: View, pair: int, better: bool, title: str) -> list[Panel]:
    chosen = np.flatnonzero((view["changed pair"] == pair) & (view["changed better"] == better))
    if not len(chosen):
        return []
    total = int(view["better" if better else "worse"][pair])
    kept = {
        name: Values(one.array[chosen], one.axes, one.about)
        for name, one in view.arrays.items()
        if name in (examples.PICTURES, examples.COLUMNS)
    }
    captions = _captions(view["words"][chosen], examples.PICTURES in kept)
    shown = f"{count(len(chosen))} of {count(total)}" if total > len(chosen) else count(total)
    return examples.panels(f"{title}: {shown}", kept, captions)


def _captions(words: NDArray[Any], narrow: bool) -> list[str]:
    """ "7: 1, 7" in little room: given, the first run's, the other's; else in words."""
    texts = [[one_line(str(one)) for one in some] for some in words]
    if narrow:
        return [f"{given[:5]}: {first[:3]}→{other[:3]}" for given, first, other in texts]
    return [f"{given}, said {first}, then {other}" for given, first, other in texts]
