"""How a training went: loss, score and learning rate by epoch, and what its layers did in the watched steps."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wxb.text import one_line, plural
from wxb.views.drawing import COLOURS, LINES, QUIET, Panel, logarithmic, middle_cut, sheet, value_colours
from wxb.views.history import STEPS, VALIDATION, WATCHED, histories, runs_of, watched
from wxb.views.view import View

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HEALTHY = 1e-3  # the update ratio that rules of thumb ask for
FEW = 8  # layers that have a colour and a name each; of more, the colour goes from the first to the last
DOTS = 60  # epochs up to which a curve has a dot for each
FORMS = {"share": "%"}


def curves(of: Any, *, against: str | None = None) -> View:
    """The history of a run, and of other runs over it.

    `of` is a run or its folder, `against` the folder of another one, or several with a comma between them.

    Arrays: each is (run, epoch), with NaN after a run's last epoch and where there is no number: "train loss",
    "validation loss", "learning rate", "seconds", and the measures of the validation part. Of a run that was trained
    with `watch`, "gradient norm", "update ratio", "dead units" and "saturated outputs" are (layer, watched step), and
    "watched steps" (watched step,) their numbers. Raises WxbError if a run has no epoch yet, or if another run learned
    another kind of target.
    """
    runs = runs_of("curves", of, against)
    arrays = histories(runs) | watched(runs[0])
    epochs = max(len(run.history) for run in runs)
    title = (
        f"How {runs[0].name} learned, {plural(epochs, 'epoch')}" if len(runs) == 1 else f"How {len(runs)} runs learned"
    )
    notes = (f"What layers did is that of {runs[0].name}.",) if len(runs) > 1 and STEPS in arrays else ()
    return View("curves", title, arrays, draw, {}, notes)


def draw(view: View) -> Figure:
    """Losses, measures and learning rate, then the statistics of layers, one panel each."""
    panels = history_panels(view)
    panels += [_layers(view, name) for name, _, _ in WATCHED.values() if name in view.arrays]
    notes = list(view.notes)
    if STEPS in view.arrays:
        notes.append(
            f"Rules of thumb ask for updates of about {HEALTHY:g} of the weights. A dead unit gave 0 for every example "
            "of the batch; a saturated output has less than a tenth of the slope."
        )
    return sheet(view.title, panels, notes)


def history_panels(view: View, rates: bool = True) -> list[Panel]:
    """A panel for the losses, one for each measure of the validation part, and one for the learning rate."""
    names = view.arrays["train loss"].axes[0].ticks
    panels = [Panel("loss", 1.7, lambda axes: _losses(axes, view, names), left=0.6, bottom=0.4, framed=True)]
    measures = [name for name in view.arrays if name.startswith(VALIDATION) and name != "validation loss"]
    for name in [*measures, *["learning rate"] * rates]:
        unit = FORMS.get(view.arrays[name].unit, "")
        values = (100 if unit else 1) * view[name]
        panels.append(
            Panel(f"{name}{', ' * bool(unit)}{unit}", 1.4 if name in measures else 1.0,
                  partial(_lines, values=values, names=names), left=0.6, bottom=0.4, framed=True)
        )  # fmt: skip
    return panels


def _losses(axes: Axes, view: View, names: tuple[str, ...]) -> None:
    train, validation = view["train loss"], view["validation loss"]
    for row, name in enumerate(names):
        colour = COLOURS[row % len(COLOURS)]
        epochs = np.arange(1, train.shape[1] + 1)
        alone = len(names) == 1
        axes.plot(
            epochs,
            train[row],
            _line(epochs),
            color=colour,
            label="training" if alone else f"{one_line(name)}, training",
        )
        if np.isfinite(validation[row]).any():
            other = COLOURS[1] if alone else colour
            axes.plot(epochs, validation[row], _line(epochs, "--"), color=other, label="validation" if alone else None)
    finite = np.concatenate([train[np.isfinite(train)], validation[np.isfinite(validation)]])
    if finite.size and finite.min() > 0 and finite.max() > 20 * finite.min():
        logarithmic(axes)
    axes.legend()
    _dressed(axes)
    if len(names) > 1:
        axes.set_title("dashed: validation", loc="right", fontsize=7)


def _lines(axes: Axes, values: NDArray[Any], names: tuple[str, ...]) -> None:
    for row in range(len(names)):
        epochs = np.arange(1, values.shape[1] + 1)
        axes.plot(epochs, values[row], _line(epochs), color=COLOURS[row % len(COLOURS)])
    _dressed(axes)


def _line(epochs: NDArray[Any], stroke: str = "-") -> str:
    """The form of a line: with a dot for each epoch, unless there are many."""
    return f".{stroke}" if len(epochs) <= DOTS else stroke


def _layers(view: View, name: str) -> Panel:
    """A line for each layer over the watched steps; shares in %, norms and ratios on a logarithmic scale."""
    one, steps = view.arrays[name], view[STEPS]
    share, paths = one.unit == "share", one.axes[0].ticks
    few = len(paths) <= FEW

    def paint(axes: Axes) -> None:
        for row, path in enumerate(paths):
            colour = COLOURS[row % len(COLOURS)] if few else value_colours()(0.92 * row / (len(paths) - 1))
            named = few or row in (0, len(paths) - 1)
            axes.plot(steps, one.array[row] * (100 if share else 1), ".-", color=colour, linewidth=1, markersize=3,
                      clip_on=not share, label=middle_cut(path, 26) if named else None)  # fmt: skip
        finite = one.array[np.isfinite(one.array)]
        if not share and finite.size and finite.min() > 0:
            logarithmic(axes)
        if name == WATCHED["update_ratio"][0]:
            axes.axhline(HEALTHY, color=QUIET, linewidth=0.8, linestyle="--")
        if share:
            axes.set_ylim(0, max(10.0, 105 * float(finite.max(initial=0))))
        axes.grid(True, color=LINES, linewidth=0.6)
        axes.set_xlabel("step")
        axes.legend(loc="upper left", bbox_to_anchor=(0, -0.26), ncol=2, handletextpad=0.4, columnspacing=1)

    rows = -(-(len(paths) if few else 2) // 2)
    title = f"{name} of each layer{', %' * share}"
    return Panel(title, 1.4, paint, left=0.6, bottom=0.45 + 0.16 * rows, framed=True)


def _dressed(axes: Axes) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.grid(True, color=LINES, linewidth=0.6)
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
