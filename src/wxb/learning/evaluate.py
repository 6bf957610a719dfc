"""Predict and evaluate from logits: the step from a head's tensors to a task's NumPy arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from wxb.errors import WxbError
from wxb.tasks import TASKS
from wxb.tasks.task import Answers
from wxb.text import count, plural

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from wxb.network.heads import Head
    from wxb.tasks.evaluation import Evaluation
    from wxb.tasks.prediction import Prediction

SCORES_AT_ONCE = 2**24  # whose losses and probabilities are computed together


class NotFinite(WxbError):
    """Scores of a network that are NaN or infinite; `rows` are the places of their examples."""

    def __init__(self, rows: NDArray[np.int64], examples: int) -> None:
        self.rows = rows
        super().__init__(
            "the network's scores are not finite numbers",
            f"those of {count(len(rows))} of {plural(examples, 'example')}, the first is example {rows[0]}",
            "leave such examples out if their values are far beyond those of training; "
            "else train again with a lower `learning_rate`",
        )


def need_finite(pieces: Sequence[torch.Tensor]) -> None:
    """Raise NotFinite if a score of the logits (n, outputs), in pieces, is NaN or infinite."""
    if not all(bool(torch.isfinite(piece).all()) for piece in pieces):
        finite = np.concatenate([torch.isfinite(piece).flatten(1).all(1).numpy() for piece in pieces])
        raise NotFinite(np.flatnonzero(~finite), len(finite))


def evaluate(
    logits: torch.Tensor,
    targets: NDArray[Any],
    head: Head,
    task: str,
    names: tuple[str, ...],
    rows: NDArray[np.int64] | None = None,
    seed: int = 0,
    offsets: NDArray[np.float64] | float = 0.0,
    weights: NDArray[np.float64] | None = None,
    decision: NDArray[np.float64] | None = None,
) -> Evaluation:
    """Evaluate logits (n, outputs) of a model with this head against `targets`, stored as in a data set; n > 0.

    `rows` (n,) are the examples' places in the data set, for the mistakes; `seed` is that of bootstrapped intervals;
    `offsets` (outputs,) were subtracted from the targets and are added again. `weights` (n,) say how much each example
    counts, of which one counts at least; those of weight 0 are as if they were not there. `decision` (outputs,)
    are the offsets of a decision (wxb.tasks.decision).

    Raises NotFinite if a score is NaN or infinite.
    """
    rows = np.arange(len(targets)) if rows is None else rows
    if weights is not None and not weights.all():
        there = np.flatnonzero(weights)
        logits, targets, rows, weights = logits[there], targets[there], rows[there], weights[there]
    if weights is not None:
        weights = weights / weights.max()  # only their proportions count
    step = max(1, SCORES_AT_ONCE // max(1, logits[:1].numel()))
    pieces = logits.split(step)
    need_finite(pieces)
    parts = list(zip(pieces, torch.from_numpy(targets).split(step), strict=True))
    loss = _mean(torch.cat([head.loss(some, given) for some, given in parts]), weights)
    if not np.isfinite(loss):  # in float32 the square of 1e20 is infinite
        loss = _mean(torch.cat([head.loss(some.double(), given) for some, given in parts]), weights)
    # of many examples and classes in float32, because float64 takes twice the memory
    precision = torch.float64 if len(pieces) == 1 else torch.float32
    probabilities = _probabilities(head, pieces, precision)
    scores = logits.to(precision).numpy()
    if np.any(offsets):
        scores, targets = scores + offsets, targets + offsets
    return TASKS[task].evaluate(Answers(scores, probabilities, targets, names, rows, loss, seed, weights, decision))


def _mean(losses: torch.Tensor, weights: NDArray[np.float64] | None) -> float:
    """The mean of losses (n,) by weights (n,), in float64."""
    return float(losses.double().mean() if weights is None else np.average(losses.double().numpy(), weights=weights))


def _probabilities(head: Head, pieces: Sequence[torch.Tensor], precision: torch.dtype) -> NDArray[Any] | None:
    """The probabilities of logits in pieces, computed in float64 and kept in the precision; None if there are none."""
    whole, start = None, 0
    for piece in pieces:
        part = head.probabilities(piece.double())
        if part is None:
            return None
        if whole is None:
            whole = torch.empty(sum(map(len, pieces)), *piece.shape[1:], dtype=precision)
        whole[start : start + len(piece)] = part
        start += len(piece)
    return None if whole is None else whole.numpy()


def prediction(
    logits: torch.Tensor,
    head: Head,
    task: str,
    names: tuple[str, ...],
    offsets: NDArray[np.float64] | float = 0.0,
    decision: NDArray[np.float64] | None = None,
) -> Prediction:
    """The prediction that logits (n, outputs) of a model with this head stand for; `offsets` (outputs,) are added.

    `decision` (outputs,) are the offsets by which an answer is decided; scores and probabilities stay as they are.
    Raises NotFinite if a score is NaN or infinite: it stands for nothing.
    """
    need_finite([logits])
    probabilities = head.probabilities(logits)
    predicted = TASKS[task].prediction(
        np.asarray(logits.numpy(), np.float32),
        None if probabilities is None else np.asarray(probabilities.numpy(), np.float32),
        names,
    )
    if decision is not None:
        predicted = replace(predicted, values=TASKS[task].predict(logits.double().numpy() + decision))
    return replace(predicted, values=predicted.values.astype(np.float64) + offsets) if np.any(offsets) else predicted
