"""How the score of a network falls when pictures are changed as the world changes them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from wxb.data.split import spread
from wxb.network.build import Model
from wxb.progress import of_parts
from wxb.tasks import TASKS
from wxb.tasks.measure import Measure
from wxb.text import count
from wxb.views.answered import answers, model_of
from wxb.views.changes import CHANGES, Changed, Scene, changed
from wxb.views.drawing import BLUE, LINES, MARGIN, QUIET, WIDTH, Panel, sheet, show_picture
from wxb.views.linear import MAPS
from wxb.views.subject import subject
from wxb.views.view import Axis, Values, View

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

EXAMPLES, LEAST = 2_000, 100  # that are looked at, spread evenly over the part; of a large network fewer
AFFORDABLE = 1.2e12  # multiply-adds of all answers together
CHANGING = 600  # multiply-adds that take as long as the change of one number
STEPS = max(len(change.steps) for change in CHANGES.values())
COLUMNS = 2  # of the figure
WORST = -1.0  # the lowest score that is drawn where there is no lowest one


def robustness(of: Any, x: Any = None, *, part: str | None = None) -> View:
    """The score on examples of a part under each change of `wxb.views.changes`, at rising strengths.

    `of` is a run, its folder, or a network of wxb with a data set `x`. At most 2,000 examples are looked at, fewer if
    the network is large. They are changed as the data holds them, before the network scales them. What is random is
    the same for every strength and every network.

    Arrays: "scores" (change, step) with their "intervals" (change, step, 2), the main measure of the task and its 95 %
    interval; step 0 is the pictures as they are. "strengths" (change, step), in the "units" (change,) of the change;
    "pictures" (change, step, channel, row, column), the first example at each strength; "range" (2,), the values that
    are black and white in it; "rows" (example,), places in the data.
    """
    seen = subject(of, "robustness")
    model = model_of(seen, "robustness")
    data = seen.data(x)
    every, part = seen.rows(data, part)
    rows = spread(every, affordable(model))
    pictures: NDArray[Any] = seen.examples(data)
    train = seen.split(data).train
    scene = Scene.of(pictures, train if len(train) else rows)
    plain = answers(seen, model, data, pictures, rows, part)
    names = tuple(CHANGES)
    strengths = np.array([one.steps for one in CHANGES.values()])
    scores = np.full(strengths.shape, plain.evaluation.score)
    intervals = np.tile(np.array(plain.evaluation.interval), (*strengths.shape, 1))
    with of_parts("changes", strengths.size) as progress:
        for done, ((place, step), strength) in enumerate(np.ndenumerate(strengths), 1):
            if step:
                under = cast("NDArray[Any]", Changed(pictures, names[place], float(strength), scene))
                found = answers(seen, model, data, under, rows, part).evaluation
                scores[place, step], intervals[place, step] = found.score, found.interval
            progress.show(done)
    first = pictures[rows[:1]]
    shown = [[changed(first, rows[:1], name, one, scene)[0] for one in CHANGES[name].steps] for name in names]
    numbers = [[one.number(strength) for strength in one.steps] for one in CHANGES.values()]
    change, steps = Axis("change", ticks=names), Axis("step")
    measure = plain.evaluation.measure
    arrays = {
        "scores": Values(scores, (change, steps), measure.title, measure.name),
        "intervals": Values(
            intervals, (change, steps, Axis("end", ticks=("low", "high"))), "95 % interval", measure.name
        ),
        "strengths": Values(np.array(numbers), (change, steps), "how strong the change is, in its unit"),
        "units": Values(np.array([one.unit for one in CHANGES.values()]), (change,), "what strengths are counted in"),
        "pictures": Values(np.array(shown), (change, steps, *map(Axis, MAPS)), "the first example at each strength"),
        "range": Values(np.array([scene.low, scene.high]), (Axis("end"),), "the least and the greatest value"),
        "rows": Values(rows, (Axis("example"),), "places in the data"),
    }
    facts: dict[str, str | int | float] = {"task": data.task, "part": part, "examples": len(rows), "of": len(every)}
    some = f", spread over {count(len(every))}" if len(rows) < len(every) else ""
    title = f"How robust {seen.name} is: {plain.line} {part} examples{some}"
    return View("robustness", title, arrays, draw, facts, (worst(scores, intervals, measure),), table(scores, measure))


def affordable(model: Model) -> int:
    """How many examples are looked at."""
    one = model.plan.multiply_adds + CHANGING * int(np.prod(model.plan.input))
    return min(EXAMPLES, max(LEAST, int(AFFORDABLE / (one * (STEPS - 1) * len(CHANGES)))))


def worst(scores: NDArray[np.float64], intervals: NDArray[np.float64], measure: Measure) -> str:
    """Which change hurts most at its greatest strength, and which least or not at all, in numbers."""
    names, last = list(CHANGES), scores[:, -1]
    before, most, least = float(scores[0, 0]), int(last.argmin()), int(last.argmax())

    def said(place: int, score: str) -> str:
        change, (low, high) = CHANGES[names[place]], intervals[place, -1].tolist()
        return f"with {score} {measure.interval_text((low, high))} at {change.text(change.strengths[-1])}"

    if last[most] >= before:
        return f"No change hurts: at its greatest strength each leaves {measure.labelled(before)} or more."
    greatest = f"{names[most].capitalize()} hurts most, {said(most, measure.labelled(float(last[most])))}"
    how = "hurts least" if last[least] < before else "does not hurt"
    smallest = f"{names[least]} {how}, {said(least, measure.text(float(last[least])))}"
    return f"{greatest}, against {measure.text(before)} unchanged; {smallest}."


def table(scores: NDArray[np.float64], measure: Measure) -> tuple[tuple[str, ...], ...]:
    """A row for each change: its strengths, and the score at each of them."""
    head = ("change", "strengths", "unchanged", *(str(step) for step in range(1, STEPS)))
    rows = [
        (name, f"{', '.join(f'{change.number(one):g}' for one in change.strengths)} {change.unit}",
         *(measure.text(float(score)) for score in scores[place]))
        for place, (name, change) in enumerate(CHANGES.items())
    ]  # fmt: skip
    return (head, *rows)


# --- drawing ---------------------------------------------------------------------------------------------------------

CURVE, GAP, TITLE = 0.85, 0.3, 0.2  # inches: the height of a curve, what is between columns, and a title
MORE = 0.05  # of the height of a curve, above and below
LEFT, TICKS = 0.34, 0.2  # for the numbers at the left of a curve, and below it


def draw(view: View) -> Figure:
    """A curve for each change with its band, and below each strength what the first example looks like."""
    names = list(CHANGES)
    wide = (WIDTH - 2 * MARGIN - GAP) / COLUMNS - LEFT
    step = wide / STEPS
    high, across = view["pictures"].shape[-2:]
    picture = 0.92 * step * min(2.0, high / across)
    height = TITLE + CURVE + TICKS + picture
    panels = [
        Panel("", height, partial(_row, view=view, names=names[place : place + COLUMNS], wide=wide, picture=picture))
        for place in range(0, len(names), COLUMNS)
    ]
    measure = TASKS[str(view.facts["task"])].measure
    unit = ", %" if measure.form == "share" else ""
    notes = [
        f"Curves: {measure.title}{unit}, with its 95 % interval; dashed, without a change. Pictures: the first example "
        "at each strength.",
    ]
    if (view["scores"] < WORST).any():
        notes.append(f"Scores below {WORST:g} are outside of the figure.")
    return sheet(view.title, panels, [*view.notes, *notes])


def _row(axes: Axes, view: View, names: list[str], wide: float, picture: float) -> None:
    """Changes side by side; `wide` is the width of a curve and `picture` the height of a picture, in inches."""
    low, high = (float(end) for end in view["range"])
    whole_wide, whole_high = WIDTH - 2 * MARGIN, TITLE + CURVE + TICKS + picture
    for column, name in enumerate(names):
        left = column * (LEFT + wide + GAP) + LEFT
        curve = axes.inset_axes(
            (left / whole_wide, (TICKS + picture) / whole_high, wide / whole_wide, CURVE / whole_high)
        )
        _curve(curve, view, list(CHANGES).index(name))
        for step in range(STEPS):
            middle = left + wide * (step + 0.5) / STEPS
            width = 0.92 * wide / STEPS
            small = axes.inset_axes(((middle - width / 2) / whole_wide, 0, width / whole_wide, picture / whole_high))
            small.set_axis_off()
            show_picture(small, view["pictures"][list(CHANGES).index(name), step], (low, high))


def _curve(axes: Axes, view: View, place: int) -> None:
    measure = TASKS[str(view.facts["task"])].measure
    by = 100 if measure.form == "share" else 1
    scores, intervals = by * view["scores"], by * view["intervals"]
    steps = np.arange(STEPS)
    axes.axhline(scores[place, 0], color=QUIET, linewidth=0.8, linestyle="--")
    axes.fill_between(steps, intervals[place, :, 0], intervals[place, :, 1], color=BLUE, alpha=0.2, linewidth=0)
    axes.plot(steps, scores[place], "o-", color=BLUE, markersize=2.5, linewidth=1.2)
    axes.set_xlim(-0.5, STEPS - 0.5)
    low = 0.0 if measure.form == "share" else max(by * WORST, min(0.0, float(intervals[..., 0].min())))
    axes.set_ylim(low - MORE * (by - low), by + MORE * (by - low))
    axes.set_xticks(steps, [f"{one:g}" for one in view["strengths"][place]])
    axes.tick_params(length=2, pad=2, labelsize=6.5)
    axes.grid(True, axis="y", color=LINES, linewidth=0.6)
    axes.set_title(f"{list(CHANGES)[place]}, {view['units'][place]}", loc="left", pad=3, fontsize=7.5)
