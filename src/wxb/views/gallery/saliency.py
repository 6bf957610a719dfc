"""Why this answer: which parts of an example matter for a score, by several methods, and which of them to trust."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from wxb.errors import WxbError, nearest
from wxb.text import one_line
from wxb.views.attribution import METHODS, Question, applicable, question, shuffled
from wxb.views.drawing import COLOURS, LINES, NAMES, QUIET, Panel, bars, heat, sheet, show_picture
from wxb.views.linear import MAPS
from wxb.views.outputs import output_of
from wxb.views.subject import Subject, subject
from wxb.views.view import Axis, Values, View

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHUFFLES = 4  # networks with shuffled weights that a map is compared with
ALIKE = 0.5  # rank correlation from which a map is said to hardly depend on the weights
STEPS = 21  # of the curves of deletion and insertion
LEAST = 12  # numbers of a map that a rank correlation says something of
MOST = 10  # features drawn


def saliency(
    of: Any,
    x: Any = None,
    *,
    example: int | None = None,
    part: str | None = None,
    output: str | None = None,
    method: str | None = None,
) -> View:
    """How much each pixel or feature of an example matters for a score: by gradient, SmoothGrad, integrated gradients,
    guided backpropagation, Grad-CAM and occlusion.

    `of`, `x`, `example` and `part` are those of `maps`; `output` is the class, label or target asked about, by default
    the one with the greatest score, and `method` the only one that is wanted. Each map is compared with those of four
    networks whose upper layers have their weights shuffled (Adebayo et al. 2018, arXiv:1810.03292): a map that stays
    the same shows the input, and not what the network has learned.

    Arrays: under the name of each method its map, (channel, row, column) or (feature,), in score for a standard
    deviation of the input; "correlations" (method,), the mean rank correlation of its absolute values with those of
    the shuffled networks; "deletion" and "insertion" (method, step), the score while the pixels that matter most are
    replaced by the mean, or put into it; "shares" (step,), how many of the pixels. Raises WxbError if a method does not
    apply.
    """
    seen = subject(of, "saliency")
    shown = seen.example(x, example, part)
    if shown.values is None or shown.values.dtype.kind not in "buif":
        raise WxbError("saliency is for examples that are arrays of numbers")
    with torch.no_grad():
        outputs = seen.classes or tuple(str(place) for place in range(seen(shown.batch).shape[1]))
    asked = question(seen, shown.values, None if output is None else output_of(output, outputs))
    chosen, notes = _methods(asked, method)
    found = {name: METHODS[name](asked).detach() for name in chosen}
    others = [shuffled(asked, seed) for seed in range(SHUFFLES)]
    alike = np.array([np.mean([_alike(found[name], METHODS[name](other)) for other in others]) for name in chosen])
    names = Axis("method", ticks=tuple(chosen))
    axes = tuple(map(Axis, MAPS)) if asked.input.ndim == 4 else (Axis("feature", ticks=_features(seen)),)
    arrays = {
        name: Values(one.double().numpy(), axes if one.ndim == len(axes) else axes[-one.ndim :], name, "score")
        for name, one in found.items()
    }
    arrays["correlations"] = Values(alike, (names,), "rank correlation with the maps of shuffled networks")
    shares = np.linspace(0, 1, STEPS)
    for way in ("deletion", "insertion"):
        values = np.stack([_curve(asked, one, shares, way == "insertion") for one in found.values()])
        arrays[way] = Values(values, (names, Axis("step")), f"score in the course of {way}", "score")
    arrays["shares"] = Values(shares, (Axis("step"),), "pixels or features replaced", "share")
    if shown.picture is not None:
        arrays["picture"] = Values(shown.picture, tuple(map(Axis, MAPS)), "the example")
    said = outputs[asked.output]
    title = f"What matters for the score of {said}: {shown.sentence}"
    return View("saliency", title, arrays, draw, {**shown.facts, "output": said}, tuple(notes))


def _methods(asked: Question, method: str | None) -> tuple[list[str], list[str]]:
    reasons = applicable(asked)
    if method is None:
        left_out = [f"Without {name}: {why}." for name, why in reasons.items() if why]
        return [name for name, why in reasons.items() if not why], left_out
    if method not in METHODS:
        like = nearest(method, METHODS)
        raise WxbError(
            f"{method} is not a method" + (f"; {like} is" if like else ""), fix=f"one of {', '.join(METHODS)}"
        )
    if reasons[method]:
        raise WxbError(f"{method} does not apply to this network: {reasons[method]}")
    return [method], []


def _features(seen: Subject) -> tuple[str, ...]:
    return () if seen.run is None or seen.run.preparation is None else seen.run.preparation.features


def _alike(one: Tensor, other: Tensor) -> float:
    """Spearman's rank correlation of the absolute values; 0 where one of them is the same everywhere."""
    from scipy.stats import rankdata

    first, second = (rankdata(values.detach().abs().reshape(-1).double().numpy()) for values in (one, other))
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])


def _curve(asked: Question, values: Tensor, shares: NDArray[np.float64], insert: bool) -> NDArray[np.float64]:
    """The score while the pixels with the greatest absolute values go, or come.

    Petsiuk et al. 2018, arXiv:1806.07421.
    """
    importance = values.abs().sum(0) if values.ndim == 3 else values.abs()
    order = importance.reshape(-1).argsort(descending=True, stable=True)
    inputs = []
    for share in shares:
        changed = torch.zeros(len(order), dtype=torch.bool)
        changed[order[: round(float(share) * len(order))]] = True
        mask = changed.view(importance.shape)
        mask = mask if not insert else ~mask
        inputs.append(asked.input.masked_fill(mask if asked.input.ndim == 2 else mask[None, None], 0.0))
    with torch.no_grad():
        return np.asarray(asked.score(torch.cat(inputs)).double().numpy())


# --- drawing ---------------------------------------------------------------------------------------------------------


def draw(view: View) -> Figure:
    """The example, a map for each method with its verdict, and the curves."""
    names = view.arrays["correlations"].axes[0].ticks
    panels = []
    if "picture" in view.arrays:
        panels.append(Panel("the example", 1.1, lambda axes: show_picture(axes, view["picture"])))
        panels.append(_maps(view, names))
    elif view[names[0]].ndim == 1:
        panels += [_bars(view, name, float(alike)) for name, alike in zip(names, view["correlations"], strict=True)]
    else:
        panels.append(_maps(view, names))
    for way in ("deletion", "insertion"):
        verb = "replaced by the mean" if way == "deletion" else "put into the mean"
        title = f"{way}: the score while what matters most is {verb}"
        panels.append(
            Panel(title, 1.2, lambda axes, way=way: _curves(axes, view, names, way), left=0.5, bottom=0.4, framed=True)  # type: ignore[misc]
        )
    notes = [
        "The number of a method: the rank correlation of its map with those of networks whose upper layers are "
        f"shuffled. From {ALIKE} on the map shows the input more than what was learned: do not trust it.",
        "Blue raises the score, orange lowers it. A good map makes the score fall fast in deletion, and rise fast in "
        "insertion.",
    ]
    return sheet(view.title, panels, [*view.notes, *notes])


def verdict(alike: float, numbers: int) -> str:
    """What a rank correlation with shuffled networks says."""
    if numbers < LEAST:
        return "too few numbers to compare"
    return f"{alike:.2f}, depends on the weights" if alike < ALIKE else f"{alike:.2f}, hardly depends on them"


def _maps(view: View, names: tuple[str, ...]) -> Panel:
    """Maps in two columns, each with its own range of colours."""
    columns = 2 if len(names) > 1 else 1
    rows = -(-len(names) // columns)
    high, wide = view[names[0]].shape[-2:]
    width = 4.56 / 2
    height, room = (width - 0.15) * high / wide, 0.36

    def paint(axes: Axes) -> None:
        for place, (name, alike) in enumerate(zip(names, view["correlations"], strict=True)):
            x, y = place % columns * width, place // columns * (height + room) + room
            values = view[name]
            heat(axes, values.sum(0) if values.ndim == 3 else values, extent=(x, x + width - 0.15, y + height, y))
            axes.text(x, y - 0.2, name, fontsize=8, fontweight="bold")
            axes.text(x, y - 0.05, verdict(float(alike), view[name].size), fontsize=7)
        axes.set_xlim(0, width * columns)
        axes.set_ylim(rows * (height + room), 0)
        axes.set_aspect("auto")

    return Panel("", rows * (height + room), paint, width=width * columns)


def _bars(view: View, name: str, alike: float) -> Panel:
    values = view[name]
    order = np.argsort(-np.abs(values), kind="stable")[:MOST]
    features = view.arrays[name].axes[0].ticks or tuple(str(place) for place in range(len(values)))
    named = [one_line(features[place]) for place in order]
    return Panel(
        f"{name}: {verdict(alike, values.size)}",
        0.17 * len(order),
        lambda axes: bars(axes, named, values[order]),
        left=NAMES,
    )


def _curves(axes: Axes, view: View, names: tuple[str, ...], way: str) -> None:
    for place, name in enumerate(names):
        axes.plot(
            100 * view["shares"], view[way][place], color=COLOURS[place % len(COLOURS)], label=name, linewidth=1.2
        )
    axes.grid(True, color=LINES, linewidth=0.6)
    axes.set_xlabel("replaced, %" if way == "deletion" else "put in, %")
    axes.axhline(0, color=QUIET, linewidth=0.6)
    if way == "deletion":
        axes.legend(ncol=2, fontsize=6.5)
