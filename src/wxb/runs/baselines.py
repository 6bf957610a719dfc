"""What is cheap: scores on the same test examples that a network has to beat before it is worth anything.

The greatest class (or the mean), the nearest neighbour in a sample, a linear model. How many training examples each
looks at follows from how many multiply-adds it may spend, a small share of the training's own, never from the clock:
the same data and settings give the same baselines.
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
from wxb.runs.scores import fit
from wxb.text import count, wilson

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
    """One cheap way to answer, scored on the test part."""

    score: float  # accuracy; of labels the share of examples with all labels right; of numbers R²
    interval: tuple[float, float]  # 95 %
    about: str  # what it is, for people
    seconds: float


def baselines(data: Dataset, *, operations: float = 0.0, seed: int = 0) -> dict[str, Baseline]:
    """Each baseline by name: "majority" or "mean", "nearest neighbour", "linear".

    `operations` are the multiply-adds that training took; greater ones allow larger samples. Nothing where the test
    part is empty.
    """
    if not len(data.split.test) or not len(data.split.train):
        return {}
    ways: dict[str, Callable[[], tuple[NDArray[Any], str]]] = {
        "mean" if data.task == "numbers" else "majority": lambda: _constant(data),
        "nearest neighbour": lambda: _neighbour(data, min(max(LEAST, SHARE * operations), MOST_NEIGHBOUR), seed),
        "linear": lambda: _linear(data, min(max(LEAST, LINEAR * SHARE * operations), MOST_LINEAR), seed),
    }
    found = {}
    threads = torch.get_num_threads()
    for name, way in ways.items():
        began = time.perf_counter()
        try:
            answers, about = way()
        finally:
            torch.set_num_threads(threads)
        score, interval = _scored(data, answers, seed)
        found[name] = Baseline(score, interval, about, time.perf_counter() - began)
    return found


def _scored(data: Dataset, answers: NDArray[Any], seed: int) -> tuple[float, tuple[float, float]]:
    given = data.targets[data.split.test]
    if data.task == "numbers":
        fits = [
            fit(given[:, i].astype(np.float64), answers[:, i].astype(np.float64), seed) for i in range(data.outputs)
        ]
        low, high = np.mean([one.r2_interval for one in fits], axis=0)
        return float(np.mean([one.r2 for one in fits])), (float(low), float(high))
    right = answers == given if data.task == "classes" else (answers == given).all(axis=1)
    return float(right.mean()), wilson(int(right.sum()), len(right))


def _constant(data: Dataset) -> tuple[NDArray[Any], str]:
    """The same answer for all: the most frequent class, each label's more frequent answer, the mean number."""
    targets = data.targets[data.split.train]
    tests = len(data.split.test)
    if data.task == "classes":
        most = int(np.bincount(targets.astype(np.int64), minlength=data.outputs).argmax())
        return np.full(tests, most), f"always {data.classes[most]}"
    if data.task == "labels":
        return np.tile(targets.mean(axis=0) > 0.5, (tests, 1)), "each label's more frequent answer"
    return np.tile(targets.mean(axis=0), (tests, 1)), "always the mean of the training examples"


# --- nearest neighbour -----------------------------------------------------------------------------------------------


def _neighbour(data: Dataset, budget: float, seed: int) -> tuple[NDArray[Any], str]:
    """The answer of the nearest (Euclidean) of a sample of training examples; the first of several as near."""
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
    """A linear model of a sample of training examples: logistic regression a class or label, ridge for numbers."""
    width = _features(data)
    if data.task == "numbers":
        # solved in the smaller of examples and features: n·d² or n²·d multiply-adds
        affordable = budget / width**2 if budget >= width**3 else (budget / width) ** 0.5
    else:
        affordable = budget / (2 * EVALUATIONS * width * data.outputs)  # forward and back
    rows = _sample(data, affordable, seed, "linear")
    scale = _Scale(data, rows)
    examples, targets = scale(rows), data.targets[rows]
    if data.task == "numbers":
        tests = scale(data.split.test)
        return _ridge(examples, targets.astype(np.float64), tests), f"ridge regression; {_of(rows, data)}"
    answer = _logistic(torch.from_numpy(examples), torch.from_numpy(targets), data.outputs)
    scores = torch.cat([answer(torch.from_numpy(scale(tests))) for tests in _chunks(data.split.test)])
    answers = scores.argmax(dim=1) if data.task == "classes" else scores > 0
    return answers.numpy(), f"logistic regression; {_of(rows, data)}"


def _logistic(examples: torch.Tensor, targets: torch.Tensor, outputs: int) -> Callable[[torch.Tensor], torch.Tensor]:
    """What gives examples their scores (n, outputs) by logistic regression, found by L-BFGS on mean loss + |W|²/2n (no
    penalty on biases).
    """
    from scipy.optimize import minimize

    torch.set_num_threads(1)  # products so narrow that threads wait for each other longer than they work
    count, width = examples.shape
    classes = targets.dtype == torch.int64

    def affine(numbers: NDArray[np.float64]) -> tuple[torch.Tensor, torch.Tensor]:
        both = torch.from_numpy(numbers.astype(np.float32))
        return both[: outputs * width].view(outputs, width), both[outputs * width :]

    def objective(numbers: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights, biases = (part.requires_grad_() for part in affine(numbers))
        scores = torch.nn.functional.linear(examples, weights, biases)
        if classes:
            loss = torch.nn.functional.cross_entropy(scores, targets)
        else:
            loss = torch.nn.functional.binary_cross_entropy_with_logits(scores, targets, reduction="sum") / count
        loss = loss + weights.square().sum() / (2 * count)
        gradients = torch.autograd.grad(loss, (weights, biases))
        return float(loss.detach()), torch.cat([gradient.flatten() for gradient in gradients]).double().numpy()

    limits = {"maxiter": EVALUATIONS, "maxfun": EVALUATIONS}
    found = minimize(objective, np.zeros(outputs * (width + 1)), jac=True, method="L-BFGS-B", options=limits)
    weights, biases = affine(found.x)
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
        return f"all {count(len(rows))} training examples"
    return f"a sample of {count(len(rows))} of {count(len(data.split.train))} training examples"


def _features(data: Dataset) -> int:
    """How many numbers a baseline sees of one example."""
    if data.kind == "vectors":
        return data.shape[0]
    channels, height, width = data.shape
    return channels * min(SIDE, height) * min(SIDE, width)


class _Scale:
    """Examples as centred vectors: of vectors every feature in its standard deviations, of pictures all pixels in one.

    A pixel that hardly ever changes stays small that way; the columns of a table have units of their own.
    """

    def __init__(self, data: Dataset, rows: NDArray[np.int64]) -> None:
        self.data = data
        flat = self._flat(rows)
        self.mean = flat.mean(axis=0)
        deviation = flat.std(axis=0) if data.kind == "vectors" else np.sqrt(flat.var(axis=0).mean(keepdims=True))
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
        if self.data.kind == "pictures":
            examples = examples / 255 if self.data.inputs.dtype == np.uint8 else examples
            _, height, width = self.data.shape
            if max(height, width) > SIDE:
                examples = torch.nn.functional.adaptive_avg_pool2d(examples, (min(SIDE, height), min(SIDE, width)))
        return np.asarray(examples.flatten(1).numpy(), np.float32)
