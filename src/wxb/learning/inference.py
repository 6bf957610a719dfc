"""Scores of a trained network for many examples, in evaluation mode."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from wxb.data.packed import read_ahead
from wxb.learning.machine import Machine

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from wxb.network.build import Model


@dataclass(frozen=True)
class Score:
    """How good a network is on examples that it did not learn from."""

    examples: int
    loss: float  # mean data loss, without penalties
    accuracy: float | None  # a fraction: of classes, or of yes/no labels; None for numbers
    rmse: float | None  # of numbers, in the targets' units

    @property
    def value(self) -> float:
        """Greater is better."""
        return self.accuracy if self.accuracy is not None else -self.loss


BATCH = 512  # examples at a time: large enough for the matrix product
NUMBERS = 2**27  # but no more than make so many numbers in the widest layer: half a gigabyte


def logits(
    model: Model,
    examples: NDArray[np.uint8] | NDArray[np.float32],
    machine: Machine,
    batch_size: int | None = None,
    computed: bool = False,
    rows: NDArray[np.int64] | None = None,
) -> torch.Tensor:
    """Logits (n, targets) float32 on the CPU of raw examples (n, …), or of n `rows` of them; the model is left in the
    mode that it was in.

    `batch_size` examples are computed at a time, by default as many as the memory is sure to hold. `computed`: the
    examples are what `features` gave.
    """
    if batch_size is None:
        widest = max(math.prod(layer.output) for layer in model.plan.layers)
        batch_size = max(1, min(BATCH, NUMBERS // widest))
    was_training = model.training
    model.eval()
    rows = np.arange(len(examples)) if rows is None else rows
    out = torch.empty(len(rows), model.plan.targets)
    with torch.inference_mode(), machine.in_force(), machine.autocast():
        for start in range(0, len(rows), batch_size):
            read_ahead(examples, rows[start + batch_size : start + 2 * batch_size])
            batch = torch.from_numpy(examples[rows[start : start + batch_size]]).to(machine.device)
            if batch.ndim == 4:
                batch = batch.contiguous(memory_format=torch.channels_last)
            out[start : start + batch_size] = (model.behind if computed else model)(batch).float()
    model.train(was_training)
    return out


def features(
    model: Model,
    examples: NDArray[np.uint8] | NDArray[np.float32],
    machine: Machine,
    rows: NDArray[np.int64],
) -> NDArray[np.float32]:
    """What the designed features of a model make of n rows of raw examples: (n, features)."""
    out = np.empty((len(rows), *model.plan.items[0].output), np.float32)
    with torch.no_grad(), machine.in_force():
        for start in range(0, len(rows), BATCH):
            batch = torch.from_numpy(np.ascontiguousarray(examples[rows[start : start + BATCH]])).to(machine.device)
            out[start : start + BATCH] = model.features(batch).cpu().numpy()
    return out


def score(
    model: Model,
    examples: NDArray[np.uint8] | NDArray[np.float32],
    targets: NDArray[np.int64] | NDArray[np.float32],
    machine: Machine,
    computed: bool = False,
    rows: NDArray[np.int64] | None = None,
) -> Score:
    """The score of a model on raw examples (n, …), on n `rows` of them, or on `computed` features of them, and their n
    targets, n > 0.
    """
    scores, goals = logits(model, examples, machine, computed=computed, rows=rows), torch.from_numpy(targets)
    loss = float(model.head.loss(scores, goals).mean())
    if goals.dtype == torch.int64:
        return Score(len(goals), loss, float((scores.argmax(1) == goals).double().mean()), None)
    predicted = model.head.predict(scores)
    if model.head.task == "labels":
        return Score(len(goals), loss, float((predicted == goals).double().mean()), None)
    return Score(len(goals), loss, None, float((predicted - goals).double().square().mean().sqrt()))
