"""Scores of predictions against given targets, in plain NumPy, each with the source of its formula."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wxb.randomness import generator

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


def class_scores(given: Ints, predicted: Ints, names: tuple[str, ...]) -> tuple[ClassScore, ...]:
    """Precision, recall, F1 and support of each class."""
    parts = (given[given == predicted], predicted, given)
    counts = [np.bincount(numbers, minlength=len(names)).tolist() for numbers in parts]
    return tuple(class_score(name, *numbers) for name, *numbers in zip(names, *counts, strict=True))


def class_score(name: str, hits: int, predicted: int, given: int) -> ClassScore:
    """F1 = 2PR/(P+R) = 2·hits/(predicted + given)."""
    return ClassScore(
        name,
        precision=hits / predicted if predicted else 0.0,
        recall=hits / given if given else 0.0,
        f1=2 * hits / (predicted + given) if predicted + given else 0.0,
        support=given,
    )


def balanced_accuracy(scores: tuple[ClassScore, ...]) -> float:
    """Mean recall over the classes that have examples; chance is 1/classes however many examples each has."""
    recalls = [score.recall for score in scores if score.support]
    return sum(recalls) / len(recalls) if recalls else 0.0


def roc_area(positive: NDArray[np.bool_], values: Floats) -> float | None:
    """Probability that a positive example has a greater value than a negative one, ties counting half.

    By mean ranks: (R⁺ − n⁺(n⁺+1)/2) / (n⁺n⁻), the Mann–Whitney statistic (Hanley, McNeil 1982). None if one of the
    two kinds has no example.
    """
    positives = int(positive.sum())
    negatives = len(positive) - positives
    if not positives or not negatives:
        return None
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    mean_rank = np.cumsum(counts) - (counts - 1) / 2  # of each distinct value; ranks from 1
    rank_sum = float(mean_rank[inverse][positive].sum())
    return (rank_sum - positives * (positives + 1) / 2) / (positives * negatives)


def calibration(confidence: Floats, right: NDArray[np.bool_], bins: int = BINS) -> tuple[float, tuple[Bin, ...]]:
    """Expected calibration error and its bins: Σ (examples in bin / all) · |accuracy − mean confidence|.

    Bins of equal width, each open below and closed above (Guo, Pleiss, Sun, Weinberger 2017, arXiv:1706.04599); bins
    without examples are left out.
    """
    places = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)
    filled = []
    for i in np.unique(places):
        inside = places == i
        mean_confidence, accuracy = float(confidence[inside].mean()), float(right[inside].mean())
        filled.append(Bin(int(i) / bins, (int(i) + 1) / bins, int(inside.sum()), mean_confidence, accuracy))
    error = sum(bin.examples * abs(bin.accuracy - bin.confidence) for bin in filled) / max(1, len(confidence))
    return error, tuple(filled)


def log_loss(probabilities: Floats) -> float:
    """Mean −ln of the probabilities (n,) of the given classes; a probability of 0 counts as float64's 2.2e-16."""
    return float(-np.log(np.clip(probabilities, np.finfo(np.float64).eps, 1)).mean())


@dataclass(frozen=True)
class Fit:
    """How close predicted numbers are; the intervals hold 95 % of the scores of resampled test sets."""

    r2: float
    r2_interval: tuple[float, float]
    rmse: float  # in the target's unit
    rmse_interval: tuple[float, float]
    mae: float
    mae_interval: tuple[float, float]


def fit(given: Floats, predicted: Floats, seed: int) -> Fit:
    """R² = 1 − Σ(y−ŷ)²/Σ(y−ȳ)², root mean squared and mean absolute error of one column of numbers (n,).

    The intervals are percentile bootstraps (Efron 1979) over examples: 1,000 resamples, or as many as 2·10⁷ draws
    allow, but at least 200. R² of targets that are all alike is 1 if they are met exactly, else 0.
    """
    draw = generator(seed, "bootstrap")
    resamples = int(np.clip(20_000_000 // max(1, len(given)), 200, 1000))
    drawn = np.empty((resamples, 3))
    for i in range(resamples):
        rows = draw.integers(0, len(given), len(given))
        drawn[i] = _fit_of(given[rows], predicted[rows])
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    r2, rmse, mae = _fit_of(given, predicted)
    bounds = [(float(a), float(b)) for a, b in zip(low, high, strict=True)]
    return Fit(r2, bounds[0], rmse, bounds[1], mae, bounds[2])


def _fit_of(given: Floats, predicted: Floats) -> tuple[float, float, float]:
    errors = given - predicted
    squares = float(errors @ errors)
    spread = given - given.mean()
    total = float(spread @ spread)
    constant = given.min() == given.max()  # although the mean, rounded, may differ from it
    r2 = float(squares == 0) if constant or total == 0 else 1 - squares / total
    return r2, (squares / len(given)) ** 0.5, float(np.abs(errors).mean())
