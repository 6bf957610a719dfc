"""Predict and evaluate from logits: the step from a head's tensors to a task's NumPy arrays."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from wxb.errors import WxbError
from wxb.tasks import TASKS
from wxb.tasks.task import Answers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from wxb.network.heads import Head
    from wxb.tasks.evaluation import Evaluation
    from wxb.tasks.prediction import Prediction


def evaluate(
    logits: torch.Tensor,
    targets: NDArray[Any],
    head: Head,
    task: str,
    names: tuple[str, ...],
    rows: NDArray[np.int64] | None = None,
    seed: int = 0,
    offsets: NDArray[np.float64] | float = 0.0,
) -> Evaluation:
    """Evaluate logits (n, outputs) of a model with this head against `targets`, stored as in a data set; n > 0.

    `rows` (n,) are the examples' places in the data set, for the mistakes; `seed` is that of bootstrapped intervals;
    `offsets` (outputs,) were subtracted from the targets and are added again. Raises WxbError if a score is NaN or
    infinite.
    """
    if not bool(torch.isfinite(logits).all()):
        raise WxbError("the network's scores are not finite numbers", fix="train it again with a lower `learning_rate`")
    loss = float(head.loss(logits, torch.from_numpy(targets)).double().mean())
    probabilities = head.probabilities(logits.double())
    scores = logits.double().numpy()
    if np.any(offsets):
        scores, targets = scores + offsets, targets + offsets
    rows = np.arange(len(targets)) if rows is None else rows
    shares = None if probabilities is None else probabilities.numpy()
    return TASKS[task].evaluate(Answers(scores, shares, targets, names, rows, loss, seed))


def prediction(
    logits: torch.Tensor,
    head: Head,
    task: str,
    names: tuple[str, ...],
    offsets: NDArray[np.float64] | float = 0.0,
) -> Prediction:
    """The prediction that logits (n, outputs) of a model with this head stand for; `offsets` (outputs,) are added."""
    probabilities = head.probabilities(logits)
    predicted = TASKS[task].prediction(
        np.asarray(logits.numpy(), np.float32),
        None if probabilities is None else np.asarray(probabilities.numpy(), np.float32),
        names,
    )
    return replace(predicted, values=predicted.values.astype(np.float64) + offsets) if np.any(offsets) else predicted
