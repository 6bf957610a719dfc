"""Linear models as a statistician would fit them: ridge and logistic regression with an L2 penalty that is chosen.

Examples are (n, features), centred and scaled; weights are penalized, biases are not. Several penalties are tried, and
the best one on examples that were not fitted is taken: by the share of wrong predictions, then by the loss.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

PENALTIES = tuple(10.0**power for power in range(4, -3, -1))  # λ in Σ loss + λ|W|²/2, the strongest first
USUAL = 1.0  # where none can be chosen: small beside the number of examples
GRADIENT = 1e-4  # of the mean loss, by which a fit has converged, as in scikit-learn

Matrix = NDArray[Any]  # float32 or float64
Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]  # of scores and targets, mean over examples


@dataclass(frozen=True, eq=False)
class Linear:
    """A fitted model: x ↦ xW + b."""

    weights: Matrix  # (features, outputs)
    biases: Matrix  # (outputs,)

    def __call__(self, examples: Matrix) -> Matrix:
        """Scores (n, outputs)."""
        return np.asarray(examples @ self.weights + self.biases)


def softmax_loss(scores: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Mean cross-entropy of class numbers (n,)."""
    return torch.nn.functional.cross_entropy(scores, targets)


def sigmoid_loss(scores: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Binary cross-entropy of labels (n, labels), summed over labels, mean over examples."""
    labels = targets.to(scores.dtype)
    return torch.nn.functional.binary_cross_entropy_with_logits(scores, labels, reduction="sum") / len(targets)


def squared_loss(scores: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Squared error of numbers (n, targets), each in its standard deviations, mean over examples."""
    deviation = targets.std(dim=0, correction=0)
    errors = (scores - targets) / torch.where(deviation > 0, deviation, torch.ones_like(deviation))
    return errors.square().sum(dim=1).mean()


def wrong_class(scores: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Share of examples whose highest score is not that of their class."""
    return (scores.argmax(dim=1) != targets).double().mean()


def wrong_label(scores: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Share of examples with a wrong label."""
    return ((scores > 0) != (targets > 0)).any(dim=1).double().mean()


def logistic(
    examples: Matrix, targets: NDArray[Any], outputs: int, loss: Loss, penalties: Sequence[float], evaluations: int
) -> list[Linear]:
    """Logistic regression with each penalty by L-BFGS, every fit beginning where the one before ended.

    A fit takes at most so many evaluations of its loss and gradient. It is computed in the precision of the examples.
    """
    from scipy.optimize import minimize

    features, given = torch.from_numpy(examples), torch.from_numpy(targets)
    number, width = examples.shape

    def affine(numbers: NDArray[np.float64]) -> tuple[torch.Tensor, torch.Tensor]:
        both = torch.from_numpy(numbers.astype(examples.dtype))
        return both[: outputs * width].view(outputs, width), both[outputs * width :]

    def objective(numbers: NDArray[np.float64], penalty: float) -> tuple[float, NDArray[np.float64]]:
        weights, biases = (part.requires_grad_() for part in affine(numbers))
        scores = torch.nn.functional.linear(features, weights, biases)
        total = loss(scores, given) + penalty * weights.square().sum() / (2 * number)
        gradients = torch.autograd.grad(total, (weights, biases))
        return float(total.detach()), torch.cat([gradient.flatten() for gradient in gradients]).double().numpy()

    limits = {"maxiter": evaluations, "maxfun": evaluations, "gtol": GRADIENT}
    models, start = [], np.zeros(outputs * (width + 1))
    with _one_thread():  # its vectors are so short that threads only wait for each other
        for penalty in penalties:
            start = minimize(objective, start, args=(penalty,), jac=True, method="L-BFGS-B", options=limits).x
            weights, biases = affine(start)
            models.append(Linear(weights.numpy().T, biases.numpy()))
    return models


def ridge(examples: Matrix, targets: NDArray[Any], penalties: Sequence[float]) -> list[Linear]:
    """Ridge regression with each penalty, in float64."""
    from scipy.linalg import solve

    x, y = examples.astype(np.float64), targets.astype(np.float64)
    center, mean = x.mean(axis=0), y.mean(axis=0)
    x, y = x - center, y - mean
    narrow = x.shape[0] >= x.shape[1]
    models = []
    with _one_thread():
        products = x.T @ x if narrow else x @ x.T
        aims = x.T @ y if narrow else y
        for penalty in penalties:
            solved = solve(products + penalty * np.eye(len(products)), aims, assume_a="pos")
            weights = solved if narrow else x.T @ solved  # (XᵀX + λ)⁻¹Xᵀ = Xᵀ(XXᵀ + λ)⁻¹: as many equations as rows
            models.append(Linear(weights, mean - center @ weights))
    return models


def best_penalty(
    models: Sequence[Linear], penalties: Sequence[float], examples: Matrix, targets: NDArray[Any], by: Sequence[Loss]
) -> float:
    """The penalty whose model has the lowest first loss on these examples, among equal ones the lowest second, …

    The strongest of several that are equal in all.
    """
    given = torch.from_numpy(targets)

    def losses(place: int) -> list[float]:
        scores = torch.from_numpy(models[place](examples))
        return [float(loss(scores, given)) for loss in by]

    return penalties[min(range(len(models)), key=losses)]


def _one_thread() -> AbstractContextManager[object]:
    """Limit the threads of BLAS to one.

    threadpoolctl sets a variable of the environment when it is imported, which is taken back.
    """
    variable = "KMP_DUPLICATE_LIB_OK"
    there = variable in os.environ
    from threadpoolctl import threadpool_limits

    if not there:
        os.environ.pop(variable, None)
    limits: AbstractContextManager[object] = threadpool_limits(1, "blas")
    return limits
