"""The histories of runs as arrays: what was measured after each epoch, and in the watched steps of a training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wxb.errors import WxbError
from wxb.runs.run import Run
from wxb.runs.schema import Epoch
from wxb.tasks import TASKS
from wxb.views.view import Axis, Values

VALIDATION = "validation "  # begins the names of what was measured on the validation part
WATCHED = {  # the statistics of a layer, and what each is
    "gradient_norm": ("gradient norm", "Euclidean norm of the gradient of the weights", ""),
    "update_ratio": ("update ratio", "norm of the change of the weights, divided by their norm", ""),
    "dead": ("dead units", "share of the units of RELU that gave 0 for every example of the batch", "share"),
    "saturated": ("saturated outputs", "share of the outputs of TANH or SIGMOID with less than a tenth of the slope",
                  "share"),
}  # fmt: skip
STEPS = "watched steps"


def runs_of(view: str, of: Any, against: str | None) -> list[Run]:
    """The run or its folder, then those named `against`, with commas between their folders.

    Raises WxbError for a module, for a run without an epoch, and for runs of different kinds of target.
    """
    if hasattr(of, "parameters"):
        raise WxbError(
            f"{view} needs a run: a module alone has no history", fix=f'wxb.views.{view}("runs/digits-3f2a")'
        )
    first = of if isinstance(of, Run) else Run.open(str(of))
    runs = [first, *(Run.open(one.strip()) for one in (against or "").split(",") if one.strip())]
    for run in runs:
        if not run.history:
            raise WxbError(f"{run.path} has no epoch yet: {run.standing.sentence}")
        if run.summary.task != first.summary.task:
            raise WxbError(f"{run.path} learned {run.summary.task}, {first.path} {first.summary.task}")
    return runs


def histories(runs: Sequence[Run]) -> dict[str, Values]:
    """What was measured of each run after each epoch: (run, epoch), NaN where there is no number."""
    axes = (Axis("run", ticks=tuple(run.name for run in runs)), Axis("epoch", "epochs"))
    arrays = {
        "train loss": Values(_table(runs, lambda line: line.train_loss), axes, "mean loss of the epoch", "loss"),
        "validation loss": Values(_table(runs, partial(_score, "loss")), axes, "loss", "loss"),
        "learning rate": Values(_table(runs, lambda line: line.learning_rate), axes, "at the epoch's end"),
        "seconds": Values(_table(runs, lambda line: line.seconds), axes, "since the start", "seconds"),
    }
    for one in TASKS[runs[0].summary.task].validated:
        values = _table(runs, partial(_score, one.name))
        if np.isfinite(values).any():
            arrays[f"{VALIDATION}{one.title}"] = Values(values, axes, f"{one.title} on the validation part", one.form)
    return arrays


def _score(name: str, line: Epoch) -> float | None:
    return (line.validation or {}).get(name)


def _table(runs: Sequence[Run], value: Callable[[Epoch], float | None]) -> NDArray[np.float64]:
    """A number of each epoch (run, epoch); NaN where there is none."""
    table = np.full((len(runs), max(len(run.history) for run in runs)), np.nan)
    for row, run in enumerate(runs):
        for column, line in enumerate(run.history):
            found = value(line)
            table[row, column] = np.nan if found is None else found
    return table


def watched(run: Run) -> dict[str, Values]:
    """The statistics of each layer in the watched steps: (layer, watched step), NaN where there is no number.

    "watched steps" (watched step,) are their numbers. Empty for a run that was trained without `watch`.
    """
    steps = run.watched
    if not steps:
        return {}
    when = Axis("watched step")
    arrays = {STEPS: Values(np.array([one.step for one in steps]), (when,), "updates made", "steps")}
    for key, (name, about, unit) in WATCHED.items():
        paths = dict.fromkeys(
            path for one in steps for path, found in one.layers.items() if getattr(found, key) is not None
        )
        values = np.full((len(paths), len(steps)), np.nan)
        for row, path in enumerate(paths):
            for column, one in enumerate(steps):
                found = getattr(one.layers[path], key) if path in one.layers else None
                values[row, column] = np.nan if found is None else found
        if len(paths):
            arrays[name] = Values(values, (Axis("layer", ticks=tuple(paths)), when), about, unit)
    return arrays
