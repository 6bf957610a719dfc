"""Baselines: cheap predictions for the same test examples, which a network has to beat to be worth anything.

They are a constant (the most frequent class, the mean), the nearest neighbour in a sample, and a linear model whose
penalty is chosen on the validation part. Each may spend a small share of the training's own multiply-adds, which
decides how many training examples it looks at. The clock decides nothing: the same data and settings give the same
baselines.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray

from wxb.data.dataset import Dataset
from wxb.data.tables.encoding import (
    HOUR,
    LINE,
    MATCH,
    MISSING,
    MONTH,
    OTHER,
    TERM,
    WEEKDAY,
    YEAR,
    Prepared,
    encoding,
)
from wxb.data.tables.sentences import Sentences
from wxb.randomness import generator
from wxb.tasks import TASKS
from wxb.text import count, plural
from wxb.trials import linear

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
EVALUATIONS = 50  # of the loss and gradient that a fit of the linear model takes at least, if it needs them,
MOST_EVALUATIONS = 1000  # and at most, where the budget allows
PER_SCORE = 64  # multiply-adds that take the time of a score's exponential, which counts where features are few
LEAST_TRIED = 500  # training examples that choose the linear model's penalty, unless there are fewer
LEAST_HELD, MOST_HELD = 10, 10_000  # examples that they are tried on
CHUNK = 1024  # test examples whose distances or scores are computed at a time
SCORES_AT_ONCE = 2**22  # of the linear model
NUMBERS_AT_ONCE = 2**22  # of examples as they are stored, before they are averaged down

Matrix = NDArray[Any]  # float32 or float64


@dataclass(frozen=True)
class Baseline:
    """One baseline, scored on the test part."""

    score: float  # the task's main measure: accuracy, exact match, R²
    interval: tuple[float, float]  # 95 %
    about: str  # a description for people
    seconds: float
    each: float  # the mean over the test examples of `Task.each`, with which networks are compared example by example


def baselines(
    data: Dataset, *, operations: float = 0.0, seed: int = 0, code: int = 1, least: float = LEAST
) -> dict[str, Baseline]:
    """Each baseline by name: "majority" or "mean", "nearest neighbour", "linear".

    `code` is how many numbers a linear reconstruction goes through. `operations` are the multiply-adds that training
    took; more of them allow larger samples. `least` are those that nearest neighbour and linear model may spend each,
    however few the training took. Without training or test examples there are none.
    """
    if not len(data.split.test) or not len(data.split.train):
        return {}
    ways: dict[str, Callable[[], tuple[NDArray[Any], str]]] = {
        TASKS[data.task].baseline: lambda: _constant(data),
        "nearest neighbour": lambda: _neighbour(data, min(max(least, SHARE * operations), MOST_NEIGHBOUR), seed),
        "linear": lambda: _linear(data, min(max(least, LINEAR * SHARE * operations), MOST_LINEAR), seed, code),
    }
    if TASKS[data.task].of_words:
        del ways["nearest neighbour"], ways["linear"]
        ways["tag of the word"] = lambda: _by_word(data)
    made = {}
    threads = torch.get_num_threads()
    for name, way in ways.items():
        began = time.perf_counter()
        try:
            answers, about = way()
        finally:
            torch.set_num_threads(threads)
        tested, task = data.split.test, TASKS[data.task].of(data.classes)
        score, interval = task.scored(data.targets[tested], answers, seed, data.weights_of(tested))
        each = float(task.each(data.targets[tested], answers).mean())
        made[name] = Baseline(score, interval, about, time.perf_counter() - began, each)
    return made


def _constant(data: Dataset) -> tuple[NDArray[Any], str]:
    """The same prediction for all examples."""
    answer, about = TASKS[data.task].constant(
        data.targets[data.split.train], data.classes, data.weights_of(data.split.train)
    )
    return np.repeat(answer[None], len(data.split.test), axis=0), about


def _by_word(data: Dataset) -> tuple[NDArray[Any], str]:
    """The tag that each word has most often in the training part, whatever stands around it."""
    train, tested = data.split.train, data.split.test
    assert isinstance(data.inputs, Sentences)
    tag = data.inputs.most_frequent(train, data.targets[train].astype(np.int64), len(data.classes))
    answers = tag[data.inputs[tested][:, 0, : data.targets.shape[1]].astype(np.int64)]
    return answers, f"the most frequent tag of each word; {_of(train, data)}"


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


def _linear(data: Dataset, budget: float, seed: int, code: int) -> tuple[NDArray[Any], str]:
    """A linear model of a sample of training examples: logistic regression per class or label, or ridge regression.

    For examples that are reconstructed, principal components, as many as there are numbers in the `code`.

    The columns of a table are taken as they are, without pieces. The penalty is chosen if the budget allows.
    """
    if TASKS[data.task].linear == "pca":
        return _components(data, budget, seed, code)
    data, task = _without_pieces(data), TASKS[data.task]
    fit = _ridge if task.linear == "ridge" else _logistic
    answer, rows, penalty = fit(data, budget, seed)
    at_once = max(1, min(CHUNK, SCORES_AT_ONCE // data.outputs))
    values = np.concatenate([task.predict(answer(tests)) for tests in _chunks(data.split.test, at_once)])
    name = "ridge regression" if task.linear == "ridge" else "logistic regression"
    return values, f"{name}, L2 penalty {penalty:g}; {_of(rows, data)}"


def _components(data: Dataset, budget: float, seed: int, code: int) -> tuple[NDArray[Any], str]:
    """The examples in so many principal components of a sample, of float32 numbers in standard deviations."""
    width = data.outputs
    rows = _sample(data, max(2 * code, budget / width**2), seed, "linear")
    fitted = data.targets[rows].astype(np.float64)
    mean = fitted.mean(axis=0)
    std = np.ones(width) if data.inputs.dtype == np.uint8 else np.where(fitted.std(axis=0) > 0, fitted.std(axis=0), 1)
    _, _, axes = np.linalg.svd((fitted - mean) / std, full_matrices=False)
    axes = axes[:code]
    values = np.concatenate(
        [((data.targets[tests] - mean) / std @ axes.T @ axes * std + mean) for tests in _chunks(data.split.test)]
    )
    return values, f"{plural(len(axes), 'principal component')}; {_of(rows, data)}"


def _without_pieces(data: Dataset) -> Dataset:
    """The data with every number of a table as one feature."""
    if data.columns is None or data.preparation is None or data.preparation.vocabulary is not None:
        return data
    return replace(data, columns=replace(data.columns, given=data.preparation.without_pieces()))


Fitted = tuple[Callable[[NDArray[np.int64]], Matrix], NDArray[np.int64], float]  # scores of rows, rows fitted, penalty


def _ridge(data: Dataset, budget: float, seed: int) -> Fitted:
    """Ridge regression, solved in the smaller of examples and features: n·d² or n²·d multiply-adds."""
    width = _features(data)
    affordable = budget / width**2 if budget >= width**3 else (budget / width) ** 0.5
    rows = _sample(data, affordable, seed, "linear")
    fitted, held = _held_out(data, rows, seed)
    penalty = linear.USUAL
    if len(held):
        scale = _Scale(data, fitted, np.float64, kept=True)
        models = linear.ridge(scale(fitted), data.targets[fitted], linear.PENALTIES, data.weights_of(fitted))
        penalty = linear.best_penalty(
            models,
            linear.PENALTIES,
            scale(held),
            data.targets[held],
            [linear.squared_loss],
            data.weights_of(held),
        )
    scale = _Scale(data, rows, np.float64, kept=True)
    (model,) = linear.ridge(scale(rows), data.targets[rows], [penalty], data.weights_of(rows))
    return lambda some: model(scale(some)), rows, penalty


def _logistic(data: Dataset, budget: float, seed: int) -> Fitted:
    """Logistic regression: half of the budget chooses the penalty, if that is enough for it, the rest fits."""
    of_texts = data.has_text
    evaluation = (
        2 * (_Terms.each(data) if of_texts else _features(data)) * data.outputs
    )  # of one example, there and back
    wrong, loss = {
        "softmax": (linear.wrong_class, linear.softmax_loss),
        "sigmoid": (linear.wrong_label, linear.sigmoid_loss),
    }[TASKS[data.task].linear]
    precise = 2 * (evaluation + 2 * PER_SCORE * data.outputs)  # float64 takes twice the time
    tried = _sample(data, budget / (2 * precise * EVALUATIONS * len(linear.PENALTIES)), seed, "penalty")
    fitted, held = _held_out(data, tried, seed)
    choosing = len(held) > 0 and len(tried) >= min(LEAST_TRIED, len(data.split.train))
    torch.set_num_threads(1)  # products so narrow that threads wait for each other longer than they work

    def fit(
        rows: NDArray[np.int64], penalties: Sequence[float], most: float
    ) -> tuple[_Scale | _Terms, list[linear.Linear]]:
        scale = (
            _Terms(data, rows) if of_texts else _Scale(data, rows, np.float64 if choosing else np.float32, kept=True)
        )
        evaluations = int(min(MOST_EVALUATIONS, max(EVALUATIONS, most)))
        weights = data.weights_of(rows)
        models = linear.logistic(scale(rows), data.targets[rows], data.outputs, loss, penalties, evaluations, weights)
        return scale, models

    penalty, affordable = linear.USUAL, budget / evaluation
    if choosing:
        affordable = budget / 2 / precise
        scale, models = fit(fitted, linear.PENALTIES, affordable / len(fitted) / len(linear.PENALTIES))
        penalty = linear.best_penalty(
            models, linear.PENALTIES, scale(held), data.targets[held], [wrong, loss], data.weights_of(held)
        )
    rows = _sample(data, affordable / EVALUATIONS, seed, "linear")
    last, (model,) = fit(rows, [penalty], affordable / len(rows))
    return lambda some: model(last(some)), rows, penalty


def _held_out(data: Dataset, rows: NDArray[np.int64], seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows to fit and rows to choose a penalty by: the validation part, or else a fifth of the training rows.

    No rows choose if there are too few. Classes that are not fitted choose nothing.
    """
    fitted, held = rows, data.split.validation
    if len(held) < LEAST_HELD:
        mixed = generator(seed, "baseline", "penalty").permutation(rows)
        held, fitted = np.sort(mixed[: len(rows) // 5]), np.sort(mixed[len(rows) // 5 :])
    if len(held) < LEAST_HELD:
        return rows, rows[:0]
    held = held[: max(LEAST_HELD, min(MOST_HELD, SCORES_AT_ONCE // data.outputs))]
    if data.weights is not None:  # rows of weight 0 neither fit nor choose
        fitted, held = fitted[data.weights[fitted] > 0], held[data.weights[held] > 0]
    if TASKS[data.task].linear == "softmax":
        held = held[np.isin(data.targets[held], data.targets[fitted])]
    return fitted, held


# --- examples --------------------------------------------------------------------------------------------------------


def _sample(data: Dataset, affordable: float, seed: int, purpose: str) -> NDArray[np.int64]:
    """Rows of the training part that count: all, or as many as are affordable, drawn without replacement."""
    train = data.split.train
    if data.weights is not None:
        train = train[data.weights[train] > 0]
    size = max(1, int(min(affordable, len(train))))
    if size == len(train):
        return train
    return np.sort(generator(seed, "baseline", purpose).choice(train, size, replace=False))


def _chunks(rows: NDArray[np.int64], size: int = CHUNK) -> list[NDArray[np.int64]]:
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def _of(rows: NDArray[np.int64], data: Dataset) -> str:
    weights = data.weights_of(data.split.train)
    there = len(data.split.train) if weights is None else int(np.count_nonzero(weights))
    if len(rows) == there:
        return f"all {plural(len(rows), 'training example')}{' of a weight above 0' * (there < len(data.split.train))}"
    return f"a sample of {count(len(rows))} of {plural(there, 'training example')}"


def _features(data: Dataset) -> int:
    """How many numbers of one example a baseline sees."""
    if not data.spatial:
        return data.shape[0]
    channels, height, width = data.shape
    return channels * min(SIDE, height) * min(SIDE, width)


class _Terms:
    """Rows of a table with free text as sparse matrices of SciPy: terms as they are, numbers in standard deviations."""

    def __init__(self, data: Dataset, rows: NDArray[np.int64]) -> None:
        assert isinstance(data.inputs, Prepared)
        self.inputs = data.inputs
        if isinstance(self.inputs, Sentences):
            return
        self.divisor = np.ones(data.inputs.shape[1])
        scaled = np.isin(self.inputs.how.kind, (LINE, YEAR, MONTH, WEEKDAY, HOUR))
        if scaled.any():
            numbers = Prepared(self.inputs.rows, self.inputs.without_texts)[rows]
            deviation = numbers.std(axis=0, dtype=np.float64)[scaled[self.inputs.how.kind != TERM]]
            self.divisor[scaled] = np.where(deviation > 0, deviation, 1)

    @staticmethod
    def each(data: Dataset) -> float:
        """How many numbers of an example are not 0, on average over some."""
        some = data.split.train[:: max(1, len(data.split.train) // CHUNK)]
        return max(1.0, float(np.count_nonzero(data.inputs[some])) / len(some))

    def __call__(self, rows: NDArray[np.int64]) -> Matrix:
        """Rows of the data set as a sparse matrix (rows, features) in float64; of sentences their words."""
        if isinstance(self.inputs, Sentences):
            return cast("Matrix", self.inputs.counts(rows))
        from scipy.sparse import csr_array, vstack

        parts = [csr_array(self.inputs[part] / self.divisor) for part in _chunks(rows)]
        whole: Matrix = vstack(parts, format="csr")
        return whole


class _Scale:
    """Examples as centred vectors: of rows every feature in its standard deviations, of pictures all pixels in one.

    A pixel that hardly ever changes stays small that way; the columns of a table have units of their own. Features of
    a table that are 0 or 1 keep their size if they are `kept`: a penalty then weighs on rare categories as on others.
    """

    def __init__(self, data: Dataset, rows: NDArray[np.int64], precision: Any = np.float32, kept: bool = False) -> None:
        self.data = data
        self.precision = precision
        flat = self._flat(rows)
        self.mean = flat.mean(axis=0, dtype=precision)
        deviation = flat.std(axis=0, dtype=precision)
        if data.spatial:
            deviation = np.sqrt(flat.var(axis=0, dtype=precision).mean(keepdims=True))
        if kept and data.preparation is not None and not isinstance(data.inputs, Sentences):  # which are words alone
            deviation[np.isin(encoding(data.preparation).kind, (MATCH, MISSING, OTHER))] = 1
        self.deviation = np.where(deviation > 0, deviation, 1).astype(precision)

    def __call__(self, rows: NDArray[np.int64]) -> Matrix:
        """Rows of the data set as (rows, features) in the precision."""
        return np.asarray((self._flat(rows) - self.mean) / self.deviation, self.precision)

    def _flat(self, rows: NDArray[np.int64]) -> Matrix:
        some = max(1, NUMBERS_AT_ONCE // math.prod(self.data.shape))
        # into one array: small ones that stay, between large ones that go, would leave holes that nothing fits into
        flat = np.empty((len(rows), _features(self.data)), np.float32)
        for place, part in enumerate(_chunks(rows, some)):
            flat[place * some : place * some + len(part)] = self._small(part)
        return flat

    def _small(self, rows: NDArray[np.int64]) -> Matrix:
        if isinstance(self.data.inputs, Sentences):
            return np.asarray(self.data.inputs.counts(rows).toarray(), np.float32)
        examples = torch.from_numpy(self.data.inputs[rows]).float()
        if self.data.spatial:
            examples = examples / 255 if self.data.inputs.dtype == np.uint8 else examples
            _, height, width = self.data.shape
            if max(height, width) > SIDE:
                examples = torch.nn.functional.adaptive_avg_pool2d(examples, (min(SIDE, height), min(SIDE, width)))
        return np.asarray(examples.flatten(1).numpy(), np.float32)
