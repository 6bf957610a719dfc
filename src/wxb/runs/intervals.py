"""The nonconformity scores that a run keeps, and the limits of prediction intervals and sets that they give.

`nonconformity.safetensors` holds one tensor, "scores" (n, k) float64, each column ascending: how far the targets of the
n examples that validated the run are from its answers. So a level needs no data later.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from wxb.errors import WxbError
from wxb.paths import quoted
from wxb.runs.folder import NONCONFORMITY, SETTINGS
from wxb.settings import INTERVAL
from wxb.settings.setting import SHARES, named
from wxb.storage import damaged, read_tensors, write_tensors
from wxb.tasks import TASKS
from wxb.tasks.conformal import Limits, limits

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from wxb.runs.files import RunFiles

SCORES = "scores"


def write_scores(path: Path, scores: NDArray[np.float64]) -> None:
    """Write scores (n, k) as one file. Raises WxbError if it cannot be written."""
    import torch

    write_tensors(path, {SCORES: torch.from_numpy(np.ascontiguousarray(scores))}, {})


def limits_of(run: RunFiles, level: Any) -> Limits:
    """The limits of a finished run's prediction intervals or sets of a level in per cent.

    Raises WxbError for a level that is no number from 1 to below 100, or that the run has too few scores for, and for a
    run without scores.
    """
    from wxb.network.heads import HEADS

    level = INTERVAL.validate(level)
    task, about = TASKS[run.summary.task], run.summary
    if (problem := task.no_limits(HEADS[about.head].to_probabilities is not None)) is not None:
        raise problem
    run.need_finished("nonconformity scores")
    if run.step is not None:
        raise WxbError(
            f"{run.path} has intervals for its final network, not for that of a snapshot", fix="leave `at` out"
        )
    path = run.path / NONCONFORMITY
    if NONCONFORMITY not in run.manifest:
        raise _without_scores(run)
    run.need_own(NONCONFORMITY)
    tensors = read_tensors(path)[0]
    scores = tensors[SCORES].numpy() if set(tensors) == {SCORES} else np.empty(0)
    if scores.dtype != np.float64 or scores.shape[1:] != (1 if task.exclusive else about.outputs,):
        raise damaged(path, "its scores are not those of the network")
    try:
        bagged = bool(run.settings.get("bagging"))
        return limits(scores, level, "examples answered out of fold" if bagged else "validation examples")
    except WxbError as few:
        raise WxbError(f"{run.path}: {few.what}", few.detail, few.fix) from few


def about_coverage(run: RunFiles, part: str) -> tuple[str, ...]:
    """The remark on the coverage on a part of a run's own data that says nothing of new examples."""
    bagged = bool(run.settings.get("bagging"))
    if part == "validation":
        whose = "all examples of train and validation, out of fold" if bagged else "these examples"
        return (f"the intervals were fitted to {whose}: that they cover their share here says nothing of new ones",)
    if part in ("train", "all"):
        return ("the network has learned from examples of this part: on new ones the intervals cover fewer",)
    return ()


def _without_scores(run: RunFiles) -> WxbError:
    """The error for a run that keeps no scores."""
    if not run.data.split.validation and not run.settings.get("bagging"):
        return WxbError(
            f"{run.path} has no prediction intervals or sets: no example validated it",
            f"split: {run.data.split.how}",
            f"train again with a validation part: {named('split', SHARES.example)}",
        )
    return WxbError(
        f"{run.path} keeps no nonconformity scores, from which prediction intervals and sets are made",
        "it was trained by a version of wxb that kept none",
        f"train again: wxb train --config {quoted(run.path / SETTINGS)}",
    )
