"""Scores of predictions against given targets, in plain NumPy, each with the source of its formula."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wxb.randomness import generator
from wxb.statistics import wilson
from wxb.tasks.measure import Interval

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

BINS = 15  # of the calibration error, as in Guo et al. 2017


@dataclass(frozen=True)
class ClassScore:
    """Precision, recall and F1 of one class or label, as fractions; the share of nothing is 0."""

    name: str
    precision: float  # of those predicted as this class, the share that is
    recall: float  # of those that are this class, the share predicted as it
    f1: float  # harmonic mean of both
    support: int  # examples of the class


@dataclass(frozen=True)
class Bin:
    """The predictions whose confidence lies in one bin of (0, 1]."""

    low: float
    high: float
    examples: int
    confidence: float  # mean probability of the predicted class
    accuracy: float


def mean(values: NDArray[Any], weights: Floats | None = None) -> float:
    """The mean of values (n,) or, by weights (n,), Σwx / Σw."""
    return float(values.mean() if weights is None else np.average(values, axis=0, weights=weights).mean())


def share(right: NDArray[np.bool_], weights: Floats | None = None) -> tuple[float, Interval]:
    """The share of examples (n,) that are right, and its 95 % interval (Wilson).

    With weights the share is Σw[right] / Σw, and the interval that of as many examples as have its variance if all
    count the same: (Σw)² / Σw² (Kish 1965, "Survey Sampling", section 11.7).
    """
    if weights is None:
        return float(right.mean()), wilson(int(right.sum()), len(right))
    reached = mean(right.astype(np.float64), weights)
    scaled = weights / weights.max()  # squares of tiny ones would be 0
    effective = float(scaled.sum() ** 2 / (scaled @ scaled))
    return reached, wilson(min(reached * effective, effective), effective)


def confusion(given: Ints, predicted: Ints, chosen: Ints) -> Ints:
    """Counts (chosen, chosen) of the `chosen` classes, ascending: row = the class given, column = the one predicted."""
    inside = np.isin(given, chosen) & np.isin(predicted, chosen)
    row, column = (np.searchsorted(chosen, numbers[inside]) for numbers in (given, predicted))
    return np.bincount(row * len(chosen) + column, minlength=len(chosen) ** 2).reshape(len(chosen), len(chosen))


def most_confused(given: Ints, predicted: Ints, classes: int, most: int) -> Ints:
    """The classes (ascending) with the most mistakes, from or to them, and at most so many; the first among equals."""
    wrong = given != predicted
    mistakes = np.bincount(np.concatenate([given[wrong], predicted[wrong]]), minlength=classes)
    return np.sort(np.argsort(-mistakes, kind="stable")[:most])


def class_scores(
    given: Ints, predicted: Ints, names: tuple[str, ...], weights: Floats | None = None
) -> tuple[ClassScore, ...]:
    """Precision, recall and F1 of each class, by weights if there are some, and its number of examples."""
    every, right = np.ones(len(given), bool), given == predicted
    counts = []
    for numbers, there in ((given, right), (predicted, every), (given, every)):
        own = None if weights is None else weights[there]
        counts.append(np.bincount(numbers[there], weights=own, minlength=len(names)).tolist())
    counts.append(np.bincount(given, minlength=len(names)).tolist())
    return tuple(class_score(name, *numbers) for name, *numbers in zip(names, *counts, strict=True))


def class_score(name: str, hits: float, predicted: float, given: float, support: int) -> ClassScore:
    """F1 = 2PR/(P+R) = 2·hits/(predicted + given). All but `support`, a number of examples, may be sums of weights."""
    return ClassScore(
        name,
        precision=hits / predicted if predicted else 0.0,
        recall=hits / given if given else 0.0,
        f1=2 * hits / (predicted + given) if predicted + given else 0.0,
        support=support,
    )


def balanced_accuracy(scores: tuple[ClassScore, ...]) -> float:
    """Mean recall over the classes that have examples; chance is 1/classes however many examples each has."""
    recalls = [score.recall for score in scores if score.support]
    return sum(recalls) / len(recalls) if recalls else 0.0


def roc_area(positive: NDArray[np.bool_], values: Floats, weights: Floats | None = None) -> float | None:
    """Probability that a positive example has a greater value than a negative one, ties counting half.

    By mean ranks: (R⁺ − n⁺(n⁺+1)/2) / (n⁺n⁻), the Mann–Whitney statistic (Hanley, McNeil 1982). None if one of the
    two kinds has no example. With weights, each pair of examples counts as much as the product of theirs.
    """
    positives = int(positive.sum())
    negatives = len(positive) - positives
    if not positives or not negatives:
        return None
    if weights is not None:
        _, inverse = np.unique(values, return_inverse=True)
        above, below = (np.bincount(inverse, weights=weights * side) for side in (positive, ~positive))
        pairs = above @ (np.cumsum(below) - below / 2)
        return float(pairs / (above.sum() * below.sum()))
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    mean_rank = np.cumsum(counts) - (counts - 1) / 2  # of each distinct value; ranks from 1
    rank_sum = float(mean_rank[inverse][positive].sum())
    return (rank_sum - positives * (positives + 1) / 2) / (positives * negatives)


def calibration(
    confidence: Floats, right: NDArray[np.bool_], bins: int = BINS, weights: Floats | None = None
) -> tuple[float, tuple[Bin, ...]]:
    """Expected calibration error and its bins: Σ (examples in bin / all) · |accuracy − mean confidence|.

    Bins of equal width, each open below and closed above (Guo, Pleiss, Sun, Weinberger 2017, arXiv:1706.04599); bins
    without examples are left out. With weights, examples count by them; the bins say how many examples they have.
    """
    places = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)
    filled, held = [], []
    for i in np.unique(places):
        inside = places == i
        own = None if weights is None else weights[inside]
        mean_confidence, accuracy = mean(confidence[inside], own), mean(right[inside].astype(np.float64), own)
        held.append(int(inside.sum()) if own is None else float(own.sum()))
        filled.append(Bin(int(i) / bins, (int(i) + 1) / bins, int(inside.sum()), mean_confidence, accuracy))
    total = max(1, len(confidence)) if weights is None else float(weights.sum())
    error = sum(size * abs(bin.accuracy - bin.confidence) for size, bin in zip(held, filled, strict=True)) / total
    return error, tuple(filled)


def log_loss(probabilities: Floats, weights: Floats | None = None) -> float:
    """Mean −ln of the probabilities (n,) of the given classes; a probability of 0 counts as float64's 2.2e-16."""
    return mean(-np.log(np.clip(probabilities, np.finfo(np.float64).eps, 1)), weights)


@dataclass(frozen=True)
class Fit:
    """How close predicted numbers are; the intervals hold 95 % of the scores of resampled test sets."""

    r2: float
    r2_interval: tuple[float, float]
    rmse: float  # in the target's unit
    rmse_interval: tuple[float, float]
    mae: float
    mae_interval: tuple[float, float]


def fit(given: Floats, predicted: Floats, seed: int, weights: Floats | None = None) -> Fit:
    """R² = 1 − Σ(y−ŷ)²/Σ(y−ȳ)², root mean squared and mean absolute error of one column of numbers (n,).

    With weights, all sums and means are by them. The intervals are percentile bootstraps (Efron 1979) over examples:
    1,000 resamples, or as many as 2·10⁷ draws allow, but at least 200. R² of targets that are all alike is 1 if they
    are met exactly, else 0.
    """
    draw = generator(seed, "bootstrap")
    resamples = int(np.clip(20_000_000 // max(1, len(given)), 200, 1000))
    drawn = np.empty((resamples, 3))
    for i in range(resamples):
        rows = draw.integers(0, len(given), len(given))
        drawn[i] = _fit_of(given[rows], predicted[rows], None if weights is None else weights[rows])
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    r2, rmse, mae = _fit_of(given, predicted, weights)
    bounds = [(float(a), float(b)) for a, b in zip(low, high, strict=True)]
    return Fit(r2, bounds[0], rmse, bounds[1], mae, bounds[2])


def _fit_of(given: Floats, predicted: Floats, weights: Floats | None) -> tuple[float, float, float]:
    errors = given - predicted
    share = 1.0 if weights is None else weights * (len(given) / weights.sum())
    squares = float(errors @ (share * errors))
    spread = given - mean(given, weights)
    total = float(spread @ (share * spread))
    constant = given.min() == given.max()  # although the mean, rounded, may differ from it
    r2 = float(squares == 0) if constant or total == 0 else 1 - squares / total
    return r2, (squares / len(given)) ** 0.5, mean(np.abs(errors), weights)
