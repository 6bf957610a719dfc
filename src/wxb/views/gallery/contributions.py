"""What each pixel or feature of an example adds to the scores of a linear network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from wxb.views.drawing import NAMES, Panel, bars, digits, heat, sheet, show_picture
from wxb.views.linear import linear, scaled
from wxb.views.outputs import output_of
from wxb.views.subject import subject
from wxb.views.view import Values, View

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST = 15  # features that are drawn


def contributions(
    of: Any, x: Any = None, *, example: int | None = None, part: str | None = None, output: str | None = None
) -> View:
    """Weight times scaled input of each pixel or feature: what it adds to the score of each class.

    `of` is a run, its folder, or a module nn.Linear; `x`, `example` and `part` choose the example as in `maps`.
    `output` is the class, label or target that is drawn, by name; by default the one with the greatest score. The
    contributions to a score and its bias add up to the score. They are measured from the mean of the training part: a
    pixel of the mean adds 0.

    Arrays: "contributions" (output, channel, row, column) or (output, feature), "biases" and "scores" (output,).
    Raises WxbError if there is no such output.
    """
    seen = subject(of, "contributions")
    found = linear(seen)
    shown = seen.example(x, example, part)
    parts = found.weights * scaled(seen, shown.batch)
    with torch.no_grad():
        scores = seen(shown.batch)[0].double().numpy()
    place = int(scores.argmax()) if output is None else output_of(output, found.outputs)
    arrays = {
        "contributions": Values(parts, found.axes, "weight times scaled input", "score"),
        "biases": Values(found.biases, found.axes[:1], "biases", "score"),
        "scores": Values(scores, found.axes[:1], "scores of the network", "score"),
    }
    if shown.picture is not None:
        arrays["picture"] = Values(shown.picture, found.inner, "the example")
    name = found.outputs[place]
    title = f"What adds to the score of {name}: {shown.sentence}"
    return View("contributions", title, arrays, draw, {**shown.facts, "output": name, "place": place})


def draw(view: View) -> Figure:
    """The example, its contributions to one score, and all scores."""
    place, name = int(view.facts["place"]), str(view.facts["output"])
    parts, scores, names = view["contributions"][place], view["scores"], view.arrays["scores"].axes[0].ticks
    bias, total = float(view["biases"][place]), float(view["contributions"][place].sum())
    panels = []
    if parts.ndim == 3:
        together = parts.sum(0)
        panels.append(Panel("the example", 1.1, lambda axes: show_picture(axes, view["picture"])))
        panels.append(Panel(f"what each pixel adds to {name}", 2.4, lambda axes: heat(axes, together), width=2.4))
    else:
        order = np.argsort(-np.abs(parts), kind="stable")[:MOST]
        features = view.arrays["contributions"].axes[1].ticks or tuple(str(one) for one in range(len(parts)))
        title = f"what each feature adds to {name}"
        title += f", the largest {len(order)} of {len(parts)}" if len(order) < len(parts) else ""
        shown: NDArray[Any] = parts[order]
        panels.append(
            Panel(
                title,
                0.17 * len(order),
                lambda axes: bars(axes, [features[one] for one in order], shown),
                left=NAMES,
            )
        )
    best = np.sort(np.argsort(-scores, kind="stable")[:MOST])
    panels.append(
        Panel(
            "scores", 0.17 * len(best), lambda axes: bars(axes, [names[one] for one in best], scores[best]), left=NAMES
        )
    )
    line = f"{digits(total)} of all {'pixels' if parts.ndim == 3 else 'features'}, plus the bias {digits(bias)}: "
    return sheet(view.title, panels, [*view.notes, line + f"{digits(float(scores[place]))}, the score of {name}."])
