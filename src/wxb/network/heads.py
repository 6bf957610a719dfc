"""Heads: what turns scores into a loss, a prediction and probabilities.

Scores are called logits throughout, (batch, targets). Targets are class numbers (batch,) int64, or for heads that take
them a number or share for every score, (batch, targets) float.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from wxb.errors import WxbError


@dataclass(frozen=True)
class Head:
    """The last word of a network. `tasks` are those of data that it can learn."""

    name: str
    tasks: tuple[str, ...]
    losses: Callable[[Tensor, Tensor], Tensor]  # logits, targets of the head's own form -> (batch,)
    predicted: Callable[[Tensor], Tensor]
    chances: Callable[[Tensor], Tensor] | None

    @property
    def task(self) -> str:
        """The kind of target that it is for first of all: "classes", "labels", "numbers"."""
        return self.tasks[0]

    def loss(self, logits: Tensor, targets: Tensor, *, label_smoothing: float = 0.0) -> Tensor:
        """Loss of each example, (batch,). Class numbers become one-hot where the head compares every score.

        `label_smoothing` ε moves a share ε of every target to all classes equally (Szegedy et al. 2016, section 7);
        only SOFTMAX has a meaning for it. Raises WxbError for any other head.
        """
        if label_smoothing:
            self.need_smoothable()
            targets = _shares(targets, logits) * (1 - label_smoothing) + label_smoothing / logits.shape[1]
        return self.losses(logits, targets)

    def need_smoothable(self) -> None:
        """Raises WxbError where the targets are no probabilities over classes."""
        if self.name != "SOFTMAX":
            raise WxbError(
                f"--label-smoothing is for SOFTMAX; {self.name} has no probabilities to smooth",
                fix="--label-smoothing 0",
            )

    def predict(self, logits: Tensor) -> Tensor:
        """Class numbers (batch,) int64; labels (batch, labels) int64 of 0 and 1; EUCLID's numbers (batch, targets).

        A class that EUCLID learned as one-hot rows is the greatest of these numbers.
        """
        return self.predicted(logits)

    def probabilities(self, logits: Tensor) -> Tensor | None:
        """(batch, targets) in [0, 1]; None where scores are no log-probabilities."""
        return None if self.chances is None else self.chances(logits)


def _shares(targets: Tensor, logits: Tensor) -> Tensor:
    """Targets in the logits' shape and dtype: class numbers (batch,) become one-hot rows."""
    shares = targets if targets.ndim == 2 else F.one_hot(targets, logits.shape[1])
    return shares.to(logits.dtype)


def cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """−Σ t_j log softmax(s)_j, (batch,); of a class number y: −log(e^{s_y} / Σ e^{s_j})."""
    if targets.is_floating_point():
        targets = targets.to(logits.dtype)
    # by way of log_softmax: the logarithm of a softmax is −inf where a logit lies 104 below the best (float32)
    return F.cross_entropy(logits, targets, reduction="none")


def hinge(logits: Tensor, targets: Tensor) -> Tensor:
    """Multiclass support vector machine, Σ_{j≠y} max(0, s_j − s_y + 1), (batch,) (Weston, Watkins 1999).

    Of shares t over classes: Σ_y t_y times that of y.
    """
    if not targets.is_floating_point():
        margins = (logits - logits.gather(1, targets[:, None]) + 1).clamp_min(0)
        return margins.sum(1) - 1  # the true class's own margin is max(0, 0 + 1)
    margins = (logits[:, None, :] - logits[:, :, None] + 1).clamp_min(0)
    return ((margins.sum(2) - 1) * targets.to(logits.dtype)).sum(1)


def squared_error(logits: Tensor, targets: Tensor) -> Tensor:
    """Σ_j (s_j − t_j)², (batch,); class numbers count as one-hot rows."""
    return (logits - _shares(targets, logits)).square().sum(1)


def binary_cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """Mean over the labels of −t log σ(s) − (1 − t) log(1 − σ(s)), (batch,): the same size for few labels and many."""
    return F.binary_cross_entropy_with_logits(logits, _shares(targets, logits), reduction="none").mean(1)


HEADS: dict[str, Head] = {
    head.name: head
    for head in (
        Head("SOFTMAX", ("classes",), cross_entropy, lambda s: s.argmax(1), lambda s: s.softmax(1)),
        Head("SVM", ("classes",), hinge, lambda s: s.argmax(1), None),
        Head("EUCLID", ("numbers", "classes"), squared_error, lambda s: s, None),
        Head("SIGMOIDS", ("labels",), binary_cross_entropy, lambda s: (s > 0).long(), torch.sigmoid),
    )
}
