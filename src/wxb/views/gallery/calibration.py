"""Whether confidence can be trusted: accuracy by confidence, before and after temperature scaling."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wxb.errors import WxbError
from wxb.text import one_line, percent
from wxb.views.answered import answered
from wxb.views.drawing import BLUE, LINES, QUIET, VERMILION, Panel, digits, sheet
from wxb.views.subject import subject
from wxb.views.view import Axis, Values, View

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BINS = 15  # of equal width
WHEN = ("as trained", "scaled")
REACH = (-4.0, 4.0)  # of the logarithm of the temperature


def calibration(of: Any, x: Any = None, *, part: str | None = None) -> View:
    """How often predictions of a given confidence are right, as trained and with scores divided by a temperature.

    `of` is a run, its folder, or a network of wxb with a data set `x`. The temperature is that with the least
    cross-entropy on the validation part (Guo et al. 2017, arXiv:1706.04599); it changes no prediction.

    Arrays: "confidence", "accuracy" and "examples" (when, bin), means and counts of 15 bins of equal width, NaN of
    empty ones; "errors" (when,), the expected calibration error; "class sizes" (class,), training examples, and "class
    errors" (class,), the share of a class that is predicted wrong. Raises WxbError if there is no validation part.
    """
    seen = subject(of, "calibration")
    data = seen.data(x)
    held = answered(seen, "calibration", data, "validation")
    if part == "validation":
        raise WxbError("the temperature is fitted on the validation part", fix='`part="test"`')
    found = answered(seen, "calibration", data, part)
    temperature = fitted(held.scores.astype(np.float64), held.targets)
    right = found.scores.argmax(1) == found.targets
    tables = [binned(_confidence(found.scores / by), right) for by in (1.0, temperature)]
    axes = (Axis("when", ticks=WHEN), Axis("bin"))
    names = ("confidence", "accuracy", "examples")
    arrays = {
        name: Values(np.stack([table[place] for table in tables]), axes, f"{name} of the bin")
        for place, name in enumerate(names)
    }
    arrays["errors"] = Values(np.array([expected_error(*table) for table in tables]), axes[:1], "calibration error")
    rows, _ = seen.rows(data, "train")
    size = len(data.classes)
    wrong = np.bincount(found.targets[~right], minlength=size) / np.maximum(
        1, np.bincount(found.targets, minlength=size)
    )
    classes = (Axis("class", ticks=data.classes),)
    arrays["class sizes"] = Values(np.bincount(data.targets[rows], minlength=size), classes, "training examples")
    arrays["class errors"] = Values(wrong, classes, "share predicted wrong", "share")
    title = f"How far the confidence of {seen.name} can be trusted: {found.line} {found.part} examples right"
    return View("calibration", title, arrays, draw, {"temperature": temperature})


def fitted(scores: NDArray[np.float64], targets: NDArray[Any]) -> float:
    """The temperature that divides scores (n, classes) so that their cross-entropy is least."""
    from scipy.optimize import minimize_scalar
    from scipy.special import log_softmax

    def loss(logarithm: float) -> float:
        return float(-log_softmax(scores / np.exp(logarithm), axis=1)[np.arange(len(scores)), targets].mean())

    return float(np.exp(minimize_scalar(loss, bounds=REACH, method="bounded", options={"xatol": 1e-6}).x))


def _confidence(scores: NDArray[Any]) -> NDArray[np.float64]:
    from scipy.special import softmax

    return np.asarray(softmax(scores.astype(np.float64), axis=1).max(1))


def binned(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> tuple[NDArray[np.float64], ...]:
    """Mean confidence, accuracy and number of examples of each bin; NaN for the means of an empty one."""
    places = np.clip(np.ceil(confidence * BINS).astype(int) - 1, 0, BINS - 1)
    counts = np.bincount(places, minlength=BINS).astype(np.float64)
    with np.errstate(invalid="ignore"):
        means = (np.bincount(places, weights, BINS) / counts for weights in (confidence, right.astype(np.float64)))
        return (*means, counts)


def expected_error(
    confidence: NDArray[np.float64], accuracy: NDArray[np.float64], counts: NDArray[np.float64]
) -> float:
    """The expected calibration error: how far confidence and accuracy of a bin differ, on average over examples."""
    return float(np.nansum(counts * np.abs(confidence - accuracy)) / counts.sum())


def draw(view: View) -> Figure:
    """Accuracy against confidence, and errors of a class against its size."""
    errors = view["errors"]
    notes = [
        f"Confidence and accuracy differ by {percent(float(errors[0]))} on average, and by {percent(float(errors[1]))} "
        f"after scores are divided by {digits(float(view.facts['temperature']))}, fitted on the validation part. "
        "On the diagonal both are the same; the size of a dot is that of its bin."
    ]
    panels = [
        Panel("accuracy, %, by confidence", 2.8, partial(_reliability, view=view), left=0.5, bottom=0.4, framed=True,
              width=3.2),
        Panel("wrong, % of a class, by its training examples", 1.7, partial(_sizes, view=view), left=0.5, bottom=0.4,
              framed=True),
    ]  # fmt: skip
    return sheet(view.title, panels, [*view.notes, *notes])


def _reliability(axes: Axes, view: View) -> None:
    axes.plot([0, 100], [0, 100], color=QUIET, linewidth=0.8, linestyle="--")
    for row, colour in enumerate((VERMILION, BLUE)):
        counts = view["examples"][row]
        there = counts > 0
        x, y = 100 * view["confidence"][row][there], 100 * view["accuracy"][row][there]
        axes.plot(x, y, color=colour, linewidth=1, label=WHEN[row])
        axes.scatter(x, y, s=8 + 60 * counts[there] / counts.max(), color=colour, linewidths=0)
    axes.set_xlim(0, 102)
    axes.set_ylim(0, 102)
    axes.grid(True, color=LINES, linewidth=0.6)
    axes.set_xlabel("confidence, %")
    axes.legend(loc="upper left")


def _sizes(axes: Axes, view: View) -> None:
    sizes, errors = view["class sizes"], view["class errors"]
    axes.plot(sizes, 100 * errors, "o", color=BLUE, markersize=4)
    for place in np.argsort(-errors, kind="stable")[:5]:
        name = one_line(view.arrays["class sizes"].axes[0].ticks[place])[:16]
        axes.annotate(name, (sizes[place], 100 * errors[place]), xytext=(4, 2), textcoords="offset points", fontsize=7)
    axes.grid(True, color=LINES, linewidth=0.6)
    axes.set_xlabel("training examples of the class")
    axes.set_ylim(bottom=0)
