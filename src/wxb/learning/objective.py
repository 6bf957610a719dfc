"""The training objective: the data loss of a batch plus λR(W)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from wxb.learning.bagging import groups_of
from wxb.learning.recipe import Recipe

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from wxb.network.build import Model


class Objective:
    """C(θ) = mean or sum over a batch of weighted example losses, plus λ times a penalty on the weights.

    `targets` are those of the training part. With `class_weight="balanced"` an example of class c has the weight
    n / (C · n_c), so that every class counts the same (King, Zeng 2001); the mean then divides by the sum of weights.

    `sample_weights` (count,) are those of the examples. They are scaled to a mean of 1 before a mean over a batch is
    taken, so that the loss of all examples is Σwl / Σw: that of examples repeated w times. A batch is not divided by
    its own weights, which would make the rows of light batches count more than others. Classes are counted by them too.
    """

    def __init__(
        self,
        model: Model,
        recipe: Recipe,
        targets: NDArray[np.int64] | NDArray[np.float32],
        folds: NDArray[np.int64] | None = None,
        sample_weights: NDArray[np.float64] | None = None,
    ) -> None:
        self.model = model
        self.head = model.head  # made anew whenever a model is asked for it
        self.recipe = recipe
        self.weights = penalized(model)
        self.class_weights: Tensor | None = None
        device = next(model.parameters()).device
        self.learns: Tensor | None = None  # (count, groups) float: 1 where a group of the TEAM learns from an example
        if folds is not None:
            apart = folds[:, None] != np.arange(groups_of(model.plan))
            self.learns = torch.from_numpy(apart.astype(np.float32)).to(device)
        if recipe.class_weight == "balanced":
            classes = targets.astype(np.int64)
            counts = np.bincount(classes, weights=sample_weights, minlength=model.plan.outputs)
            balanced = counts.sum() / (len(counts) * np.where(counts > 0, counts, 1))
            self.class_weights = torch.from_numpy(balanced.astype(np.float32)).to(device)
        self.sample_weights: Tensor | None = None  # (count,) float
        if sample_weights is not None:
            given = torch.from_numpy(sample_weights)
            if recipe.reduction == "mean":
                goals = torch.from_numpy(targets).to(device)
                rows = torch.arange(len(targets), device=device)
                divided = self._weights(rows, goals)
                if divided is None:
                    given = given * (len(given) / given.sum())
                else:
                    divided = (divided if divided.ndim == 1 else divided.mean(1)).double().cpu()
                    given = given * (divided.sum() / (given * divided).sum())
            self.sample_weights = given.float().to(device)

    def size(self, rows: Tensor, goals: Tensor) -> Tensor | int:
        """The divisor of the losses of a batch of `rows` with these `goals`: the sum of weights, or 1.

        It is 1 if losses are summed. The sum of a TEAM is that of its mean member.
        """
        if self.recipe.reduction == "sum":
            return 1
        weights = self._weights(rows, goals)
        if weights is None:
            return len(goals)
        return weights.sum() if weights.ndim == 1 else weights.mean(1).sum()

    def data_loss(self, logits: Tensor, rows: Tensor, goals: Tensor, size: Tensor | int) -> Tensor:
        """The loss of these examples as a part of a batch of `size`: the parts of a batch add up to its loss.

        `logits` are (batch, outputs), or (batch, members, outputs) of a TEAM, whose members have a loss each. `rows`
        are those of the examples among all that are learned from. `goals` are class numbers, or a share or number for
        every score if examples were mixed.
        """
        members = 1
        each = goals
        if logits.ndim == 3 and not self.head.of_places:
            members = logits.shape[1]
            logits, each = logits.flatten(0, 1), goals.repeat_interleave(members, 0)
        losses = self.head.loss(logits, each, label_smoothing=self.recipe.label_smoothing)
        weights = self._weights(rows, goals)
        if self.sample_weights is not None:
            own = self.sample_weights[rows]
            weights = own if weights is None else weights * (own if weights.ndim == 1 else own[:, None])
        if weights is not None:
            spread = weights if weights.ndim == 2 else weights[:, None]
            losses = losses * spread.repeat_interleave(members // spread.shape[1], 1).flatten()
        return losses.sum() / (size * members)

    def _weights(self, rows: Tensor, goals: Tensor) -> Tensor | None:
        """The weight of each example by its class and fold (batch,), or for each group of a TEAM (batch, groups).

        None if all are 1.
        """
        weights = None
        if self.class_weights is not None:
            weights = goals @ self.class_weights if goals.is_floating_point() else self.class_weights[goals]
        if self.learns is None:
            return weights
        return self.learns[rows] if weights is None else self.learns[rows] * weights[:, None]

    @property
    def penalizes(self) -> bool:
        """Whether there is a penalty."""
        return self.recipe.l2 > 0 or self.recipe.l1 > 0

    def penalty(self) -> Tensor:
        """λΣW² (gradient 2λW), λΣ|W|, or the elastic net λΣ(βW² + |W|), over the weights of CONV and FC."""
        recipe = self.recipe
        square, absolute = recipe.l2 + recipe.l1 * recipe.elastic_beta, recipe.l1
        total = torch.zeros((), device=self.weights[0].device, dtype=self.weights[0].dtype)
        for weight in self.weights:
            if square:
                total = total + square * weight.square().sum()
            if absolute:
                total = total + absolute * weight.abs().sum()
        return total


def penalized(model: torch.nn.Module) -> list[torch.nn.Parameter]:
    """The weights that penalties and weight decay apply to: those of CONV and FC that are learned, without biases."""
    return [parameter for parameter in model.parameters() if parameter.ndim > 1 and parameter.requires_grad]
