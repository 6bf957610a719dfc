"""A last activation that does not fit the loss: told by the scores of a batch, and by what the loss does with them."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from wxb.doctor.fault import Evidence, Remedy
from wxb.doctor.operations import AFFINE, BINARY_ENTROPY, ENTROPY, LOG_LIKELIHOOD, Operations

ALMOST_ONE = 1e-3
BOUNDS = {"Sigmoid": (0.0, 1.0), "Softmax": (0.0, 1.0), "Tanh": (-1.0, 1.0)}  # of what an activation gives
SAME = 1e-3  # of two losses that are one, relative

Misfit = tuple[str, str, Evidence, Remedy]  # the code, the cause, the evidence and the remedy


def misfit(operations: Operations, scores: Tensor, targets: Tensor, loss: float, classes: bool) -> Misfit | None:
    """What does not fit; None if nothing is sure.

    `scores` (n, outputs, …) and `targets` are those of a batch, `loss` is its loss. `classes` says whether the targets
    are class numbers.
    """
    values = scores.float()
    found = _twice(operations, values, targets, loss, classes)
    if found is None and classes:
        found = _over_batch(operations, values)
    if found is None and operations.loss == LOG_LIKELIHOOD:
        found = _no_logarithms(operations, values)
    if found is None and operations.loss == BINARY_ENTROPY and operations.last in BOUNDS:
        found = _bounded_logits(operations, values, targets.float(), loss)
    return found


def _twice(operations: Operations, scores: Tensor, targets: Tensor, loss: float, classes: bool) -> Misfit | None:
    if scores.ndim < 2 or scores.shape[1] < 2 or not _probable(scores, 1):
        return None
    plain = classes and math.isclose(float(nn.functional.cross_entropy(scores, targets)), loss, rel_tol=SAME)
    if not plain and operations.loss != ENTROPY:
        return None
    evidence = {"sum_of_outputs": float(scores.sum(1).mean())}
    if plain:
        evidence["least_loss"] = math.log(scores.shape[1] - 1 + math.e) - 1
    return "N7", "a softmax before a loss that has one", evidence, {"network": "the same without its softmax"}


def _over_batch(operations: Operations, scores: Tensor) -> Misfit | None:
    logarithms = operations.last == "LogSoftmax"
    shares = scores.exp() if logarithms else scores
    if scores.ndim != 2 or len(scores) < 2 or not _probable(shares, 0) or _probable(shares, 1):
        return None
    evidence = {"sum_over_batch": float(shares.sum(0).mean()), "sum_over_classes": float(shares.sum(1).mean())}
    without = operations.loss == ENTROPY
    remedy = "the same without its softmax" if without else "the same with a softmax over the classes, dim=1"
    return "N7", "a softmax over the examples of a batch, not over the classes", evidence, {"network": remedy}


def _no_logarithms(operations: Operations, scores: Tensor) -> Misfit | None:
    affine = operations.last in AFFINE
    if not affine and operations.last not in ("Softmax", "Sigmoid"):
        return None
    evidence = {"largest_output": float(scores.max()), "sum_of_exponentials": float(scores.exp().sum(1).mean())}
    cause = f"{'scores' if affine else 'probabilities'} before a loss that takes logarithms of probabilities"
    where = "behind its last layer" if affine else f"in place of its {operations.last.lower()}"
    return "N7", cause, evidence, {"network": f"the same with nn.LogSoftmax(dim=1) {where}"}


def _bounded_logits(operations: Operations, scores: Tensor, targets: Tensor, loss: float) -> Misfit:
    evidence = {"smallest_output": float(scores.min()), "largest_output": float(scores.max())}
    entropy = nn.functional.binary_cross_entropy_with_logits
    if math.isclose(float(entropy(scores, targets)), loss, rel_tol=SAME):  # without weights
        evidence["least_loss"] = float(entropy(torch.logit(targets).clamp(*BOUNDS[operations.last]), targets))
    if operations.last == "Tanh":
        cause = "an activation that bounds scores before a cross-entropy"
        return "N1", cause, evidence, {"network": "the same without its last activation"}
    name = operations.last.lower()
    has = "one" if name == "sigmoid" else "a sigmoid"
    return "N7", f"a {name} before a loss that has {has}", evidence, {"network": f"the same without its {name}"}


def _probable(scores: Tensor, dim: int) -> bool:
    """Whether scores are probabilities that sum to 1 along a dimension."""
    return bool((scores >= 0).all()) and float((scores.sum(dim) - 1).abs().max()) < ALMOST_ONE
