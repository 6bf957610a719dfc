"""How a training went: loss, score and learning rate by epoch."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wxb.errors import WxbError
from wxb.runs.run import Run
from wxb.tasks import TASKS
from wxb.text import one_line
from wxb.views.drawing import COLOURS, LINES, Panel, sheet
from wxb.views.view import Axis, Values, View

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from wxb.runs.schema import Epoch


def curves(of: Any, *, against: str | None = None) -> View:
    """The history of a run, and of other runs over it.

    `of` is a run or its folder, `against` the folder of another one, or several with a comma between them.

    Arrays: each is (run, epoch), with NaN after a run's last epoch and where there is no number: "train loss",
    "validation loss", "learning rate", "seconds", and the measures of the validation part. Raises WxbError if a run has
    no epoch yet, or if another run learned another kind of target.
    """
    first = of if isinstance(of, Run) else Run.open(str(of)) if not hasattr(of, "parameters") else None
    if first is None:
        raise WxbError("curves needs a run: a module alone has no history", fix='wxb.views.curves("runs/digits-3f2a")')
    runs = [first, *(Run.open(one.strip()) for one in (against or "").split(",") if one.strip())]
    for run in runs:
        if not run.history:
            raise WxbError(f"{run.path} has no epoch yet: {run.standing.sentence}")
        if run.summary.task != first.summary.task:
            raise WxbError(f"{run.path} learned {run.summary.task}, {first.path} {first.summary.task}")
    measures = TASKS[first.summary.task].validated
    axes = (Axis("run", ticks=tuple(run.name for run in runs)), Axis("epoch", "epochs"))
    arrays = {
        "train loss": Values(_table(runs, lambda line: line.train_loss), axes, "mean loss of the epoch", "loss"),
        "validation loss": Values(_table(runs, partial(_score, "loss")), axes, "loss", "loss"),
        "learning rate": Values(_table(runs, lambda line: line.learning_rate), axes, "at the epoch's end"),
        "seconds": Values(_table(runs, lambda line: line.seconds), axes, "since the start", "seconds"),
    }
    for one in measures:
        values = _table(runs, partial(_score, one.name))
        if np.isfinite(values).any():
            arrays[f"validation {one.title}"] = Values(values, axes, f"{one.title} on the validation part", one.form)
    epochs = max(len(run.history) for run in runs)
    title = f"How {first.name} learned, {epochs} epochs" if len(runs) == 1 else f"How {len(runs)} runs learned"
    return View("curves", title, arrays, draw)


def _score(name: str, line: Epoch) -> float | None:
    return (line.validation or {}).get(name)


def _table(runs: list[Run], value: Callable[[Epoch], float | None]) -> NDArray[np.float64]:
    """A number of each epoch (run, epoch); NaN where there is none."""
    histories = [run.history for run in runs]
    table = np.full((len(runs), max(map(len, histories))), np.nan)
    for row, history in enumerate(histories):
        for column, line in enumerate(history):
            found = value(line)
            table[row, column] = np.nan if found is None else found
    return table


def draw(view: View) -> Figure:
    """Losses, measures and learning rate, one panel each."""
    names = view.arrays["train loss"].axes[0].ticks
    panels = [Panel("loss", 1.7, lambda axes: _losses(axes, view, names), left=0.6, bottom=0.4, framed=True)]
    panels += [
        Panel(name, 1.4, partial(_lines, values=view[name], names=names), left=0.6, bottom=0.4, framed=True)
        for name in view.arrays
        if name.startswith("validation ") and name != "validation loss"
    ]
    rates = view["learning rate"]
    panels.append(
        Panel("learning rate", 1.0, lambda axes: _lines(axes, rates, names), left=0.6, bottom=0.4, framed=True)
    )
    return sheet(view.title, panels, view.notes)


def _losses(axes: Axes, view: View, names: tuple[str, ...]) -> None:
    train, validation = view["train loss"], view["validation loss"]
    for row, name in enumerate(names):
        colour = COLOURS[row % len(COLOURS)]
        epochs = np.arange(1, train.shape[1] + 1)
        alone = len(names) == 1
        axes.plot(epochs, train[row], ".-", color=colour, label="training" if alone else f"{one_line(name)}, training")
        if np.isfinite(validation[row]).any():
            other = COLOURS[1] if alone else colour
            axes.plot(epochs, validation[row], ".--", color=other, label="validation" if alone else None)
    finite = np.concatenate([train[np.isfinite(train)], validation[np.isfinite(validation)]])
    if finite.size and finite.min() > 0 and finite.max() > 20 * finite.min():
        axes.set_yscale("log")
    axes.legend()
    _dressed(axes)
    if len(names) > 1:
        axes.set_title("dashed: validation", loc="right", fontsize=7)


def _lines(axes: Axes, values: NDArray[Any], names: tuple[str, ...]) -> None:
    for row in range(len(names)):
        axes.plot(np.arange(1, values.shape[1] + 1), values[row], ".-", color=COLOURS[row % len(COLOURS)])
    _dressed(axes)


def _dressed(axes: Axes) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.grid(True, color=LINES, linewidth=0.6)
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
