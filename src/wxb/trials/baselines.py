"""Baselines: cheap predictions for the same test examples, which a network has to beat to be worth anything.

They are a constant (the most frequent class, the mean), the nearest neighbour in a sample, and a linear model. Each
may spend a small share of the training's own multiply-adds, which decides how many training examples it looks at. The
clock decides nothing: the same data and settings give the same baselines.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from wxb.data.dataset import Dataset
from wxb.randomness import generator
from wxb.tasks import TASKS
from wxb.text import count, plural

# Multiply-adds that nearest neighbour and linear model may each spend: at least what takes well under a second on two
# cores, at most some seconds, in between a share of the training's. Both together then stay below a tenth of its
# time even where their arithmetic runs in float32 and one thread, and the network's in bfloat16 and several.
LEAST = 5e9
SHARE = 1 / 150
MOST_NEIGHBOUR = 1e11
MOST_LINEAR = 2e10
# of the neighbour's, what the linear model may spend: narrow matrices in one thread, bound by memory, not arithmetic
LINEAR = 1 / 3

SIDE = 32  # pictures are averaged down to at most this many pixels a side
EVALUATIONS = 50  # of the linear model's loss and gradient, at most
CHUNK = 1024  # test examples whose distances or scores are computed at a time
NUMBERS_AT_ONCE = 2**22  # of examples as they are stored, before they are averaged down

Matrix = NDArray[np.float32]


@dataclass(frozen=True)
class Baseline:
    """One baseline, scored on the test part."""

    score: float  # the task's main measure: accuracy, exact match, R²
    interval: tuple[float, float]  # 95 %
    about: str  # a description for people
    seconds: float


def baselines(data: Dataset, *, operations: float = 0.0, seed: int = 0) -> dict[str, Baseline]:
    """Each baseline by name: "majority" or "mean", "nearest neighbour", "linear".

    `operations` are the multiply-adds that training took; more of them allow larger samples. Without training or test
    examples there are none.
    """
    if not len(data.split.test) or not len(data.split.train):
        return {}
    ways: dict[str, Callable[[], tuple[NDArray[Any], str]]] = {
        TASKS[data.task].baseline: lambda: _constant(data),
        "nearest neighbour": lambda: _neighbour(data, min(max(LEAST, SHARE * operations), MOST_NEIGHBOUR), seed),
        "linear": lambda: _linear(data, min(max(LEAST, LINEAR * SHARE * operations), MOST_LINEAR), seed),
    }
    made = {}
    threads = torch.get_num_threads()
    for name, way in ways.items():
        began = time.perf_counter()
        try:
            answers, about = way()
        finally:
            torch.set_num_threads(threads)
        score, interval = TASKS[data.task].scored(data.targets[data.split.test], answers, seed)
        made[name] = Baseline(score, interval, about, time.perf_counter() - began)
    return made


def _constant(data: Dataset) -> tuple[NDArray[Any], str]:
    """The same prediction for all examples."""
    answer, about = TASKS[data.task].constant(data.targets[data.split.train], data.classes)
    return np.repeat(answer[None], len(data.split.test), axis=0), about


# --- nearest neighbour -----------------------------------------------------------------------------------------------


def _neighbour(data: Dataset, budget: float, seed: int) -> tuple[NDArray[Any], str]:
    """The target of the nearest of a sample of training examples (Euclidean), the first one if several are as near."""
    width = _features(data)
    rows = _sample(data, budget / (len(data.split.test) * width), seed, "nearest neighbour")
    scale = _Scale(data, rows)
    references = torch.from_numpy(scale(rows))
    # |x - r|² is least where 2x·r - |r|² is greatest
    half = references.square().sum(dim=1) / 2
    nearest = torch.cat(
        [(torch.from_numpy(scale(tests)) @ references.T - half).argmax(dim=1) for tests in _chunks(data.split.test)]
    )
    return data.targets[rows[nearest.numpy()]], _of(rows, data)


# --- linear ----------------------------------------------------------------------------------------------------------


def _linear(data: Dataset, budget: float, seed: int) -> tuple[NDArray[Any], str]:
    """A linear model of a sample of training examples: logistic regression per class or label, or ridge regression."""
    width, task = _features(data), TASKS[data.task]
    ridge = task.linear == "ridge"
    if ridge:  # solved in the smaller of examples and features: n·d² or n²·d multiply-adds
        affordable = budget / width**2 if budget >= width**3 else (budget / width) ** 0.5
    else:
        affordable = budget / (2 * EVALUATIONS * width * data.outputs)  # forward and back
    rows = _sample(data, affordable, seed, "linear")
    scale = _Scale(data, rows)
    examples, targets = scale(rows), data.targets[rows]
    if ridge:
        values = _ridge(examples, targets.astype(np.float64), scale(data.split.test))
        return values, f"ridge regression; {_of(rows, data)}"
    loss = {"softmax": _cross_entropy, "sigmoid": _binary_cross_entropy}[task.linear]
    answer = _logistic(torch.from_numpy(examples), torch.from_numpy(targets), data.outputs, loss)
    chunks = [answer(torch.from_numpy(scale(tests))) for tests in _chunks(data.split.test)]
    return task.predict(torch.cat(chunks).numpy()), f"logistic regression; {_of(rows, data)}"


def _cross_entropy(scores: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.cross_entropy(scores, targets)


def _binary_cross_entropy(scores: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.binary_cross_entropy_with_logits(scores, targets, reduction="sum") / len(targets)


def _logistic(
    examples: torch.Tensor,
    targets: torch.Tensor,
    outputs: int,
    data_loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
) -> Callable[[torch.Tensor], torch.Tensor]:
    """Fit logistic regression by L-BFGS on mean loss + |W|²/2n, without a penalty on biases.

    Returns the function from examples to their scores (n, outputs).
    """
    from scipy.optimize import minimize

    torch.set_num_threads(1)  # products so narrow that threads wait for each other longer than they work
    count, width = examples.shape

    def affine(numbers: NDArray[np.float64]) -> tuple[torch.Tensor, torch.Tensor]:
        both = torch.from_numpy(numbers.astype(np.float32))
        return both[: outputs * width].view(outputs, width), both[outputs * width :]

    def objective(numbers: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights, biases = (part.requires_grad_() for part in affine(numbers))
        scores = torch.nn.functional.linear(examples, weights, biases)
        loss = data_loss(scores, targets) + weights.square().sum() / (2 * count)
        gradients = torch.autograd.grad(loss, (weights, biases))
        return float(loss.detach()), torch.cat([gradient.flatten() for gradient in gradients]).double().numpy()

    limits = {"maxiter": EVALUATIONS, "maxfun": EVALUATIONS}
    minimum = minimize(objective, np.zeros(outputs * (width + 1)), jac=True, method="L-BFGS-B", options=limits)
    weights, biases = affine(minimum.x)
    return lambda tests: torch.nn.functional.linear(tests, weights, biases)


def _ridge(examples: Matrix, targets: NDArray[np.float64], tests: Matrix) -> NDArray[np.float64]:
    """Ridge regression with λ = 1, which scaled examples make small beside their number; no penalty on the mean."""
    x, t = examples.astype(np.float64), tests.astype(np.float64)
    mean = targets.mean(axis=0)
    if x.shape[0] >= x.shape[1]:
        weights = np.linalg.solve(x.T @ x + np.eye(x.shape[1]), x.T @ (targets - mean))
    else:  # (XᵀX + I)⁻¹Xᵀ = Xᵀ(XXᵀ + I)⁻¹: as many equations as examples
        weights = x.T @ np.linalg.solve(x @ x.T + np.eye(x.shape[0]), targets - mean)
    return np.asarray(t @ weights + mean)


# --- examples --------------------------------------------------------------------------------------------------------


def _sample(data: Dataset, affordable: float, seed: int, purpose: str) -> NDArray[np.int64]:
    """Rows of the training part: all, or as many as are affordable, drawn without replacement."""
    train = data.split.train
    size = max(1, int(min(affordable, len(train))))
    if size == len(train):
        return train
    return np.sort(generator(seed, "baseline", purpose).choice(train, size, replace=False))


def _chunks(rows: NDArray[np.int64], size: int = CHUNK) -> list[NDArray[np.int64]]:
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def _of(rows: NDArray[np.int64], data: Dataset) -> str:
    if len(rows) == len(data.split.train):
        return f"all {plural(len(rows), 'training example')}"
    return f"a sample of {count(len(rows))} of {plural(len(data.split.train), 'training example')}"


def _features(data: Dataset) -> int:
    """How many numbers of one example a baseline sees."""
    if not data.spatial:
        return data.shape[0]
    channels, height, width = data.shape
    return channels * min(SIDE, height) * min(SIDE, width)


class _Scale:
    """Examples as centred vectors: of rows every feature in its standard deviations, of pictures all pixels in one.

    A pixel that hardly ever changes stays small that way; the columns of a table have units of their own.
    """

    def __init__(self, data: Dataset, rows: NDArray[np.int64]) -> None:
        self.data = data
        flat = self._flat(rows)
        self.mean = flat.mean(axis=0)
        deviation = flat.std(axis=0) if not data.spatial else np.sqrt(flat.var(axis=0).mean(keepdims=True))
        self.deviation = np.where(deviation > 0, deviation, 1).astype(np.float32)

    def __call__(self, rows: NDArray[np.int64]) -> Matrix:
        """Rows of the data set as (rows, features) float32."""
        return np.asarray((self._flat(rows) - self.mean) / self.deviation, np.float32)

    def _flat(self, rows: NDArray[np.int64]) -> Matrix:
        some = max(1, NUMBERS_AT_ONCE // math.prod(self.data.shape))
        # into one array: small ones that stay, between large ones that go, would leave holes that nothing fits into
        flat = np.empty((len(rows), _features(self.data)), np.float32)
        for place, part in enumerate(_chunks(rows, some)):
            flat[place * some : place * some + len(part)] = self._small(part)
        return flat

    def _small(self, rows: NDArray[np.int64]) -> Matrix:
        examples = torch.from_numpy(self.data.inputs[rows]).float()
        if self.data.spatial:
            examples = examples / 255 if self.data.inputs.dtype == np.uint8 else examples
            _, height, width = self.data.shape
            if max(height, width) > SIDE:
                examples = torch.nn.functional.adaptive_avg_pool2d(examples, (min(SIDE, height), min(SIDE, width)))
        return np.asarray(examples.flatten(1).numpy(), np.float32)
