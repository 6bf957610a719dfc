"""What a network has learned, as far as a report shows it: filters or columns that matter, and the worst class pair.

It is taken from few examples, so that it takes a small part of the time of a training; the views take more.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wxb.allocator import kept
from wxb.data.dataset import Dataset
from wxb.data.kinds import KINDS
from wxb.data.split import spread
from wxb.learning.inference import logits
from wxb.learning.machine import choose
from wxb.network.build import Model
from wxb.report.pictures import signed_tiles
from wxb.tasks import TASKS
from wxb.views import layers
from wxb.views.drawing import coloured
from wxb.views.gallery.embedding import features_of, principal
from wxb.views.gallery.filters import looking
from wxb.views.gallery.importance import shuffle
from wxb.views.subject import Subject, as_batch, subject

FILTERS = 64  # units that are drawn
EXAMPLES = 200  # that are shuffled at most,
LEAST = 30  # and at least: of fewer nothing can be said
SHARE = 0.02  # of the passes of training that shuffling may take
REPEATS = 1  # shuffles of each column,
COLUMNS = 10  # and columns that are named
ANSWERED = 2_000  # examples among which the worst pair is sought
MAPPED = 200  # examples on its map


@kept()
def inside(
    model: Model, data: Dataset, tested: bool, decision: NDArray[np.float64] | None = None, passes: int | None = None
) -> dict[str, Any]:
    """What a trained network has learned, as `runs.reported.Inside` holds it, without what does not apply.

    `decision` (outputs,) are the offsets by which an answer is decided; `passes` is how often training took an example
    through the network, which bounds what is shuffled.
    """
    seen = subject(deepcopy(model).cpu().eval(), "graph")
    found: dict[str, Any] = {}
    if data.spatial and (shown := filters(seen)):
        found["filters"] = shown
    if not tested:
        return found
    rows = spread(data.split.test, ANSWERED)
    alone = data.has_text and data.examples.shape[1] == 1
    if not data.spatial and not alone and KINDS[data.kind].scaled:
        most = EXAMPLES if passes is None else int(SHARE * passes / (REPEATS * data.examples.shape[1]))
        if most >= LEAST:
            found["importance"] = importance(seen, data, spread(rows, min(EXAMPLES, most)))
    if TASKS[data.task].exclusive and (pair := worst_pair(seen, data, rows, decision)):
        found["pair"] = pair
    return found


def filters(seen: Subject) -> dict[str, Any]:
    """The weights of the first layer, if it looks at the picture itself; else nothing."""
    weights = looking(seen)
    plan = seen.plan
    if not weights or plan is None or plan.layers[0].path not in weights:
        return {}
    name = plan.layers[0].path
    array = weights[name][0]
    colours = array.shape[1] == 3
    if array.shape[1] not in (1, 3) or max(array.shape[2:]) < 2:
        return {}
    shown = array[:FILTERS]
    pictures = np.stack([coloured(one) for one in shown]) if colours else shown[:, 0]
    return {
        "layer": name,
        "units": len(array),
        "shown": len(shown),
        "colours": colours,
        "picture": signed_tiles(pictures),
    }


def importance(seen: Subject, data: Dataset, rows: NDArray[np.int64]) -> dict[str, Any]:
    """The columns whose shuffling raises the loss most."""
    model = seen.model
    assert isinstance(model, Model)
    examples, targets = data.model_inputs[rows], data.targets[rows]
    scores = logits(model, examples, choose("cpu", "float32")).numpy()
    found = shuffle(model, data, examples, scores, targets, REPEATS, data.weights_of(rows))
    order = np.argsort(-found.mean, kind="stable")[:COLUMNS]
    return {
        "examples": len(rows),
        "repeats": REPEATS,
        "of": len(found.names),
        "columns": [
            {"column": found.names[one], "rise": _short(found.mean[one]), "interval": _pair(found.intervals[one])}
            for one in order
        ],
    }


def worst_pair(
    seen: Subject, data: Dataset, rows: NDArray[np.int64], decision: NDArray[np.float64] | None
) -> dict[str, Any]:
    """The two classes that are taken for each other most, and their examples on a map; nothing without a mistake."""
    model = seen.model
    assert isinstance(model, Model)
    given = data.targets[rows].astype(np.int64)
    scores = logits(model, data.inputs, choose("cpu", "float32"), rows=rows).double().numpy()
    said = TASKS[data.task].predict(scores if decision is None else scores + decision)
    size = len(data.classes)
    counts = np.bincount(given * size + said, minlength=size**2).reshape(size, size) if size <= 2000 else None
    if counts is None:
        return {}
    both = np.triu(counts + counts.T, 1)
    if not both.any():
        return {}
    first, second = (int(one) for one in np.unravel_index(both.argmax(), both.shape))
    among = np.flatnonzero((given == first) | (given == second))
    mistaken = (given != said) & ((said == first) | (said == second))
    shown = spread(among, MAPPED)
    batch = as_batch(data.model_inputs[rows[shown[:1]]])
    name = layers.hidden(layers.passed(seen, batch))
    features = features_of(seen, data.model_inputs[rows[shown]], name)
    if len(shown) < 3 or not np.isfinite(features).all():
        return {}
    points, explained = principal(features)
    return {
        "classes": [data.classes[first], data.classes[second]],
        "layer": name,
        "examples": len(among),
        "mistakes": int(mistaken[among].sum()),
        "explained": float(explained.sum()),
        "points": [
            [_short(x), _short(y), int(given[one] == second), int(mistaken[one])]
            for (x, y), one in zip(points, shown, strict=True)
        ],
    }


def _short(value: float) -> float:
    return float(f"{value:.4g}")


def _pair(ends: NDArray[np.float64]) -> list[float]:
    return [_short(one) for one in ends]
