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

Matrix = NDArray[Any]  # float32 or float64; where `Any` is said, a sparse matrix of SciPy too
Weights = torch.Tensor | None  # (n,), how much each example counts; None if all count the same
Loss = Callable[[torch.Tensor, torch.Tensor, Weights], torch.Tensor]  # of scores and targets, mean over examples


@dataclass(frozen=True, eq=False)
class Linear:
    """A fitted model: x ↦ xW + b."""

    weights: Matrix  # (features, outputs)
    biases: Matrix  # (outputs,)

    def __call__(self, examples: Matrix) -> Matrix:
        """Scores (n, outputs)."""
        return np.asarray(examples @ self.weights + self.biases)


def softmax_loss(scores: torch.Tensor, targets: torch.Tensor, weights: Weights = None) -> torch.Tensor:
    """Mean cross-entropy of class numbers (n,)."""
    if weights is None:
        return torch.nn.functional.cross_entropy(scores, targets)
    return _mean(torch.nn.functional.cross_entropy(scores, targets, reduction="none"), weights)


def sigmoid_loss(scores: torch.Tensor, targets: torch.Tensor, weights: Weights = None) -> torch.Tensor:
    """Binary cross-entropy of labels (n, labels), summed over labels, mean over examples."""
    labels, loss = targets.to(scores.dtype), torch.nn.functional.binary_cross_entropy_with_logits
    if weights is None:
        return loss(scores, labels, reduction="sum") / len(targets)
    return _mean(loss(scores, labels, reduction="none").sum(dim=1), weights)


def squared_loss(scores: torch.Tensor, targets: torch.Tensor, weights: Weights = None) -> torch.Tensor:
    """Squared error of numbers (n, targets), each in its standard deviations, mean over examples."""
    deviation = targets.std(dim=0, correction=0)
    errors = (scores - targets) / torch.where(deviation > 0, deviation, torch.ones_like(deviation))
    return _mean(errors.square().sum(dim=1), weights)


def wrong_class(scores: torch.Tensor, targets: torch.Tensor, weights: Weights = None) -> torch.Tensor:
    """Share of examples whose highest score is not that of their class."""
    return _mean((scores.argmax(dim=1) != targets).double(), weights)


def wrong_label(scores: torch.Tensor, targets: torch.Tensor, weights: Weights = None) -> torch.Tensor:
    """Share of examples with a wrong label."""
    return _mean(((scores > 0) != (targets > 0)).any(dim=1).double(), weights)


def _mean(losses: torch.Tensor, weights: Weights) -> torch.Tensor:
    """The mean of losses (n,), or Σwl / Σw."""
    return losses.mean() if weights is None else (losses * weights.to(losses.dtype)).sum() / weights.sum()


def logistic(
    examples: Matrix,
    targets: NDArray[Any],
    outputs: int,
    loss: Loss,
    penalties: Sequence[float],
    evaluations: int,
    weights: NDArray[np.float64] | None = None,
) -> list[Linear]:
    """Logistic regression with each penalty by L-BFGS, every fit beginning where the one before ended.

    `weights` (n,) say how much each example counts. A fit takes at most so many evaluations of its loss and gradient.
    It is computed in the precision of the examples.
    """
    from scipy.optimize import minimize

    features, given = _tensor(examples), torch.from_numpy(targets)
    times = torch.nn.functional.linear if isinstance(examples, np.ndarray) else _sparse_linear
    shares = None if weights is None else torch.from_numpy(weights)
    number, width = examples.shape

    def affine(numbers: NDArray[np.float64]) -> tuple[torch.Tensor, torch.Tensor]:
        both = torch.from_numpy(numbers.astype(examples.dtype))
        return both[: outputs * width].view(outputs, width), both[outputs * width :]

    def objective(numbers: NDArray[np.float64], penalty: float) -> tuple[float, NDArray[np.float64]]:
        slopes, biases = (part.requires_grad_() for part in affine(numbers))
        scores = times(features, slopes, biases)
        total = loss(scores, given, shares) + penalty * slopes.square().sum() / (2 * number)
        gradients = torch.autograd.grad(total, (slopes, biases))
        return float(total.detach()), torch.cat([gradient.flatten() for gradient in gradients]).double().numpy()

    limits = {"maxiter": evaluations, "maxfun": evaluations, "gtol": GRADIENT}
    models, start = [], np.zeros(outputs * (width + 1))
    with _one_thread():  # its vectors are so short that threads only wait for each other
        for penalty in penalties:
            start = minimize(objective, start, args=(penalty,), jac=True, method="L-BFGS-B", options=limits).x
            slopes, biases = affine(start)
            models.append(Linear(slopes.numpy().T, biases.numpy()))
    return models


def _tensor(examples: Any) -> torch.Tensor:
    if isinstance(examples, np.ndarray):
        return torch.from_numpy(examples)
    places, values = torch.from_numpy(np.array(examples.nonzero())), torch.from_numpy(examples.data)
    return torch.sparse_coo_tensor(places, values, examples.shape, check_invariants=True).coalesce()


def _sparse_linear(features: torch.Tensor, weights: torch.Tensor, biases: torch.Tensor) -> torch.Tensor:
    return torch.mm(features, weights.T) + biases


def ridge(
    examples: Matrix, targets: NDArray[Any], penalties: Sequence[float], weights: NDArray[np.float64] | None = None
) -> list[Linear]:
    """Ridge regression with each penalty, in float64; `weights` (n,) say how much each example counts."""
    from scipy.linalg import solve

    x, y = examples.astype(np.float64), targets.astype(np.float64)
    center, mean = (np.average(one, axis=0, weights=weights) for one in (x, y))
    x, y = x - center, y - mean
    if weights is not None:  # as many examples as there are
        root = np.sqrt(weights * (len(weights) / weights.sum()))[:, None]
        x, y = x * root, y * root
    narrow = x.shape[0] >= x.shape[1]
    models = []
    with _one_thread():
        products = x.T @ x if narrow else x @ x.T
        aims = x.T @ y if narrow else y
        for penalty in penalties:
            solved = solve(products + penalty * np.eye(len(products)), aims, assume_a="pos")
            slopes = solved if narrow else x.T @ solved  # (XᵀX + λ)⁻¹Xᵀ = Xᵀ(XXᵀ + λ)⁻¹: as many equations as rows
            models.append(Linear(slopes, mean - center @ slopes))
    return models


def best_penalty(
    models: Sequence[Linear],
    penalties: Sequence[float],
    examples: Matrix,
    targets: NDArray[Any],
    by: Sequence[Loss],
    weights: NDArray[np.float64] | None = None,
) -> float:
    """The penalty whose model has the lowest first loss on these examples, among equal ones the lowest second, …

    The strongest of several that are equal in all.
    """
    given = torch.from_numpy(targets)
    shares = None if weights is None else torch.from_numpy(weights)

    def losses(place: int) -> list[float]:
        scores = torch.from_numpy(models[place](examples))
        return [float(loss(scores, given, shares)) for loss in by]

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
