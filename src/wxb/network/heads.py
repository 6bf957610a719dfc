"""Heads: the last word of a network, which defines its loss and the probabilities of its outputs.

Outputs are called logits, (batch, outputs). Targets are class numbers (batch,) int64, or a number or share for every
output, (batch, outputs) float. `wxb.tasks` defines which heads a task can use, and predictions.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from wxb.errors import WxbError
from wxb.network.layers.sentence import real
from wxb.notation.tree import Shape
from wxb.notation.vocabulary import TAGS
from wxb.tasks import TASKS
from wxb.tasks.tags import NO_SCORE


@dataclass(frozen=True)
class Head:
    """The last word of a network: its loss, and its probabilities if it has any."""

    name: str
    losses: Callable[[Tensor, Tensor], Tensor]  # logits, targets of the head's own form -> (batch,)
    to_probabilities: Callable[[Tensor], Tensor] | None = None
    average: Callable[[Tensor], Tensor] | None = None  # logits with the members' mean probabilities; None: their mean
    of_places: bool = False  # whether logits are (batch, outputs, places) and targets (batch, places), −1 for no word

    @property
    def tasks(self) -> tuple[str, ...]:
        """The names of the tasks that the head can learn."""
        return tuple(name for name, task in TASKS.items() if self.name in task.heads)

    def flat(self, maps: Tensor, shape: Shape) -> Tensor:
        """Maps that reach the head as logits; `shape` is that of the network's input.

        SELF: (batch, channels, height, width) → (batch, numbers). TAGS: (batch, outputs, places, 1) → (batch, outputs,
        all places), `NO_SCORE` where there is no word.
        """
        if not self.of_places:
            return maps.flatten(1)
        scores = torch.where(real(maps, 1), maps, NO_SCORE).squeeze(3)
        return F.pad(scores, (0, shape[1] - scores.shape[2]), value=NO_SCORE)

    def loss(self, logits: Tensor, targets: Tensor, *, label_smoothing: float = 0.0) -> Tensor:
        """The loss of each example, (batch,). Class numbers become one-hot rows if the head compares every score.

        `label_smoothing` ε spreads a share ε of every target evenly over all classes (Szegedy et al. 2016, section 7).
        It is only defined for SOFTMAX; other heads raise WxbError.
        """
        if label_smoothing:
            self.need_smoothable()
            targets = _shares(targets, logits) * (1 - label_smoothing) + label_smoothing / logits.shape[1]
        return self.losses(logits, targets)

    def need_smoothable(self) -> None:
        """Raise WxbError if the head has no probabilities over classes."""
        if self.name != "SOFTMAX":
            raise WxbError(
                f"`label_smoothing` is for SOFTMAX; {self.name} has no probabilities to smooth",
                fix="`label_smoothing=0`",
            )

    def averaged(self, logits: Tensor) -> Tensor:
        """The logits of a TEAM: (batch, members, outputs) → (batch, outputs).

        They stand for the mean of the members' probabilities; heads without probabilities average the logits.
        """
        return logits.mean(1) if self.average is None else self.average(logits)

    def probabilities(self, logits: Tensor) -> Tensor | None:
        """(batch, outputs) in [0, 1]; None if the head has none."""
        return None if self.to_probabilities is None else self.to_probabilities(logits)


def _shares(targets: Tensor, logits: Tensor) -> Tensor:
    """Targets in the logits' shape and dtype: class numbers (batch,) become one-hot rows."""
    shares = targets if targets.ndim == 2 else F.one_hot(targets, logits.shape[1])
    return shares.to(logits.dtype)


def shares(logits: Tensor) -> Tensor:
    """The probabilities of the classes, e^{s_j} / Σ e^{s_k}, (batch, outputs)."""
    return logits.softmax(1)


def cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """−Σ t_j log softmax(s)_j, (batch,); for a class number y: −log(e^{s_y} / Σ e^{s_j})."""
    if targets.is_floating_point():
        targets = targets.to(logits.dtype)
    # F.cross_entropy uses log_softmax; the log of a float32 softmax would be −inf for a logit 104 below the largest
    return F.cross_entropy(logits, targets, reduction="none")


def hinge(logits: Tensor, targets: Tensor) -> Tensor:
    """Multiclass support vector machine, Σ_{j≠y} max(0, s_j − s_y + 1), (batch,) (Weston, Watkins 1999).

    For shares t over classes: Σ_y t_y times the loss of y.
    """
    if not targets.is_floating_point():
        margins = (logits - logits.gather(1, targets[:, None]) + 1).clamp_min(0)
        return margins.sum(1) - 1  # without the margin of the true class itself, max(0, 0 + 1)
    margins = (logits[:, None, :] - logits[:, :, None] + 1).clamp_min(0)
    return ((margins.sum(2) - 1) * targets.to(logits.dtype)).sum(1)


def squared_error(logits: Tensor, targets: Tensor) -> Tensor:
    """Σ_j (s_j − t_j)², (batch,); class numbers count as one-hot rows."""
    return (logits - _shares(targets, logits)).square().sum(1)


def mean_squared_error(logits: Tensor, targets: Tensor) -> Tensor:
    """The mean over the numbers of an example of (s_j − t_j)², (batch,); targets (batch, numbers) uint8 or float."""
    return (logits - targets).square().mean(1)


def binary_cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """The mean over labels of −t log σ(s) − (1 − t) log(1 − σ(s)), (batch,); independent of the number of labels."""
    return F.binary_cross_entropy_with_logits(logits, _shares(targets, logits), reduction="none").mean(1)


def tag_cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """The mean over the words of a sentence of −log softmax(s)_y: logits (batch, outputs, places) → (batch,).

    Targets (batch, …) may have fewer places than the network, or more, which then hold no word.
    """
    places = min(targets.shape[1], logits.shape[2])
    logits, targets = logits[..., :places], targets[:, :places]
    losses = F.cross_entropy(logits, targets, reduction="none", ignore_index=-1)
    return losses.sum(1) / (targets >= 0).sum(1).clamp_min(1)


def mean_of_shares(logits: Tensor) -> Tensor:
    """log of the mean over members of their softmax, (batch, members, outputs) → (batch, outputs)."""
    return logits.log_softmax(2).logsumexp(1) - math.log(logits.shape[1])


def mean_of_sigmoids(logits: Tensor) -> Tensor:
    """The logit of the mean over members of σ(s), (batch, members, outputs) → (batch, outputs)."""
    return F.logsigmoid(logits).logsumexp(1) - F.logsigmoid(-logits).logsumexp(1)


HEADS: dict[str, Head] = {
    head.name: head
    for head in (
        Head("SOFTMAX", cross_entropy, shares, mean_of_shares),
        Head("SVM", hinge),
        Head("EUCLID", squared_error),
        Head("SIGMOIDS", binary_cross_entropy, torch.sigmoid, mean_of_sigmoids),
        Head("SELF", mean_squared_error),
        Head(TAGS, tag_cross_entropy, shares, of_places=True),
    )
}
