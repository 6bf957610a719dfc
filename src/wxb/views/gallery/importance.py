"""Which columns of a table matter: how much worse the network is when one is shuffled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wxb.data.dataset import Dataset
from wxb.data.split import spread
from wxb.data.tables.encoding import encoding
from wxb.learning.inference import logits
from wxb.learning.machine import choose
from wxb.network.build import Model
from wxb.randomness import generator
from wxb.runs.matching import decision_of
from wxb.tasks import TASKS
from wxb.text import count
from wxb.views.answered import answered, losses, model_of
from wxb.views.drawing import BLUE, INK, NAME, NAMES, QUIET, Panel, digits, middle_cut, sheet
from wxb.views.subject import subject
from wxb.views.view import Axis, Values, View

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

REPEATS = 10  # shuffles of each column
EXAMPLES = 2_000  # that are looked at, spread evenly over the part
MOST = 24  # columns drawn


def importance(of: Any, x: Any = None, *, part: str | None = None) -> View:
    """Permutation importance of each column of rows (Breiman 2001; Fisher et al. 2019, arXiv:1801.01489).

    `of` is a run, its folder, or a network of wxb with a data set `x`. A column is shuffled among at most 2,000
    examples of the part, ten times; what the loss rises by is its importance. Examples count by their weights, and
    answers are decided as the run decides them.

    Arrays: "rises" (column,), the mean rise of the loss; "intervals" (column, 2), its 95 % interval over the examples;
    "falls" (column,), by how much the main measure of the task falls. Columns of a table are those of the file, all
    features of one together.
    """
    seen = subject(of, "importance")
    model = model_of(seen, "importance")
    data = seen.data(x)
    found = answered(seen, "importance", data, part)
    chosen = spread(np.arange(len(found.rows)), EXAMPLES)
    examples, targets = seen.examples(data)[found.rows[chosen]], found.targets[chosen]
    weights, decision = data.weights_of(found.rows[chosen]), None if seen.run is None else decision_of(seen.run)
    shuffled = shuffle(model, data, examples, found.scores[chosen], targets, REPEATS, weights, decision)
    names, after = shuffled.names, shuffled.measures
    mean, ends = shuffled.mean, shuffled.intervals
    task = TASKS[data.task]
    before = task.scored(targets, task.predict(moved(found.scores[chosen], decision)), 0, weights)[0]
    column = Axis("column", ticks=tuple(names))
    arrays = {
        "rises": Values(mean, (column,), "mean rise of the loss when the column is shuffled", "loss"),
        "intervals": Values(ends, (column, Axis("end", ticks=("low", "high"))), "95 %", "loss"),
        "falls": Values(before - after, (column,), f"fall of the {task.measure.title}", task.measure.name),
    }
    facts: dict[str, str | int | float] = {
        "examples": len(chosen),
        "measure": task.measure.title,
        "before": before,
        "task": data.task,
    }
    title = f"What matters to {seen.name}: {found.line}, {count(len(chosen))} {found.part} examples shuffled"
    return View("importance", title, arrays, draw, facts)


@dataclass(frozen=True, eq=False)
class Shuffled:
    """What shuffling each column did: the rise of the loss of each example (column, example), mean over the repeats."""

    names: tuple[str, ...]
    rises: NDArray[np.float64]
    measures: NDArray[np.float64]  # (column,): the main measure, mean over the repeats
    weights: NDArray[np.float64]  # (example,), with a mean of 1

    @property
    def mean(self) -> NDArray[np.float64]:
        """The mean rise of the loss (column,)."""
        return np.asarray((self.weights * self.rises).mean(1))

    @property
    def intervals(self) -> NDArray[np.float64]:
        """The 95 % interval (column, 2) of the mean rise, over the examples."""
        deviations = self.weights * (self.rises - self.mean[:, None])
        half = 1.96 * deviations.std(1, ddof=1) / np.sqrt(self.rises.shape[1])
        return np.stack([self.mean - half, self.mean + half], 1)


def shuffle(
    model: Model,
    data: Dataset,
    examples: NDArray[Any],
    scores: NDArray[Any],
    targets: NDArray[Any],
    repeats: int,
    weights: NDArray[np.float64] | None = None,
    decision: NDArray[np.float64] | None = None,
) -> Shuffled:
    """Shuffle each column of examples (n, column), whose scores (n, outputs) are known, so many times.

    `weights` (n,) say how much each counts, and `decision` (outputs,) are the offsets by which answers are decided.
    """
    task, machine = TASKS[data.task], choose("cpu", "float32")
    base = losses(model, scores, targets)
    names, places = columns(data, examples.shape[1])
    rises, measures = np.zeros((len(names), len(examples))), np.zeros(len(names))
    for column, (name, place) in enumerate(zip(names, places, strict=True)):
        rng = generator(0, f"shuffled column {name}")
        for _ in range(repeats):
            changed = examples.copy()
            changed[:, place] = examples[rng.permutation(len(examples))][:, place]
            found = logits(model, changed, machine).numpy()
            rises[column] += (losses(model, found, targets) - base) / repeats
            measures[column] += task.scored(targets, task.predict(moved(found, decision)), 0, weights)[0] / repeats
    each = np.ones(len(examples)) if weights is None else weights / weights.mean()
    return Shuffled(tuple(names), rises, measures, each)


def moved(scores: NDArray[np.float32], decision: NDArray[np.float64] | None) -> NDArray[np.float32]:
    """Scores (n, outputs) with the offsets by which answers are decided."""
    return scores if decision is None else (scores + decision).astype(np.float32)


def columns(data: Any, width: int) -> tuple[list[str], list[int | NDArray[np.int64]]]:
    """Names of the columns that the network uses, and the place of each, or of its features if one is free text."""
    if data.preparation is None:
        return [str(place) for place in range(width)], list(range(width))
    if data.has_text:
        of_column = encoding(data.preparation).column
        names = data.preparation.names
        return [names[place] for place in np.unique(of_column)], [
            np.flatnonzero(of_column == place) for place in np.unique(of_column)
        ]
    used = {column.name for column in data.preparation.used}
    pairs = [(name, place) for place, name in enumerate(data.preparation.names) if name in used]
    return [name for name, _ in pairs], [place for _, place in pairs]


def draw(view: View) -> Figure:
    """A bar for each column with its interval, the largest first; the fall of the measure beside it."""
    rises, ends = view["rises"], view["intervals"]
    order = np.argsort(-rises, kind="stable")[:MOST]
    names = view.arrays["rises"].axes[0].ticks
    measure = TASKS[str(view.facts["task"])].measure

    def paint(axes: Axes) -> None:
        places = np.arange(len(order))
        axes.barh(places, rises[order], color=BLUE, height=0.62)
        axes.hlines(places, ends[order, 0], ends[order, 1], color=INK, linewidth=0.9)
        axes.axvline(0, color=QUIET, linewidth=0.8)
        axes.set_ylim(len(order) - 0.5, -0.5)
        high = max(float(ends[order, 1].max()), 0.0)
        low = min(float(ends[order, 0].min()), 0.0)
        axes.set_xlim(low, high + 0.3 * ((high - low) or 1.0))
        for row, place in enumerate(order):
            axes.annotate(middle_cut(names[place], NAME), (0, row), xycoords=("axes fraction", "data"), xytext=(-4, 0),
                          textcoords="offset points", ha="right", va="center", fontsize=7)  # fmt: skip
            fall = float(view["falls"][place])
            text = f"{digits(float(rises[place]))}  ({'−' if fall >= 0 else '+'}{measure.gap_text(abs(fall))})"
            axes.annotate(text, (max(float(ends[place, 1]), 0), row), xytext=(4, 0), textcoords="offset points",
                          va="center", fontsize=6.5)  # fmt: skip

    notes = [f"Bars: rise of the loss with its 95 % interval. In parentheses: change of the {measure.title}."]
    notes.append("Columns that say the same stand in for each other: shuffling one of them alone then does little.")
    if len(order) < len(rises):
        notes.append(f"The first {MOST} of {len(rises)} columns are drawn.")
    panel = Panel("rise of the loss when a column is shuffled", 0.2 * len(order), paint, left=NAMES)
    return sheet(view.title, [panel], [*view.notes, *notes])
