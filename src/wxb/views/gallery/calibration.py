"""Whether confidence can be trusted: accuracy by confidence, before and after temperature scaling."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from wxb.data.dataset import Dataset
from wxb.errors import WxbError
from wxb.learning.calibration import temperature
from wxb.network.heads import Head
from wxb.tasks.metrics import BINS, Bin
from wxb.tasks.metrics import calibration as binned
from wxb.text import percent
from wxb.views.answered import answered, model_of
from wxb.views.drawing import BLUE, LINES, QUIET, VERMILION, Panel, digits, sheet
from wxb.views.subject import Subject, subject
from wxb.views.view import Axis, Values, View

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SCALED = "scaled"


def calibration(of: Any, x: Any = None, *, part: str | None = None) -> View:
    """How often predictions of a given confidence are right, as the network says and with scores divided by a number.

    `of` is a run, its folder, or a network of wxb with a data set `x`. The temperature is that with the least
    cross-entropy on the validation part (Guo et al. 2017, arXiv:1706.04599), from 0.1 to 10; it changes no prediction.
    Without a validation part there is none, and nothing is scaled.

    Arrays: "confidence", "accuracy" and "examples" (when, bin), means and counts of 15 bins of equal width, NaN of
    empty ones; "errors" (when,), the expected calibration error. Raises WxbError for the validation part.
    """
    seen = subject(of, "calibration")
    data = seen.data(x)
    if part == "validation":
        raise WxbError("the temperature is fitted on the validation part", fix='`part="test"`')
    found = answered(seen, "calibration", data, part)
    before = "as calibrated" if _calibrated(seen) else "as trained"
    temperatures = {before: 1.0}
    notes = [f"{CALIBRATED} The second curve divides them once more."] if _calibrated(seen) else []
    if len(seen.split(data).validation):
        temperatures[SCALED] = _fitted(seen, data)
    else:
        notes.append(f"{data.name} has no validation part to fit a temperature on, so nothing is scaled.")
    head = model_of(seen, "calibration").head
    right = found.scores.argmax(1) == found.targets
    tables = []
    errors = []
    for by in temperatures.values():
        error, bins = binned(_confidence(head, found.scores, by), right)
        errors.append(error)
        tables.append(_table(bins))
    axes = (Axis("when", ticks=tuple(temperatures)), Axis("bin"))
    names = ("confidence", "accuracy", "examples")
    arrays = {
        name: Values(np.stack([table[place] for table in tables]), axes, f"{name} of the bin")
        for place, name in enumerate(names)
    }
    arrays["errors"] = Values(np.array(errors), axes[:1], "calibration error")
    title = f"How far the confidence of {seen.name} can be trusted: {found.line} {found.part} examples right"
    facts = {"temperature": temperatures[SCALED]} if SCALED in temperatures else {}
    return View("calibration", title, arrays, draw, facts, tuple(notes))


CALIBRATED = "The logits were divided by a temperature at the end of training."


def _calibrated(seen: Subject) -> bool:
    return seen.run is not None and seen.run.settings.get("calibration") == "temperature"


def _fitted(seen: Subject, data: Dataset) -> float:
    """The temperature with the least loss on the validation part."""
    held = answered(seen, "calibration", data, "validation")
    head = model_of(seen, "calibration").head
    return temperature(head, torch.from_numpy(held.scores), torch.from_numpy(held.targets), caution=0.0)


def _confidence(head: Head, scores: NDArray[np.float32], by: float) -> NDArray[np.float64]:
    probabilities = head.probabilities(torch.from_numpy(scores).double() / by)
    assert probabilities is not None
    return np.asarray(probabilities.amax(1).numpy())


def _table(bins: tuple[Bin, ...]) -> NDArray[np.float64]:
    """Confidence, accuracy and number of examples (3, bin); NaN for the means of an empty bin."""
    table = np.full((3, BINS), np.nan)
    table[2] = 0
    for bin in bins:
        table[:, round(bin.low * BINS)] = bin.confidence, bin.accuracy, bin.examples
    return table


def draw(view: View) -> Figure:
    """Accuracy against confidence."""
    errors = view["errors"]
    said = f"Confidence and accuracy differ by {percent(float(errors[0]))} on average"
    if "temperature" in view.facts:
        by = digits(float(view.facts["temperature"]))
        said += f", and by {percent(float(errors[1]))} after scores are divided by {by}, fitted on the validation part"
    notes = [f"{said}. On the diagonal both are the same; the size of a dot is that of its bin."]
    panels = [
        Panel("accuracy, %, by confidence", 2.8, partial(_reliability, view=view), left=0.5, bottom=0.4, framed=True,
              width=3.2),
    ]  # fmt: skip
    return sheet(view.title, panels, [*view.notes, *notes])


def _reliability(axes: Axes, view: View) -> None:
    axes.plot([0, 100], [0, 100], color=QUIET, linewidth=0.8, linestyle="--")
    names = view.arrays["errors"].axes[0].ticks
    for row, (name, colour) in enumerate(zip(names, (VERMILION, BLUE), strict=False)):
        counts = view["examples"][row]
        there = counts > 0
        x, y = 100 * view["confidence"][row][there], 100 * view["accuracy"][row][there]
        axes.plot(x, y, color=colour, linewidth=1, label=name)
        axes.scatter(x, y, s=8 + 60 * counts[there] / counts.max(), color=colour, linewidths=0)
    axes.set_xlim(0, 102)
    axes.set_ylim(0, 102)
    axes.grid(True, color=LINES, linewidth=0.6)
    axes.set_xlabel("confidence, %")
    axes.legend(loc="upper left")
