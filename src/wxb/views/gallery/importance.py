"""Which columns of a table matter: how much worse the network is when one is shuffled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from wxb.learning.inference import logits
from wxb.learning.machine import choose
from wxb.randomness import generator
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
    examples of the part, ten times; what the loss rises by is its importance.

    Arrays: "rises" (column,), the mean rise of the loss; "intervals" (column, 2), its 95 % interval over the examples;
    "falls" (column,), by how much the main measure of the task falls. Columns of a table are those of the file, all
    features of one together.
    """
    seen = subject(of, "importance")
    model = model_of(seen, "importance")
    data = seen.data(x)
    found = answered(seen, "importance", data, part)
    chosen = np.linspace(0, len(found.rows) - 1, min(len(found.rows), EXAMPLES)).astype(np.int64)
    examples, targets = seen.examples(data)[found.rows[chosen]], found.targets[chosen]
    task, machine = TASKS[data.task], choose("cpu", "float32")
    base = losses(model, found.scores[chosen], targets)
    before = task.scored(targets, task.predict(found.scores[chosen]), 0)[0]
    names, places = columns(data, examples.shape[1])
    rises, after = [], []
    for name, place in zip(names, places, strict=True):
        rng = generator(0, f"shuffled column {name}")
        rise = np.zeros(len(chosen))
        score = 0.0
        for _ in range(REPEATS):
            changed = examples.copy()
            changed[:, place] = examples[rng.permutation(len(examples)), place]
            scores = logits(model, changed, machine).numpy()
            rise += (losses(model, scores, targets) - base) / REPEATS
            score += task.scored(targets, task.predict(scores), 0)[0] / REPEATS
        rises.append(rise)
        after.append(score)
    each = np.stack(rises)
    mean, half = each.mean(1), 1.96 * each.std(1, ddof=1) / np.sqrt(each.shape[1])
    column = Axis("column", ticks=tuple(names))
    arrays = {
        "rises": Values(mean, (column,), "mean rise of the loss when the column is shuffled", "loss"),
        "intervals": Values(
            np.stack([mean - half, mean + half], 1), (column, Axis("end", ticks=("low", "high"))), "95 %", "loss"
        ),
        "falls": Values(before - np.array(after), (column,), f"fall of the {task.measure.title}", task.measure.name),
    }
    facts: dict[str, str | int | float] = {
        "examples": len(chosen),
        "measure": task.measure.title,
        "before": before,
        "task": data.task,
    }
    title = f"What matters to {seen.name}: {found.line}, {count(len(chosen))} {found.part} examples shuffled"
    return View("importance", title, arrays, draw, facts)


def columns(data: Any, width: int) -> tuple[list[str], list[int]]:
    """Names and places of the columns that the network uses."""
    if data.preparation is None:
        return [str(place) for place in range(width)], list(range(width))
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
